"""Queries by vectors and texts, and every shape of filter."""

from world import LetterCounts

WHERE = [
    {"legs": 4},
    {"home": True},
    {"sound": "meow"},
    {"weight": 4.5},
    {"missing": 1},
    *({"legs": {operator: 4}} for operator in ("$eq", "$ne")),
    *({"weight": {operator: 5.5}} for operator in ("$gt", "$gte", "$lt", "$lte")),
    *({"legs": {operator: [0, 2]}} for operator in ("$in", "$nin")),
    *({"tags": {operator: "pet"}} for operator in ("$contains", "$not_contains")),
    {"$and": [{"legs": 4}, {"home": True}]},
    {"$or": [{"legs": 0}, {"legs": 2}]},
    {"$and": [{"$or": [{"legs": 0}, {"legs": 4}]}, {"home": False}]},
    {"$and": [{"legs": 4}]},
    {"$or": []},
    {},
    {"legs": 4, "home": True},
    {"legs": {"$gt": 1, "$lt": 3}},
    {"legs": {"$between": [1, 3]}},
    {"legs": {"$gt": "a"}},
    {"legs": {"$in": []}},
    {"legs": {"$in": [1, "a"]}},
    {"legs": None},
]

DOCUMENTS = [
    {"$contains": "feline"},
    {"$not_contains": "feline"},
    {"$regex": "^a (small|large)"},
    {"$not_regex": "bird|fish"},
    {"$and": [{"$contains": "a "}, {"$contains": "prey"}]},
    {"$or": [{"$contains": "fish"}, {"$contains": "loyal"}]},
    {"$contains": ""},
    {"$contains": 1},
    {"$regex": "("},
    {},
]

QUERIES = {
    "one vector": {"query_embeddings": [[0, 0]], "n_results": 2},
    "a bare vector": {"query_embeddings": [0, 0], "n_results": 2},
    "two vectors": {"query_embeddings": [[0, 0], [6, 1]], "n_results": 2},
    "more than there are": {"query_embeddings": [[0, 0]], "n_results": 50},
    "every section": {"query_embeddings": [[0, 0]], "n_results": 1, "include": ["documents", "embeddings", "metadatas", "uris", "distances"]},
    "no section": {"query_embeddings": [[0, 0]], "n_results": 1, "include": []},
    "among ids": {"query_embeddings": [[0, 0]], "ids": ["eagle", "salmon"]},
    "among unknown ids": {"query_embeddings": [[0, 0]], "ids": ["eagle", "unicorn"]},
    "filtered": {"query_embeddings": [[0, 0]], "where": {"home": False}},
    "filtered by text": {"query_embeddings": [[0, 0]], "where_document": {"$contains": "feline"}},
    "another dimension": {"query_embeddings": [[1, 2, 3]]},
    "nothing": {},
    "no results": {"query_embeddings": [[0, 0]], "n_results": 0},
    "by text without a function": {"query_texts": ["cat"]},
    "both ways": {"query_texts": ["cat"], "query_embeddings": [[0, 0]]},
}


async def added(world):
    return await world.call((await world.make_animals("animals")).count())


def filtering(**filters):
    async def step(world):
        return (await world.call(world.kept["animals"].get(**filters, include=[])))["ids"]

    return step


def querying(request):
    return lambda world: world.kept["animals"].query(**request)


def measuring(space):
    async def step(world):
        collection = await world.make(f"by-{space}", configuration={"hnsw": {"space": space}})
        await world.call(collection.add(ids=["a", "b", "c"], embeddings=[[1, 0, 0], [0.5, 0.5, 0], [-1, 0.25, 2]]))
        return await world.call(collection.query(query_embeddings=[[0.9, 0.1, 0.2]], include=["distances"]))

    return step


async def by_text(world):
    texts = await world.make("texts", embedding_function=LetterCounts())
    await world.call(texts.add(ids=["a", "b"], documents=["aeiou", "xyz"]))
    return await world.call(texts.query(query_texts=["oooo", "xx"], n_results=1))


async def empty(world):
    return await world.call((await world.make("empty")).query(query_embeddings=[[1, 2]]))


STEPS = {
    "add": added,
    **{f"where {where}": filtering(where=where) for where in WHERE},
    **{f"where document {where}": filtering(where_document=where) for where in DOCUMENTS},
    **{f"query {about}": querying(request) for about, request in QUERIES.items()},
    **{f"distances by {space}": measuring(space) for space in ("l2", "cosine", "ip")},
    "query by text": by_text,
    "query an empty collection": empty,
}
