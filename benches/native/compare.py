"""Native libraries on the sets of the benchmarks, one thread each: `node benches/native/run.mjs`.

Writes rows of the schema that `npm run bench` writes (benches/README.md), with `runs_in` = `native`.
"""

import argparse
import json
import os
import platform
import time
from datetime import datetime, timezone
from pathlib import Path

# Before the libraries that read it.
os.environ["OMP_NUM_THREADS"] = "1"

import faiss
import hnswlib
import numpy as np
import usearch
from usearch.index import Index

ROOT = Path(__file__).resolve().parents[2]
SETS = ROOT / "target/bench-data"
K = 10
# Passes over the queries that count, after one that does not.
PASSES = 5
# No further settings are tried beyond this recall.
EXACT = 0.998

M = 16
EF_CONSTRUCTION = 200
EF = [10, 16, 24, 32, 48, 64, 96, 128, 192, 256]
NPROBE = [1, 2, 4, 8, 16, 32, 64, 128, 256]


class Set:
    """The first `n` rows of a set, its queries and their exact neighbours."""

    def __init__(self, name, n):
        directory = SETS / name
        self.description = json.loads((directory / "set.json").read_text())
        dimension = self.description["dimension"]
        read = lambda part, rows: np.fromfile(directory / f"{part}.f16.bin", "<f2", rows * dimension).reshape(-1, dimension)
        # Cosine is the inner product of unit vectors.
        self.base = unit(read("base", n))
        self.queries = unit(read("queries", self.description["queries"]))
        self.neighbours = np.fromfile(directory / f"n{n}/all.i32.bin", "<i4").reshape(len(self.queries), -1)[:, :K]


def unit(rows):
    rows = rows.astype(np.float32)
    return np.ascontiguousarray(rows / np.linalg.norm(rows, axis=1, keepdims=True))


class FaissStore:
    def __init__(self, name, index, knobs=(None,), set_knob=lambda knob: None):
        self.name = f"faiss {name}"
        self.version = faiss.__version__
        self.index = index
        self.knobs = knobs
        self.set_knob = set_knob

    def build(self, base):
        if not self.index.is_trained:
            self.index.train(base)
        self.index.add(base)

    def search(self, query):
        return self.index.search(query[None], K)[1][0]

    def stored_bytes(self):
        return faiss.serialize_index(self.index).nbytes


def faiss_stores(dimension, n):
    metric = faiss.METRIC_INNER_PRODUCT
    yield FaissStore("Flat", faiss.IndexFlatIP(dimension))
    graph = faiss.IndexHNSWFlat(dimension, M, metric)
    graph.hnsw.efConstruction = EF_CONSTRUCTION
    yield FaissStore("HNSW", graph, EF, lambda ef: setattr(graph.hnsw, "efSearch", ef))
    for codec in ["Flat", "SQ8"]:
        lists = faiss.index_factory(dimension, f"IVF{int(4 * n**0.5)},{codec}", metric)
        yield FaissStore(f"IVF {codec}", lists, NPROBE, lambda nprobe, lists=lists: setattr(lists, "nprobe", nprobe))


class HnswlibStore:
    name = "hnswlib"
    version = "0.8.0"
    knobs = EF

    def __init__(self, dimension, n):
        self.index = hnswlib.Index("ip", dimension)
        self.index.init_index(n, M=M, ef_construction=EF_CONSTRUCTION)
        self.index.set_num_threads(1)

    def build(self, base):
        self.index.add_items(base, np.arange(len(base)))

    def set_knob(self, ef):
        self.index.set_ef(ef)

    def search(self, query):
        return self.index.knn_query(query, K, num_threads=1)[0][0]

    def stored_bytes(self):
        return self.index.index_file_size()


class UsearchStore:
    version = usearch.__version__
    knobs = EF

    def __init__(self, dimension, dtype):
        self.name = f"usearch {dtype}"
        self.index = Index(ndim=dimension, metric="ip", dtype=dtype, connectivity=M, expansion_add=EF_CONSTRUCTION)

    def build(self, base):
        self.index.add(np.arange(len(base)), base, threads=1)

    def set_knob(self, ef):
        self.index.expansion_search = ef

    def search(self, query):
        return self.index.search(query, K, threads=1).keys

    def stored_bytes(self):
        return self.index.serialized_length


def stores(dimension, n):
    yield from faiss_stores(dimension, n)
    yield HnswlibStore(dimension, n)
    for dtype in ["f32", "f16", "i8"]:
        yield UsearchStore(dimension, dtype)


def measure(store, name, data):
    load = os.getloadavg()[0]
    started, cpu = time.perf_counter(), time.process_time()
    store.build(data.base)
    build_ms, cpu_ms = 1e3 * (time.perf_counter() - started), 1e3 * (time.process_time() - cpu)
    searches = []
    for knob in store.knobs:
        store.set_knob(knob)
        searches.append(search(store, knob, data))
        if searches[-1]["recall"] >= EXACT:
            break
    rest = dict.fromkeys(["failure", "cold_search", "more", "remove", "cold_open", "memory", "code_bytes"])
    return {
        "store": store.name,
        "version": store.version,
        "runs_in": "native",
        "set": name,
        "n": len(data.base),
        "measured": datetime.now(timezone.utc).isoformat(),
        "load_average": load,
        "ingest": {
            **{"add_ms": build_ms, "persist_ms": 0, "settle_ms": 0},
            **{"vectors_per_second": 1e3 * len(data.base) / build_ms, "cpu_ms": cpu_ms},
        },
        "search": searches,
        "stored_bytes": int(store.stored_bytes()),
        **rest,
    }


def search(store, knob, data):
    times, hits = [], 0
    for count in range(1 + PASSES):
        if count == 1:
            cpu = time.process_time()
            times, hits = [], 0
        for query, exact in zip(data.queries, data.neighbours, strict=True):
            started = time.perf_counter()
            found = store.search(query)
            times.append(1e3 * (time.perf_counter() - started))
            hits += np.isin(found, exact).sum()
    times.sort()
    mean = sum(times) / len(times)
    return {
        "knob": knob,
        "filter": "all",
        "queries": len(times),
        "recall": float(hits) / (K * len(times)),
        "p50_ms": times[len(times) // 2],
        "p99_ms": times[len(times) * 99 // 100],
        "mean_ms": mean,
        "queries_per_second": 1e3 / mean,
        "cpu_ms": 1e3 * (time.process_time() - cpu) / len(times),
    }


def machine():
    info = Path("/proc/cpuinfo")
    models = [line.split(":")[1].strip() for line in info.read_text().splitlines() if line.startswith("model name")] if info.exists() else []
    return {
        "cpu": models[0] if models else platform.processor(),
        "cores": os.cpu_count(),
        "memory_bytes": os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES"),
        "platform": f"{platform.system()} {platform.release()}",
        "chromium": None,
    }


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sets", default="wordnet")
    parser.add_argument("--sizes", default="10000,50000,100000")
    parser.add_argument("--out", type=Path, required=True)
    options = parser.parse_args()
    faiss.omp_set_num_threads(1)
    results = {"schema": 1, "measured": "", "machine": machine(), "sets": {}, "rows": []}
    for name in options.sets.split(","):
        for n in map(int, options.sizes.split(",")):
            data = Set(name, n)
            results["sets"][name] = {key: data.description[key] for key in ["title", "source", "dimension", "metric", "queries"]}
            for store in stores(data.base.shape[1], n):
                row = measure(store, name, data)
                results["rows"].append(row)
                results["measured"] = row["measured"]
                enough = next((each for each in row["search"] if each["recall"] >= 0.95), row["search"][-1])
                print(f"{store.name}, {n} × {name}: {row['ingest']['vectors_per_second']:.0f} vectors/s, knob {enough['knob']}, recall {enough['recall']:.3f}, p50 {enough['p50_ms']:.3f} ms", flush=True)
                # What was measured stays when a later store is stopped.
                options.out.write_text(json.dumps(results, indent=1) + "\n")


if __name__ == "__main__":
    main()
