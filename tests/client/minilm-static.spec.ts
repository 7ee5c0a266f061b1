import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { gunzipSync } from "node:zlib";
import { expect, test } from "@playwright/test";
import { DIMENSION, StaticTable } from "../../www/src/embedding/static-table";
import { UNKNOWN_TOKEN, WordPiece } from "../../www/src/embedding/wordpiece";

const root = new URL("../../", import.meta.url);
const bytes = (path: string) => readFileSync(fileURLToPath(new URL(path, root)));

interface TextRecord {
  id: string;
  document: string;
  metadata: { synset?: string };
}

const jsonLines = (path: string): TextRecord[] =>
  gunzipSync(bytes(path)).toString("utf8").trimEnd().split("\n").map((line) => JSON.parse(line) as TextRecord);

const folder = "www/data/minilm-static/";
const vocabulary = bytes(`${folder}vocab.txt`).toString("utf8");
const rows = new Int8Array(bytes(`${folder}minilm-static-256.i8.bin`));
const scales = new Float32Array(new Uint8Array(bytes(`${folder}minilm-static-256.scale.f32.bin`)).buffer);
const tokeniser = new WordPiece(vocabulary);
const table = new StaticTable(tokeniser, rows, scales);

/** Token ids by the book, for plain ASCII text only: regular expressions and a linear walk over shrinking pieces. */
function plainTokens(text: string): number[] {
  const entries = vocabulary.trimEnd().split("\n");
  return (text.toLowerCase().match(/[a-z0-9]+|[^a-z0-9\s]/g) ?? []).flatMap((word) => {
    const ids: number[] = [];
    for (let rest = word; rest !== ""; ) {
      let piece = rest;
      const id = () => entries.indexOf(rest === word ? piece : `##${piece}`);
      while (piece !== "" && id() < 0) piece = piece.slice(0, -1);
      if (piece === "") return [UNKNOWN_TOKEN];
      ids.push(id());
      rest = rest.slice(piece.length);
    }
    return ids;
  });
}

/** The documented formula in double precision: mean of scale x int8 over the tokens, divided by its length. */
function plainEmbedding(text: string): number[] {
  const ids = plainTokens(text);
  const mean = Array.from({ length: DIMENSION }, (_, column) =>
    ids.reduce((sum, id) => sum + scales[id]! * rows[id * DIMENSION + column]!, 0) / ids.length,
  );
  const length = Math.hypot(...mean);
  return mean.map((component) => component / length);
}

const dot = (a: ArrayLike<number>, b: ArrayLike<number>) => {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i]! * b[i]!;
  return sum;
};

test.describe("the WordPiece tokeniser", () => {
  const words = (text: string) => tokeniser.encode(text).map((id) => vocabulary.split("\n")[id]);

  test("takes the longest piece and marks continuations", () => {
    expect(words("unaffable embeddings")).toEqual(["una", "##ffa", "##ble", "em", "##bed", "##ding", "##s"]);
  });

  test("ignores case, accents and control characters", () => {
    expect(tokeniser.encode("CAF\u00c9 na\u00efve\u200b")).toEqual(tokeniser.encode("cafe naive"));
  });

  test("makes words of punctuation and ideographs", () => {
    expect(words("cat's $5, 中国")).toEqual(["cat", "'", "s", "$", "5", ",", "中", "国"]);
  });

  test("gives one unknown token for a word that it cannot build", () => {
    expect(tokeniser.encode("\u{1F9EC}")).toEqual([UNKNOWN_TOKEN]);
    expect(tokeniser.encode("a".repeat(101))).toEqual([UNKNOWN_TOKEN]);
    expect(tokeniser.encode(" \t\n")).toEqual([]);
  });
});

test.describe("minilm-static", () => {
  for (const text of ["large feline animal", "move quickly, on foot!", "photosynthesis", "the U.S. dollar ($)"]) {
    test(`embeds "${text}" as the documented formula does`, () => {
      expect(tokeniser.encode(text)).toEqual(plainTokens(text));
      const embedding = table.embed(text);
      const expected = plainEmbedding(text);
      expect(embedding).toHaveLength(DIMENSION);
      for (let i = 0; i < DIMENSION; i++) expect(embedding[i]).toBeCloseTo(expected[i]!, 5);
    });
  }

  test("has unit length, and is zero for a text without known words", () => {
    const embedding = table.embed("a domestic cat");
    expect(dot(embedding, embedding)).toBeCloseTo(1, 5);
    expect(table.embed("\u{1F9EC}").every((component) => component === 0)).toBe(true);
  });

  test("refuses a table that does not fit the vocabulary", () => {
    expect(() => new StaticTable(tokeniser, rows.subarray(1), scales)).toThrow(/does not fit/);
  });

  test("finds the synset of a usage example with the documented quality (nDCG@10 0.251, recall@100 0.75)", () => {
    const base = jsonLines("www/data/wordnet-5k.texts.jsonl.gz").map(({ id, document }) => ({ id, vector: table.embed(document) }));
    const queries = jsonLines("tests/fixtures/wordnet-5k/wordnet-5k.examples.jsonl.gz");
    let gain = 0;
    let found = 0;
    for (const query of queries) {
      const vector = table.embed(query.document);
      const ranking = base
        .map(({ id, vector: candidate }) => ({ id, similarity: dot(vector, candidate) }))
        .sort((a, b) => b.similarity - a.similarity);
      const rank = ranking.findIndex(({ id }) => id === query.metadata.synset);
      if (rank < 10) gain += 1 / Math.log2(rank + 2);
      if (rank < 100) found++;
    }
    expect(queries).toHaveLength(100);
    expect(gain / queries.length).toBeCloseTo(0.251, 2);
    expect(found / queries.length).toBeCloseTo(0.75, 1);
  });
});
