"""Forks, indexing and attached functions."""

from chromadb.api.functions import RECORD_COUNTER_FUNCTION


async def added(world):
    return await world.call((await world.make_animals("animals", metadata={"topic": "animals"})).count())


async def fork(world):
    world.kept["fork"] = await world.call(world.kept["animals"].fork("animals-2"))
    return [world.kept["fork"], await world.call(world.kept["fork"].count())]


async def apart(world):
    await world.call(world.kept["fork"].delete(ids=["cat"]))
    return [await world.call(world.kept["animals"].count()), await world.call(world.kept["fork"].count())]


async def status(world):
    status = await world.call(world.kept["animals"].get_indexing_status())
    return status.total_ops == status.num_indexed_ops + status.num_unindexed_ops


def attached(world):
    function, created = world.kept["animals"].attach_function(RECORD_COUNTER_FUNCTION, "counter", "counted")
    return [function.name, function.function_name, created]


STEPS = {
    "add": added,
    "forks of nobody": lambda world: world.kept["animals"].fork_count(),
    "fork": fork,
    "writes to a fork are its own": apart,
    "forks are counted": lambda world: world.kept["animals"].fork_count(),
    "fork to a taken name": lambda world: world.kept["animals"].fork("animals"),
    "indexing status": status,
    "attach a function": attached,
    "show a function": lambda world: world.kept["animals"].get_attached_function("counter").function_name,
    "show an unknown function": lambda world: world.kept["animals"].get_attached_function("nothing").function_name,
    "detach a function": lambda world: world.kept["animals"].detach_function("counter", delete_output_collection=True),
}
