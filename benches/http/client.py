"""The official Python client, measured against one server: `python client.py URL SET ROWS`. Prints one line of JSON."""

import json
import sys
import time
from pathlib import Path
from urllib.parse import urlparse

import chromadb
import numpy

DIMENSION = 384
LARGE_BATCH, SMALL_BATCH, SMALL_ROWS = 5_000, 100, 5_000
PAGE, PAGES = 100, 50
FILTERS = {"all": None, "tenth": 10, "hundredth": 100}


def percentile(times, share):
    ordered = sorted(times)
    return ordered[min(len(ordered) - 1, len(ordered) * share // 100)]


def add(client, base, name, count, batch):
    collection = client.create_collection(name, embedding_function=None, configuration={"hnsw": {"space": "cosine"}})
    seconds = 0.0
    for first in range(0, count, batch):
        rows = range(first, min(first + batch, count))
        records = {
            "ids": [f"r{row}" for row in rows],
            "embeddings": base[rows.start : rows.stop].astype(numpy.float32),
            "documents": [f"record {row} of the set" for row in rows],
            "metadatas": [{"tenth": row % 10, "hundredth": row % 100} for row in rows],
        }
        started = time.perf_counter()
        collection.add(**records)
        seconds += time.perf_counter() - started
    return count / seconds


def queries(collection, vectors, directory, rows):
    found = []
    for name, modulus in FILTERS.items():
        nearest = numpy.fromfile(directory / f"n{rows}" / f"{name}.i32.bin", dtype="<i4").reshape(len(vectors), -1)[:, :10]
        times, hits, wanted = [], 0, 0
        for number, (vector, neighbours) in enumerate(zip(vectors, nearest)):
            where = {name: number % modulus} if modulus else None
            started = time.perf_counter()
            ids = collection.query(query_embeddings=[vector], n_results=10, where=where)["ids"][0]
            times.append((time.perf_counter() - started) * 1_000)
            expected = {f"r{row}" for row in neighbours if row >= 0}
            hits += len(expected.intersection(ids))
            wanted += len(expected)
        found.append({"filter": name, "recall": hits / wanted, "p50": percentile(times, 50), "p99": percentile(times, 99)})
    return found


def pages(collection, rows, include):
    times = []
    for page in range(PAGES):
        started = time.perf_counter()
        ids = collection.get(limit=PAGE, offset=page * (rows - PAGE) // PAGES, include=include)["ids"]
        times.append((time.perf_counter() - started) * 1_000)
        assert len(ids) == PAGE
    return {"p50": percentile(times, 50), "p99": percentile(times, 99)}


def main():
    url, directory, rows = urlparse(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3])
    client = chromadb.HttpClient(host=url.hostname, port=url.port)
    base = numpy.fromfile(directory / "base.f16.bin", dtype="<f2", count=rows * DIMENSION).reshape(-1, DIMENSION)
    vectors = numpy.fromfile(directory / "queries.f16.bin", dtype="<f2").reshape(-1, DIMENSION).astype(numpy.float32)
    result = {"client": "Python", "rows": rows}
    result["addLarge"] = add(client, base, "large", rows, LARGE_BATCH)
    result["addSmall"] = add(client, base, "small", min(SMALL_ROWS, rows), SMALL_BATCH)
    collection = client.get_collection("large", embedding_function=None)
    result["queries"] = queries(collection, vectors, directory, rows)
    result["pages"] = pages(collection, rows, ["documents", "metadatas"])
    result["vectorPages"] = pages(collection, rows, ["documents", "metadatas", "embeddings"])
    print(json.dumps(result))


main()
