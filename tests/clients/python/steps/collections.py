"""Collections: made, found, listed, changed, deleted."""

import uuid

from world import LetterCounts

CONFIGURATIONS = {
    "hnsw": {"configuration": {"hnsw": {"space": "cosine", "ef_construction": 50, "max_neighbors": 8, "ef_search": 20}}},
    "spann": {"configuration": {"spann": {"space": "cosine", "search_nprobe": 10}}},
    "both": {"configuration": {"hnsw": {"space": "ip"}, "spann": {"space": "ip"}}},
    "an unknown space": {"configuration": {"hnsw": {"space": "manhattan"}}},
    "legacy metadata": {"metadata": {"hnsw:space": "cosine", "topic": "old"}},
    "an embedding function": {"embedding_function": LetterCounts()},
    "metadata": {"metadata": {"topic": "test", "rank": 3, "share": 0.5, "open": True}},
    "empty metadata": {"metadata": {}},
    "a reserved key": {"metadata": {"#a": 1}},
}
NAMES = ["ab", "a" * 512, "a" * 513, "a b c", "a..b", "_abc", "192.168.0.1", "Valid.Name-1"]


def creating(index, options):
    return lambda world: world.make(f"configured-{index}", **options)


def naming(name):
    async def step(world):
        return len((await world.make(name)).name)

    return step


async def get_or_create(world):
    first = await world.call(world.client.get_or_create_collection("plain", embedding_function=None, metadata={"other": 1}))
    second = await world.call(world.client.get_or_create_collection("fresh", embedding_function=None, metadata={"other": 1}))
    return [first.metadata, second.metadata]


async def listed(world):
    return sorted(collection.name for collection in await world.call(world.client.list_collections()))


async def pages(world):
    return [len(await world.call(world.client.list_collections(limit=3, offset=offset))) for offset in (0, 3, 100)]


async def renamed(world):
    await world.call(world.kept["plain"].modify(name="renamed"))
    return [world.kept["plain"], (await world.call(world.client.get_collection("renamed", embedding_function=None))).id == world.kept["plain"].id]


async def changed_metadata(world):
    await world.call(world.kept["plain"].modify(metadata={"fresh": True}))
    return (await world.call(world.client.get_collection("renamed", embedding_function=None))).metadata


async def changed_configuration(world):
    await world.call(world.kept["configured-0"].modify(configuration={"hnsw": {"ef_search": 77}}))
    return (await world.call(world.client.get_collection("configured-0", embedding_function=None))).configuration_json


async def deleted(world):
    await world.call(world.client.delete_collection("renamed"))
    return await world.call(world.client.count_collections())


STEPS = {
    "create": lambda world: world.make("plain"),
    "a taken name": lambda world: world.make("plain"),
    **{f"create with {about}": creating(index, options) for index, (about, options) in enumerate(CONFIGURATIONS.items())},
    **{f"the name {name if len(name) < 20 else f'of {len(name)} characters'}": naming(name) for name in NAMES},
    "get or create": get_or_create,
    "get": lambda world: world.client.get_collection("plain", embedding_function=None),
    "get an unknown one": lambda world: world.client.get_collection("unknown"),
    "get by id": lambda world: world.client.get_collection_by_id(world.kept["plain"].id),
    "get by an unknown id": lambda world: world.client.get_collection_by_id(uuid.UUID("00000000-0000-4000-8000-000000000000")),
    "count": lambda world: world.client.count_collections(),
    "list": listed,
    "list in pages": pages,
    "rename": renamed,
    "rename to a taken name": lambda world: world.kept["plain"].modify(name="fresh"),
    "replace metadata": changed_metadata,
    "change hnsw": changed_configuration,
    "change the space": lambda world: world.kept["configured-0"].modify(configuration={"hnsw": {"space": "l2"}}),
    "delete": deleted,
    "delete it again": lambda world: world.client.delete_collection("renamed"),
    "count records of what is gone": lambda world: world.kept["plain"].count(),
}
