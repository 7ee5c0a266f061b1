/** The results of the benchmark of vectors as tables in Markdown. */

/** @typedef {import("../../www/src/benchmarks/results.js").Row} StoreRow */
/** @typedef {import("../../www/src/benchmarks/results.js").Search} Search */

const HEAD = [
  "p50 / p99, ms (recall)",
  "10 % filter, p50 / p99 (recall)",
  "1 % filter",
  "CPU, ms a query",
  "stored, vectors/s",
  "then indexed, s",
  "in all, vectors a CPU second",
  "cold open, ms",
  "wasm, MB",
  "+100 durable, ms",
  "bytes over raw",
];

/** Recalls of which the fastest setting is shown. */
const RECALLS = [0.96, 0.99];

const DIMENSION = 384;
/** @type {Record<string, string | undefined>} */
const SETS = { wordnet: "glosses", mixture: "of the mixture" };

/**
 * A table for each set and size, the stores in the order in which they were measured.
 * @param {readonly StoreRow[]} rows
 */
export function vectorTables(rows) {
  const measured = rows.filter(({ runs_in }) => runs_in === "worker");
  const tables = new Map(measured.map(({ set, n }) => [`${set} ${n}`, { set, n }]));
  return [...tables.values()]
    .sort((a, b) => b.set.localeCompare(a.set) || a.n - b.n)
    .map(({ set, n }) => table(set, n, measured.filter((row) => row.set === set && row.n === n)))
    .join("\n\n");
}

/**
 * @param {string} set
 * @param {number} n
 * @param {readonly StoreRow[]} rows
 */
function table(set, n, rows) {
  const title = `${number(n, 0)} ${SETS[set] ?? set}`;
  const head = `| ${[title, ...HEAD].join(" | ")} |\n|${"---|".repeat(HEAD.length + 1)}`;
  return [head, ...rows.map((row) => `| ${[nameOf(row), ...cells(row)].join(" | ")} |`)].join("\n");
}

/** @param {StoreRow} row */
function nameOf({ store, version }) {
  if (store.startsWith("chromatid")) {
    return store.replace(/ (\w+)$/, ", `$1`");
  }
  return store.startsWith("plain") ? "8-bit SIMD scan" : `${store}${/^\d/.test(version) && version.length < 8 ? ` ${version}` : ""}`;
}

/** @param {StoreRow} row */
function cells({ n, ingest, search = [], more, cold_open, memory, stored_bytes }) {
  if (!ingest) {
    return HEAD.map(() => "–");
  }
  return [
    medians(search.filter(({ filter }) => filter === "all")),
    filtered(search.filter(({ filter }) => filter === "tenth")),
    filtered(search.filter(({ filter }) => filter === "hundredth")),
    processor(search.filter(({ filter }) => filter === "all")),
    number(ingest.vectors_per_second, 0),
    number(ingest.settle_ms / 1000, 2).replace(/^0\.0\d$/, "0"),
    number(ingest.cpu_ms && n / (ingest.cpu_ms / 1000), 0),
    number(cold_open?.ms, 0),
    number(memory && memory.wasm_bytes / 1e6, 0),
    number(more?.ms, 0),
    number(stored_bytes ? stored_bytes / (4 * DIMENSION * n) : null, 2),
  ];
}

/**
 * The fastest setting for each recall, or the most exact one where none reaches it.
 * @param {readonly Search[]} searches
 */
function medians(searches) {
  return shown(searches).map((one) => `${time(one.p50_ms)} / ${number(one.p99_ms, 1)} (${one.recall.toFixed(3)})`).join(", ") || "–";
}

/** @param {readonly Search[]} searches */
function shown(searches) {
  const chosen = RECALLS.map((recall) => fastest(searches.filter((one) => one.recall >= recall)) ?? mostExact(searches));
  return [...new Set(chosen)].filter((one) => one !== undefined);
}

/**
 * The same settings' times of the processor.
 * @param {readonly Search[]} searches
 */
function processor(searches) {
  return shown(searches).map(({ cpu_ms }) => (cpu_ms ? time(cpu_ms) : "–")).join(", ") || "–";
}

/** @param {readonly Search[]} searches */
function filtered(searches) {
  const best = fastest(searches.filter(({ recall }) => recall >= 0.95)) ?? mostExact(searches);
  return best ? `${time(best.p50_ms)} / ${number(best.p99_ms, 1)} (${best.recall.toFixed(2)})` : "–";
}

/** @param {readonly Search[]} searches */
const fastest = (searches) => [...searches].sort((a, b) => a.p50_ms - b.p50_ms)[0];

/** @param {readonly Search[]} searches */
const mostExact = (searches) => [...searches].sort((a, b) => b.recall - a.recall)[0];

/** @param {number} milliseconds */
const time = (milliseconds) => number(milliseconds, milliseconds < 10 ? 2 : 0);

/**
 * @param {number | null | undefined} value
 * @param {number} digits
 */
function number(value, digits) {
  const options = { minimumFractionDigits: digits, maximumFractionDigits: digits };
  return typeof value === "number" ? value.toLocaleString("en", options) : "–";
}
