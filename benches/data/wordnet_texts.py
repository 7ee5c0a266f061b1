"""The glosses of the set `wordnet` as records with metadata, and questions whose answers are known.

A question is a usage example of a synset: its one right answer is the gloss of that synset, which does not hold the example.
"""

import argparse
import json
from collections import Counter
from math import log

import numpy as np

from wordnet import DICTIONARY, QUERIES, ROOT, SEED, Encoder, glosses, synsets, text_of, to_f16, write_atomically

DIRECTORY = ROOT / "target/bench-data/wordnet-texts"

# Questions for each size, among whose rows their answers are.
QUESTIONS = 300
SIZES = (2_000, 10_000, 50_000, 100_000)

PARTS = {"n": "noun", "v": "verb", "a": "adjective", "s": "adjective satellite", "r": "adverb"}

# The number of a part of speech in the keys of senses.
FILES = {"1": "noun", "2": "verb", "3": "adj", "4": "adv", "5": "adj"}

# WordNet's lexicographer files, by their number.
DOMAINS = (
    "adj.all adj.pert adv.all noun.Tops noun.act noun.animal noun.artifact noun.attribute noun.body noun.cognition "
    "noun.communication noun.event noun.feeling noun.food noun.group noun.location noun.motive noun.object noun.person "
    "noun.phenomenon noun.plant noun.possession noun.process noun.quantity noun.relation noun.shape noun.state "
    "noun.substance noun.time verb.body verb.change verb.cognition verb.communication verb.competition verb.consumption "
    "verb.contact verb.creation verb.emotion verb.motion verb.perception verb.possession verb.social verb.stative "
    "verb.weather adj.ppl"
).split()


def uses():
    """How often each synset was met in the corpus that WordNet's authors tagged, by file and offset."""
    counts = Counter()
    for line in (DICTIONARY / "index.sense").read_text(encoding="utf-8").splitlines():
        key, offset, _, count = line.split(" ")
        counts[FILES[key.split("%")[1][0]], offset] += int(count)
    return counts


def records():
    """Document, metadata and usage examples of each row of the set, in its order."""
    counts = uses()
    found = {}
    for file, (offset, domain, part), lemmas, definition, examples in synsets():
        document = text_of(lemmas, definition)
        metadata = {
            "pos": PARTS[part],
            "domain": DOMAINS[int(domain)],
            "lemma": lemmas[0],
            "synset": int(offset),
            "definition_length": len(definition),
            "log_freq": round(log(1 + counts[file, offset]), 4),
            "has_examples": bool(examples),
        }
        found.setdefault(document, ({"document": document, "metadata": metadata}, examples))
    return [found[text] for text in glosses()[QUERIES:]]


def questions(examples):
    """`(row, example)` in random order: for each size so many whose rows it has."""
    order = np.random.default_rng(SEED).permutation(SIZES[-1])
    candidates = [(int(row), examples[row][0].split('"')[0].strip()) for row in order if examples[row]]
    chosen = {}
    for size in SIZES:
        chosen.update(dict.fromkeys([each for each in candidates if each[0] < size][:QUESTIONS]))
    return [each for each in candidates if each in chosen]


def lines(values):
    return "".join(f"{json.dumps(value, ensure_ascii=False)}\n" for value in values).encode()


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--threads", type=int, default=1)
    encoder = Encoder(parser.parse_args().threads)
    rows = records()
    asked = questions([examples for _, examples in rows])
    DIRECTORY.mkdir(parents=True, exist_ok=True)
    write_atomically(DIRECTORY / "questions.f16.bin", to_f16(encoder.encode([text for _, text in asked])).tobytes())
    write_atomically(DIRECTORY / "questions.jsonl", lines({"row": row, "text": text} for row, text in asked))
    # The last one: where it is, all are.
    write_atomically(DIRECTORY / "records.jsonl", lines(record for record, _ in rows))
    print(f"wordnet-texts: {len(rows)} records, {len(asked)} questions")


if __name__ == "__main__":
    main()
