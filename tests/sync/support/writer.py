"""
A writer that knows nothing of synchronisation: the official client, told by its input what to do. Each line is a JSON array: the name of a collection, what
to do with it, and the arguments. Each is answered by a line: a result, or an error.
"""

import json
import sys

import chromadb

client = chromadb.HttpClient(host="127.0.0.1", port=int(sys.argv[1]))


def create(name, arguments):
    client.create_collection(name, embedding_function=None, **arguments)


def drop(name, _):
    client.delete_collection(name)


def seen(name, _):
    """The records as users see them: synchronisation's own keys left out."""
    collection = client.get_collection(name, embedding_function=None)
    found = collection.get(include=["documents", "metadatas", "embeddings", "uris"])
    columns = [found["documents"], found["uris"], found["metadatas"], found["embeddings"]]
    return [record(id, *parts) for id, *parts in zip(found["ids"], *columns)]


def record(id, document, uri, metadata, embedding):
    own = {key: value for key, value in (metadata or {}).items() if not key.startswith("_cid_")}
    return {
        "id": id,
        "document": document,
        "uri": uri,
        # Texts, in which integers are what they are, and 1 is not 1.0.
        "shown": {key: repr(value) for key, value in sorted(own.items())},
        "metadata": own,
        "embedding": [float(component) for component in embedding],
    }


def marks(name, _):
    """Synchronisation's own keys, by record."""
    found = client.get_collection(name, embedding_function=None).get(include=["metadatas"])
    return {id: sorted(key for key in metadata or {} if key.startswith("_cid_")) for id, metadata in zip(found["ids"], found["metadatas"])}


def count(name, _):
    return client.get_collection(name, embedding_function=None).count()


def write(name, method, arguments):
    getattr(client.get_collection(name, embedding_function=None), method)(**arguments)


for line in sys.stdin:
    name, action, arguments = json.loads(line)
    try:
        own = {"create": create, "drop": drop, "seen": seen, "marks": marks, "count": count}.get(action)
        result = own(name, arguments) if own else write(name, action, arguments)
        print(json.dumps({"result": result}), flush=True)
    except Exception as error:
        print(json.dumps({"error": f"{type(error).__name__}: {error}"}), flush=True)
