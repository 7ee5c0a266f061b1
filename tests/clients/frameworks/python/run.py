"""The Chroma stores of LangChain and LlamaIndex on a server: python run.py PORT. Prints a line of JSON for each step."""

import asyncio
import json
import sys

import chromadb
from chromadb.config import Settings
from langchain_chroma import Chroma
from langchain_core.documents import Document
from langchain_core.embeddings import Embeddings
from llama_index.core.schema import TextNode
from llama_index.core.vector_stores import FilterCondition, FilterOperator, MetadataFilter, MetadataFilters, VectorStoreQuery
from llama_index.core.vector_stores.types import VectorStoreQueryMode
from llama_index.vector_stores.chroma import ChromaVectorStore

ANIMALS = [
    ("cat", "a small feline", {"legs": 4, "home": True}),
    ("tiger", "a large feline", {"legs": 4, "home": False}),
    ("eagle", "a bird of prey", {"legs": 2, "home": False}),
]


def embed(text):
    """How often some letters are in a text."""
    return [float(text.count(letter)) for letter in "aeilnrs"]


class Letters(Embeddings):
    def embed_documents(self, texts):
        return [embed(text) for text in texts]

    def embed_query(self, text):
        return embed(text)


def found(results):
    return [{**shown(document), "score": score} for document, score in results]


def shown(document):
    return {"id": document.id, "page_content": document.page_content, "metadata": document.metadata}


def langchain(client):
    store = Chroma("langchain", embedding_function=Letters(), client=client)
    documents = [Document(id=id, page_content=text, metadata=metadata) for id, text, metadata in ANIMALS]
    bigger = Document(page_content="a big cat", metadata={"legs": 4, "home": False})

    def from_texts():
        other = Chroma.from_texts(["one", "two"], Letters(), metadatas=[{"n": 1}, {"n": 2}], ids=["1", "2"], collection_name="from-texts", client=client)
        return found(other.similarity_search_with_score("one", k=2))

    def forked():
        return store.fork("langchain-2").get()["ids"]

    def hybrid():
        from chromadb import K, Knn, Search

        return [shown(document) for document in store.hybrid_search(Search().rank(Knn(query=embed("a bird"))).limit(2).select(K.DOCUMENT, K.METADATA))]

    def through_asyncio():
        return found(asyncio.run(store.asimilarity_search_with_score("a bird", k=1)))

    return {
        "add": lambda: store.add_documents(documents),
        "search": lambda: [shown(document) for document in store.similarity_search("feline", k=2)],
        "search with scores": lambda: found(store.similarity_search_with_score("a bird", k=3)),
        "search with relevance": lambda: found(store.similarity_search_with_relevance_scores("a bird", k=3)),
        "search by vector": lambda: found(store.similarity_search_by_vector_with_relevance_scores(embed("prey"), k=1)),
        "search with vectors": lambda: [[shown(document), list(map(float, vector))] for document, vector in store.similarity_search_with_vectors("prey", k=1)],
        "search with a filter": lambda: found(store.similarity_search_with_score("a bird", k=3, filter={"legs": 4})),
        "search with operators": lambda: found(store.similarity_search_with_score("a bird", k=3, filter={"$and": [{"legs": {"$gte": 2}}, {"home": False}]})),
        "search in documents": lambda: found(store.similarity_search_with_score("a bird", k=3, where_document={"$contains": "feline"})),
        "search for variety": lambda: [shown(document) for document in store.max_marginal_relevance_search("a", k=2, fetch_k=3)],
        "search asynchronously": through_asyncio,
        "search with an expression": hybrid,
        "retrieve": lambda: [shown(document) for document in store.as_retriever(search_kwargs={"k": 1}).invoke("prey")],
        "get": lambda: store.get(where={"legs": 4}, limit=1, offset=1),
        "get by ids": lambda: [shown(document) for document in store.get_by_ids(["eagle", "cat"])],
        "update": lambda: store.update_document("tiger", bigger),
        "what was updated": lambda: store.get(ids=["tiger"], include=["documents", "metadatas"]),
        "from texts": from_texts,
        "fork": forked,
        "delete by ids": lambda: store.delete(ids=["cat"]),
        "what is left": lambda: store.get()["ids"],
        "reset": lambda: [store.reset_collection(), store.get()["ids"]],
        "delete the collection": store.delete_collection,
    }


def llama_index(client):
    store = ChromaVectorStore.from_collection(client.get_or_create_collection("llamaindex", embedding_function=None))
    nodes = [TextNode(id_=id, text=text, metadata=metadata, embedding=embed(text)) for id, text, metadata in ANIMALS]

    def filters(*members, condition=FilterCondition.AND):
        return MetadataFilters(filters=[MetadataFilter(key=key, value=value, operator=operator) for key, operator, value in members], condition=condition)

    def queried(**more):
        answer = store.query(VectorStoreQuery(query_embedding=embed("a bird"), similarity_top_k=3, **more))
        return {"ids": answer.ids, "similarities": answer.similarities, "nodes": [[node.node_id, node.get_content(), node.metadata] for node in answer.nodes]}

    def nodes_of(found):
        return sorted([node.node_id, node.get_content()] for node in found)

    four_legs = filters(("legs", FilterOperator.EQ, 4))
    return {
        "add": lambda: store.add(nodes),
        "search": lambda: queried(),
        "search with a filter": lambda: queried(filters=four_legs),
        "search with filters": lambda: queried(filters=filters(("legs", FilterOperator.GT, 2), ("legs", FilterOperator.LTE, 2), condition=FilterCondition.OR)),
        "search among values": lambda: queried(filters=filters(("legs", FilterOperator.IN, [2, 3]))),
        "search for variety": lambda: queried(mode=VectorStoreQueryMode.MMR),
        "get by ids": lambda: nodes_of(store.get_nodes(node_ids=["eagle", "cat"])),
        "get by a filter": lambda: nodes_of(store.get_nodes(node_ids=None, filters=four_legs)),
        "delete by ids": lambda: store.delete_nodes(node_ids=["cat"]),
        "delete by a filter": lambda: store.delete_nodes(filters=filters(("legs", FilterOperator.EQ, 2))),
        "what is left": lambda: nodes_of(store.get_nodes(node_ids=None, filters=filters(("legs", FilterOperator.GTE, 0)))),
        "clear": store.clear,
        "nothing is left": lambda: store.client.count(),
    }


def outcome_of(step):
    try:
        return {"answer": step()}
    except Exception as error:
        return {"error": {"name": type(error).__name__, "message": str(error)}}


def main(port):
    settings = Settings(anonymized_telemetry=False, allow_reset=True)
    client = chromadb.HttpClient(host="127.0.0.1", port=port, settings=settings)
    client.reset()
    for framework, steps in (("LangChain", langchain(client)), ("LlamaIndex", llama_index(client))):
        for name, step in steps.items():
            print(json.dumps({"step": f"{framework}: {name}", "outcome": outcome_of(step)}, default=str), flush=True)


main(int(sys.argv[1]))
