/**
 * The relevance of BM25, of vectors and of both on the shipped collection: 5,000 WordNet glosses, and 100 usage examples of which it is
 * known whose they are. In Node, by the package as it is built.
 */

import { readFileSync } from "node:fs";
import path from "node:path";
import { gunzipSync } from "node:zlib";

import { Knn, open, Rrf, Schema, SparseVectorIndexConfig, VectorIndexConfig } from "chromatid";
import { ChromaBm25EmbeddingFunction } from "chromatid/bm25";

import { ROOT } from "../scripts/lib/run.mjs";
import { toFloats } from "./browser/half.js";
import { ndcg } from "./browser/relevance.js";
import { stemsOf } from "./browser/stems.js";
import { DIMENSION } from "./data/mixture.mjs";

/** @typedef {import("chromatid").Collection} Collection */
/** @typedef {import("chromatid").SparseVector} SparseVector */
/** @typedef {{ id: string, document: string }} GlossRecord */
/** @typedef {{ text: string, words: SparseVector, vector: Float32Array, answer: string }} Question */
/** @typedef {{ bm25: number, dense: number, hybrid: number }} Relevance mean nDCG@10 of each kind of search */
/** @typedef {(texts: string[]) => Promise<SparseVector[]>} Embed */

const FIXTURES = "tests/fixtures/wordnet-5k/wordnet-5k";

const TEN = 10;
/** Of each kind of neighbours, those that are fused. */
const FUSED = 100;
/** The rank of records that are no neighbours: their part of the sum is nothing. */
const NOWHERE = 1e9;

/**
 * How texts become sparse vectors. `words` takes them as they stand, `stems` is `chromatid/bm25`: without stop words, stemmed.
 * @type {Record<"words" | "stems", (documents: string[]) => Embed>}
 */
const EMBEDDINGS = { words: plainWords, stems };

/**
 * @param {keyof typeof EMBEDDINGS} kind
 * @returns {Promise<Relevance>}
 */
export async function shippedRelevance(kind) {
  const records = jsonLines("www/data/wordnet-5k.texts.jsonl.gz");
  const embed = EMBEDDINGS[kind](records.map(({ document }) => document));
  const client = await open({ name: "relevance", storage: "memory" });
  try {
    const collection = await fill(client, records, embed);
    const questions = await readQuestions(records, embed);
    const words = (/** @type {Question} */ { words }, more = {}) => Knn({ query: words, key: "words", limit: FUSED, ...more });
    const meaning = (/** @type {Question} */ { vector }, more = {}) => Knn({ query: vector, limit: FUSED, ...more });
    const fused = { returnRank: true, default: NOWHERE };
    return {
      bm25: await meanNdcg(collection, questions, words),
      dense: await meanNdcg(collection, questions, meaning),
      hybrid: await meanNdcg(collection, questions, (question) => Rrf({ ranks: [words(question, fused), meaning(question, fused)] })),
    };
  } finally {
    await client.close();
  }
}

/**
 * @param {Collection} collection
 * @param {Question[]} questions
 * @param {(question: Question) => ReturnType<typeof Knn>} rankOf
 */
async function meanNdcg(collection, questions, rankOf) {
  let sum = 0;
  for (const question of questions) {
    const { ids } = await collection.search({ rank: rankOf(question), limit: TEN });
    sum += ndcg(ids[0] ?? [], question.answer);
  }
  return sum / questions.length;
}

/**
 * @param {Awaited<ReturnType<typeof open>>} client
 * @param {GlossRecord[]} records
 * @param {Embed} embed
 */
async function fill(client, records, embed) {
  const schema = new Schema()
    .createIndex(new VectorIndexConfig({ space: "cosine", embeddingFunction: null }))
    .createIndex(new SparseVectorIndexConfig({ bm25: true }), "words");
  const collection = await client.createCollection({ name: "glosses", schema });
  const words = await embed(records.map(({ document }) => document));
  await collection.add({
    ids: records.map(({ id }) => id),
    documents: records.map(({ document }) => document),
    metadatas: words.map((vector) => ({ words: vector })),
    embeddings: floats("base"),
  });
  return collection;
}

/**
 * @param {GlossRecord[]} records
 * @param {Embed} embed
 * @returns {Promise<Question[]>}
 */
async function readQuestions(records, embed) {
  const texts = jsonLines(`${FIXTURES}.examples.jsonl.gz`).map(({ document }) => document);
  const words = await embed(texts);
  const vectors = floats("examples");
  // Of each question one row: its number, that of the row, the grade.
  const judgements = readFileSync(path.join(ROOT, `${FIXTURES}.examples.qrels.tsv`), "utf8").trim().split("\n");
  return judgements.map((line) => {
    const [question = 0, row = 0] = line.split("\t").map(Number);
    const { id } = /** @type {GlossRecord} */ (records[row]);
    return /** @type {Question} */ ({ text: texts[question], words: words[question], vector: vectors[question], answer: id });
  });
}

/** @type {(documents: string[]) => Embed} */
function stems(documents) {
  const bm25 = new ChromaBm25EmbeddingFunction({ avgDocLength: meanLength(documents.map(stemsOf)) });
  return (texts) => bm25.generate(texts);
}

/** @type {(documents: string[]) => Embed} */
function plainWords(documents) {
  const wordsOf = (/** @type {string} */ text) => /** @type {string[]} */ (text.toLowerCase().match(/[\p{L}\p{N}_]+/gu) ?? []);
  const usualLength = meanLength(documents.map(wordsOf));
  /** @type {Map<string, number>} */
  const vocabulary = new Map();
  const embedOne = (/** @type {string} */ text) => {
    const words = wordsOf(text);
    /** @type {Map<number, number>} */
    const counts = new Map();
    for (const word of words) {
      const index = vocabulary.get(word) ?? vocabulary.size;
      vocabulary.set(word, index);
      counts.set(index, (counts.get(index) ?? 0) + 1);
    }
    const length = 0.25 + (0.75 * words.length) / usualLength;
    const entries = [...counts].sort(([a], [b]) => a - b);
    return { indices: entries.map(([index]) => index), values: entries.map(([, count]) => (count * 2.2) / (count + 1.2 * length)) };
  };
  return (texts) => Promise.resolve(texts.map(embedOne));
}

/** @param {string[][]} texts */
function meanLength(texts) {
  return texts.reduce((sum, words) => sum + words.length, 0) / texts.length;
}

/** @param {string} file of gzipped lines of JSON */
function jsonLines(file) {
  const lines = gunzipSync(readFileSync(path.join(ROOT, file))).toString("utf8").trimEnd().split("\n");
  /** @type {GlossRecord[]} */
  const records = JSON.parse(`[${lines.join(",")}]`);
  return records;
}

/** @param {"base" | "examples"} part */
function floats(part) {
  const bytes = readFileSync(path.join(ROOT, `${FIXTURES}.${part}.f16.bin`));
  const all = toFloats(new Uint16Array(bytes.buffer, bytes.byteOffset, bytes.byteLength / 2));
  return Array.from({ length: all.length / DIMENSION }, (_, row) => all.subarray(row * DIMENSION, (row + 1) * DIMENSION));
}
