// Measures one store's filters and text search, in the page or in a worker: wherever the store itself runs.
import { wasmBytes } from "./memory.js";
import { fingerprint, predicate } from "./conditions.js";
import { DIMENSION, matrix } from "./data.js";
import { ndcg, overlap } from "./relevance.js";
import { milliseconds, now, summaryOf } from "./timing.js";

const RECORDS = "/bench-data/wordnet-texts";
const VECTORS = "/bench-data/wordnet/base.f16.bin";

const K = 10;
const BATCH = 1_000;

/** Queries of each operation that are asked before those that count. None is asked twice, so that no answer is remembered. */
const WARM_UP = 25;

/** A store that is this slow is asked fewer queries. */
const SLOW_MS = 60_000;
const FEWEST = 20;

let n = 0;
let adapter;
let session;
let queries;
let questionVectors;
/** Each record as a line of JSON: parsed records would be a burden to the garbage collector of whatever is measured. */
let lines = [];

/** Each method is called by name from the driver; arguments and results are plain data. */
export const runner = {
  /** Reads the queries, before anything of the store is loaded. */
  async prepare(rows) {
    n = rows;
    queries = await (await fetch(`${RECORDS}/n${rows}/queries.json`)).json();
    const last = Math.max(...queries.questions.map(({ vector }) => vector));
    const all = await matrix(`${RECORDS}/questions.f16.bin`, 0, last + 1);
    questionVectors = queries.questions.map(({ vector }) => all.slice(vector * DIMENSION, (vector + 1) * DIMENSION));
    return now();
  },

  /** Reads what is stored, and compared with. */
  async readRecords() {
    lines = (await (await fetch(`${RECORDS}/records.jsonl`)).text()).split("\n", n);
  },

  /** Loads the store's code and opens it: empty, or as it was left. */
  async open(url, exists) {
    ({ adapter } = await import(url));
    const options = { dimension: DIMENSION, capacity: n, meanLength: queries.mean_length };
    session = await (exists ? adapter.reopen(options) : adapter.create(options));
    const { filters, rankings } = adapter;
    return { filters, rankings };
  },

  /** Adds all records and makes them durable and searchable; waits for what goes on behind. */
  async ingest(limitSeconds) {
    let add = 0;
    for (let first = 0; first < n; first += BATCH) {
      const records = lines.slice(first, first + BATCH).map((line) => JSON.parse(line));
      const vectors = adapter.vectors ? await matrix(VECTORS, first, records.length) : undefined;
      add += await milliseconds(() => session.add(first, records, vectors));
      if (add > limitSeconds * 1000) {
        throw new Error(`the time for inserting was used up: ${first + records.length} of ${n} records in ${Math.round(add / 1000)} s`);
      }
    }
    const persist = await milliseconds(() => session.persist());
    const settle = await milliseconds(() => session.settle?.());
    return { add_ms: add, persist_ms: persist, settle_ms: settle, records_per_second: n / ((add + persist) / 1000) };
  },

  /** Ten matches with their documents, or the ids of all. */
  async filter(operation, answer) {
    const asked = filterQueries(operation, answer);
    const checks = [];
    const times = await askAll(asked.length, async (i) => {
      const started = performance.now();
      const found = await session.filter(asked[i].where, answer === "ten" ? K : undefined);
      const time = performance.now() - started;
      checks.push(answer === "ten" ? isTen(asked[i], found) : isAll(asked[i], found));
      return time;
    });
    const matches = asked.map((query) => query.matches).sort((a, b) => a - b);
    return { ...summaryOf(times), right: mean(checks.map(Number)), median_matches: matches[matches.length >> 1] };
  },

  /** The ten best with their documents. */
  async rank(ranking) {
    const { questions } = queries;
    const gains = [];
    const overlaps = [];
    const times = await askAll(questions.length, async (i) => {
      const started = performance.now();
      const { rows, documents } = await ask(ranking, i);
      const time = performance.now() - started;
      if (!rows.every((row, place) => documents[place] === recordOf(row).document)) {
        throw new Error(`the documents of "${questions[i].text}" are not those of the records`);
      }
      gains.push(ndcg(rows, questions[i].row));
      overlaps.push(overlap(rows, questions[i].bm25));
      return time;
    });
    return { ...summaryOf(times), ndcg: mean(gains), bm25_overlap: ranking === "bm25" ? mean(overlaps) : null };
  },

  /** How long the first query of an operation takes. */
  firstFilter: (operation, answer) =>
    milliseconds(() => session.filter(filterQueries(operation, answer)[0].where, answer === "ten" ? K : undefined)),

  firstRank: (ranking) => milliseconds(() => ask(ranking, 0)),

  /** Everything from nothing to the answer to the first query of an operation; says when it was there. */
  async openToFirstAnswer(rows, url) {
    await this.prepare(rows);
    await this.open(url, true);
    const [ranking] = adapter.rankings;
    const [operation] = adapter.filters;
    const found = await (ranking ? ask(ranking, 0) : session.filter(filterQueries(operation, "ten")[0].where, K));
    const answered = now();
    if (found.rows.length === 0) {
      throw new Error("nothing was found after reopening");
    }
    return answered;
  },

  async wasmBytes() {
    return session.wasmBytes ? session.wasmBytes() : wasmBytes();
  },

  close: () => session.close(),
};

const filterQueries = (operation, answer) => queries.filters.find((each) => each.operation === operation)[answer];

const recordOf = (row) => JSON.parse(lines[row]);

const mean = (values) => values.reduce((sum, value) => sum + value, 0) / values.length;

function ask(ranking, i) {
  const { text } = queries.questions[i];
  return session[ranking]({ text, vector: questionVectors[i] }, K);
}

/** Asks one query after the other; answers the times of those that count. */
async function askAll(count, askOne) {
  for (let i = 0; i < WARM_UP; i += 1) {
    await askOne(i);
  }
  const times = [];
  const started = performance.now();
  for (let i = WARM_UP; i < count && (times.length < FEWEST || performance.now() - started < SLOW_MS); i += 1) {
    times.push(await askOne(i));
  }
  return times;
}

/** As many different matches as there are, up to ten, with their documents. */
function isTen({ where, matches }, { rows, documents }) {
  const holds = predicate(where);
  const right = (row, i) => {
    const record = recordOf(row);
    return holds(record) && documents[i] === record.document;
  };
  return rows.length === Math.min(K, matches) && new Set(rows).size === rows.length && rows.every(right);
}

const isAll = ({ matches, fingerprint: wanted }, { rows }) => rows.length === matches && fingerprint(rows) === wanted;
