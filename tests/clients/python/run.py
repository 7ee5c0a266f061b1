"""Runs every step of the official Python client, plain and asynchronous, on a server: python run.py PORT. Prints a line of JSON for each."""

import asyncio
import inspect
import json
import math
import sys
from dataclasses import fields, is_dataclass

import numpy
from chromadb.base_types import SparseVector

import chapters
from world import World


def shown(value):
    """What a client answers, as JSON."""
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    if isinstance(value, (str, int, float, bool, type(None))):
        return value
    if isinstance(value, SparseVector):
        return {"indices": value.indices, "values": value.values}
    if isinstance(value, numpy.ndarray):
        return shown(value.tolist())
    if isinstance(value, numpy.generic):
        return shown(value.item())
    if hasattr(value, "configuration_json"):
        schema = value.schema.serialize_to_json() if value.schema else None
        members = ("id", "name", "tenant", "database", "metadata", "configuration_json")
        return shown({"schema": schema, **{name: getattr(value, name) for name in members}})
    if hasattr(value, "model_dump"):
        return shown(value.model_dump())
    if is_dataclass(value):
        return {field.name: shown(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, dict):
        # As many as the machine has.
        return {str(key): shown(member) for key, member in value.items() if key != "num_threads"}
    if isinstance(value, (list, tuple, set)):
        return [shown(member) for member in value]
    return str(value)


async def outcome_of(step, world):
    try:
        answer = step(world)
        return {"answer": shown(await answer if inspect.isawaitable(answer) else answer)}
    except Exception as error:
        return {"error": {"name": type(error).__name__, "message": str(error)}}


async def main(port):
    for kind in ("HttpClient", "AsyncHttpClient"):
        for chapter, steps in chapters.CHAPTERS.items():
            world = await World.connect(kind, port)
            await world.call(world.client.reset())
            for name, step in steps.items():
                outcome = await outcome_of(step, world)
                print(json.dumps({"step": f"{kind}, {chapter}: {name}", "outcome": outcome}), flush=True)


asyncio.run(main(int(sys.argv[1])))
