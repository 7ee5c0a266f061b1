"""Records: written, read, deleted."""

import numpy

from chromadb.base_types import SparseVector
from world import ANIMALS, LetterCounts

ALL = ["documents", "embeddings", "metadatas", "uris"]

REFUSED = {
    "nothing": {"ids": ["x"]},
    "no ids": {"ids": [], "embeddings": []},
    "unequal lengths": {"ids": ["x", "y"], "embeddings": [[1, 2]]},
    "equal ids": {"ids": ["x", "x"], "embeddings": [[1, 2], [3, 4]]},
    "an empty id": {"ids": [""], "embeddings": [[1, 2]]},
    "another dimension": {"ids": ["x"], "embeddings": [[1, 2, 3]]},
    "no number": {"ids": ["x"], "embeddings": [[1, float("nan")]]},
    "infinity": {"ids": ["x"], "embeddings": [[1, float("inf")]]},
    "documents without a function": {"ids": ["x"], "documents": ["text"]},
    "empty metadata": {"ids": ["x"], "embeddings": [[1, 2]], "metadatas": [{}]},
    "nested metadata": {"ids": ["x"], "embeddings": [[1, 2]], "metadatas": [{"a": {"b": 1}}]},
    "a mixed list": {"ids": ["x"], "embeddings": [[1, 2]], "metadatas": [{"a": [1, "b"]}]},
    "a reserved key": {"ids": ["x"], "embeddings": [[1, 2]], "metadatas": [{"#a": 1}]},
    "too many": {"ids": [f"many-{n}" for n in range(5462)], "embeddings": [[1, 2]] * 5462},
}

GETS = {
    "all": {},
    "by id": {"ids": ["dog", "cat"]},
    "one id": {"ids": "dog"},
    "unknown id": {"ids": ["unicorn"]},
    "every section": {"include": ALL},
    "no section": {"include": []},
    "distances": {"include": ["distances"]},
    "a page": {"limit": 2, "offset": 1},
    "limit 0": {"limit": 0},
    "a negative limit": {"limit": -1},
    "filter and ids": {"ids": ["cat", "eagle"], "where": {"legs": 4}},
    "two filters": {"where": {"legs": 4}, "where_document": {"$contains": "feline"}},
}

DELETES = [
    {"ids": ["cat", "unicorn"]},
    {"where": {"legs": 2}},
    {"where_document": {"$contains": "fish"}},
    {"where": {"legs": 4}, "limit": 1},
    {},
]


async def added(world):
    return await world.call((await world.make_animals("animals")).count())


def getting(request):
    return lambda world: world.kept["animals"].get(**request)


def adding(records):
    return lambda world: world.kept["animals"].add(**records)


async def updated(world):
    animals = world.kept["animals"]
    await world.call(animals.update(ids=["cat", "unicorn"], metadatas=[{"legs": 3, "lives": 9}, {"legs": 1}]))
    await world.call(animals.update(ids=["dog"], embeddings=[[7, 7]], documents=["an old dog"], uris=["b://dog"]))
    return await world.call(animals.get(ids=["cat", "dog", "unicorn"], include=ALL))


async def removed_key(world):
    animals = world.kept["animals"]
    await world.call(animals.update(ids=["cat"], metadatas=[{"lives": None}]))
    return await world.call(animals.get(ids=["cat"]))


async def upserted(world):
    animals = world.kept["animals"]
    await world.call(animals.upsert(ids=["cat", "fox"], embeddings=[[1, 1], [2, 2]], documents=["cat", "fox"], metadatas=[{"legs": 4}, {"clever": True}]))
    return await world.call(animals.get(ids=["cat", "fox"], include=ALL))


async def values(world):
    collection = await world.make("values")
    await world.call(
        collection.add(
            ids=["scalars", "lists", "none"],
            embeddings=numpy.array([[0.1, -1e-20, 3e38], [1 / 3, 1e-45, -0.0], [123456789, 16777217, 1]], dtype=numpy.float32),
            metadatas=[
                {"integer": 9223372036854775807, "negative": -5, "float": 0.1, "whole": 3.0, "text": "ü\u0000😀", "yes": True, "empty": ""},
                {"integers": [1, 2], "floats": [1.5, 2.0], "texts": ["a", ""], "booleans": [True, False]},
                None,
            ],
            documents=["", "two\nlines", "😀"],
        )
    )
    return await world.call(collection.get(include=ALL))


async def sparse_values(world):
    collection = await world.make("sparse")
    sparse = SparseVector(indices=[1, 4294967295], values=[0.5, -2.0])
    await world.call(collection.add(ids=["a"], embeddings=[[1, 2]], metadatas=[{"sparse": sparse}]))
    return await world.call(collection.get())


async def embedded(world):
    texts = await world.make("texts", embedding_function=LetterCounts())
    await world.call(texts.add(ids=["a", "b"], documents=["aeb", "xyz"]))
    await world.call(texts.update(ids=["a"], documents=["oooo"]))
    await world.call(texts.upsert(ids=["c"], documents=["hello"]))
    return await world.call(texts.get(include=["embeddings", "documents"]))


async def full_batch(world):
    collection = await world.make("batch")
    ids = [f"id-{n}" for n in range(5461)]
    await world.call(collection.add(ids=ids, embeddings=[[n, 1] for n in range(5461)], metadatas=[{"n": n} for n in range(5461)]))
    found = await world.call(collection.get(where={"n": {"$gte": 5459}}))
    return [await world.call(collection.count()), found["ids"]]


def deleting(index, request):
    async def step(world):
        collection = await world.make(f"deleting-{index}")
        await world.call(collection.add(**ANIMALS))
        told = await world.call(collection.delete(**request))
        return [told, (await world.call(collection.get(include=[])))["ids"]]

    return step


STEPS = {
    "add": added,
    **{f"get {about}": getting(request) for about, request in GETS.items()},
    "peek": lambda world: world.kept["animals"].peek(limit=2),
    **{f"add {about}": adding(records) for about, records in REFUSED.items()},
    "nothing of it was written": lambda world: world.kept["animals"].count(),
    "update": updated,
    "update with None removes a key": removed_key,
    "update another dimension": lambda world: world.kept["animals"].update(ids=["cat"], embeddings=[[1]]),
    "upsert": upserted,
    "values come back": values,
    "sparse values come back": sparse_values,
    "documents are embedded": embedded,
    "a full batch": full_batch,
    **{f"delete {request}": deleting(index, request) for index, request in enumerate(DELETES)},
}
