"""Schemas, and functions that a collection remembers."""

from chromadb import BoolInvertedIndexConfig, IntInvertedIndexConfig, K, Knn, Schema, Search, SparseVectorIndexConfig, StringInvertedIndexConfig, VectorIndexConfig
from chromadb.api.types import FtsIndexConfig

from world import LetterCounts, WordLengths

SCHEMAS = {
    "the default": lambda: Schema(),
    "a field without an index": lambda: Schema().delete_index(config=StringInvertedIndexConfig(), key="secret"),
    "kinds of fields": lambda: Schema().create_index(config=IntInvertedIndexConfig(), key="year").create_index(config=BoolInvertedIndexConfig(), key="open"),
    "no integers at all": lambda: Schema().delete_index(config=IntInvertedIndexConfig()),
    "vectors": lambda: Schema().create_index(config=VectorIndexConfig(space="cosine")),
    "vectors with a function": lambda: Schema().create_index(config=VectorIndexConfig(embedding_function=LetterCounts())),
    "sparse vectors": lambda: Schema().create_index(config=SparseVectorIndexConfig(embedding_function=WordLengths(), source_key=K.DOCUMENT), key="words"),
    "no text": lambda: Schema().delete_index(config=FtsIndexConfig(), key="#document"),
}


def making(index, make):
    async def step(world):
        name = f"schema-{index}"
        await world.call(world.client.create_collection(name, schema=make()))
        world.kept[name] = await world.call(world.client.get_collection(name))
        return world.kept[name]

    return step


async def without_index(world):
    collection = world.kept["schema-1"]
    await world.call(collection.add(ids=["a"], embeddings=[[1, 2]], metadatas=[{"secret": "x", "other": "y"}]))
    other = await world.call(collection.get(where={"other": "y"}))
    return [other["ids"], await world.call(collection.get(where={"secret": "x"}))]


async def texts_in_words(world):
    collection = world.kept["schema-6"]
    await world.call(collection.add(ids=["a", "b", "c"], embeddings=[[1], [2], [3]], documents=["a bc def", "xyz", "one two"]))
    found = await world.call(collection.search(Search().rank(Knn(query="ab c", key="words")).select(K.SCORE)))
    return [await world.call(collection.get()), found]


async def built_again(world):
    await world.call(world.client.create_collection("registered", embedding_function=LetterCounts()))
    collection = await world.call(world.client.get_collection("registered"))
    await world.call(collection.add(ids=["a"], documents=["aeiou"]))
    return [collection, await world.call(collection.query(query_texts=["aeiou"]))]


STEPS = {
    **{about: making(index, make) for index, (about, make) in enumerate(SCHEMAS.items())},
    "a filter on a field without an index": without_index,
    "texts become sparse vectors": texts_in_words,
    "a registered function is built again": built_again,
}
