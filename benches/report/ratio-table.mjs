/** How chromatid stands to the best of the other stores of a run, as a table in Markdown. */

/** @typedef {import("../../www/src/benchmarks/results.js").Row} StoreRow */

const DIMENSION = 384;

/** Ours, whichever of its indexes is better at a figure. */
const isOurs = (/** @type {StoreRow} */ { store }) => store.startsWith("chromatid");

/**
 * The fastest median at a recall, with or without a filter.
 * @param {string} filter
 * @param {number} recall
 * @returns {(row: StoreRow) => number | null}
 */
const median = (filter, recall) => ({ search }) => {
  const times = search.filter((one) => one.filter === filter && one.recall >= recall).map(({ p50_ms }) => p50_ms);
  return times.length === 0 ? null : Math.min(...times);
};

/** @type {[title: string, of: (row: StoreRow) => number | null | undefined, more: "is better" | "is worse"][]} */
const FIGURES = [
  ["p50, recall ≥ 0.96", median("all", 0.96), "is worse"],
  ["≥ 0.99", median("all", 0.99), "is worse"],
  ["10 % filter", median("tenth", 0.95), "is worse"],
  ["1 % filter", median("hundredth", 0.95), "is worse"],
  ["stored, vectors/s", ({ ingest }) => ingest?.vectors_per_second, "is better"],
  ["cold open", ({ cold_open }) => cold_open?.ms, "is worse"],
  ["wasm memory", ({ memory }) => memory?.wasm_bytes || null, "is worse"],
  ["+100 durable", ({ more }) => more?.ms, "is worse"],
  ["bytes stored", ({ stored_bytes, n }) => (stored_bytes ? stored_bytes / (4 * DIMENSION * n) : null), "is worse"],
];

/** @type {Record<string, string | undefined>} */
const SETS = { wordnet: "glosses", mixture: "of the mixture" };

/** Arrays and a loop, without anything that makes a store. */
const isScan = (/** @type {StoreRow} */ { store }) => store.startsWith("plain");

/**
 * Two tables, beside the other stores and beside a plain scan, with a line for each set and size.
 * @param {readonly StoreRow[]} rows
 */
export function ratioTables(rows) {
  const stores = table(rows.filter((row) => !isScan(row)));
  const scan = table(rows.filter((row) => isOurs(row) || isScan(row)));
  return { stores, scan };
}

/**
 * Above 1 chromatid is ahead, by that factor. In brackets who is best of the others.
 * @param {readonly StoreRow[]} rows
 */
function table(rows) {
  const measured = rows.filter(({ runs_in }) => runs_in === "worker");
  const sets = new Map(measured.map(({ set, n }) => [`${set} ${n}`, { set, n }]));
  const lines = [...sets.values()]
    .map(({ set, n }) => ({ set, n, of: measured.filter((row) => row.set === set && row.n === n) }))
    .filter(({ of }) => of.some((row) => !isOurs(row)))
    .map(({ set, n, of }) => `| ${n.toLocaleString("en")} ${SETS[set] ?? set} | ${FIGURES.map((figure) => ratio(of, figure)).join(" | ")} |`);
  return [`| | ${FIGURES.map(([title]) => title).join(" | ")} |`, `|---|${"---|".repeat(FIGURES.length)}`, ...lines].join("\n");
}

/**
 * @param {readonly StoreRow[]} rows
 * @param {(typeof FIGURES)[number]} figure
 */
function ratio(rows, [, of, more]) {
  const known = rows
    .map((row) => ({ row, value: of(row) }))
    .filter((one) => typeof one.value === "number")
    .sort((a, b) => (more === "is better" ? -1 : 1) * (Number(a.value) - Number(b.value)));
  const ours = known.find(({ row }) => isOurs(row));
  const other = known.find(({ row }) => !isOurs(row));
  if (!ours || !other) {
    return "–";
  }
  const factor = more === "is better" ? Number(ours.value) / Number(other.value) : Number(other.value) / Number(ours.value);
  return `${factor.toFixed(factor < 10 ? 2 : 0)} (${other.row.store.replace("plain ", "")})`;
}
