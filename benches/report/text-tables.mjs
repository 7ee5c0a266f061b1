/** The results of the benchmark of filters and texts as tables in Markdown. */

/** @typedef {import("../browser/text-results.js").TextResults} TextResults */
/** @typedef {import("../browser/text-results.js").TextRow} TextRow */
/** @typedef {import("../browser/text-results.js").Times} Times */

const OPERATIONS = [
  { name: "equality", title: "equality" },
  { name: "range", title: "range" },
  { name: "in", title: "`$in` of 100" },
  { name: "and", title: "`$and` of three" },
  { name: "contains", title: "`$contains`" },
  { name: "anchored regex", title: "anchored `$regex`" },
  { name: "unanchored regex", title: "unanchored `$regex`" },
];

const RANKINGS = [
  { name: "bm25", title: "BM25" },
  { name: "dense", title: "vectors" },
  { name: "hybrid", title: "hybrid (RRF)" },
];

/** @param {TextResults} results */
export function textTables({ rows, shipped, machine }) {
  const sizes = [...new Set(rows.map(({ n }) => n))].sort((a, b) => a - b);
  const parts = sizes.map((n) => sizeTables(n, rows.filter((row) => row.n === n)));
  const where = `${machine.cpu}, ${machine.cores} cores, Chromium ${machine.chromium ?? "–"}`;
  return `${[`${where}. Times in milliseconds: p50 / p99 (first).`, ...parts, ...relevanceTable(shipped)].join("\n\n")}\n`;
}

/**
 * @param {number} n
 * @param {TextRow[]} rows
 */
function sizeTables(n, rows) {
  const records = `${number(n, 0)} records`;
  const rankings = RANKINGS.filter(({ name }) => rows.some((row) => row.rankings.some(({ ranking }) => ranking === name)));
  return [
    `${records}, ten matches with their documents:`,
    filterTable(rows, "ten"),
    `${records}, the ids of all matches:`,
    filterTable(rows, "all"),
    `${records}, the ten best with their documents; of BM25 also how many of them are those of BM25 over all documents:`,
    table(
      ["", ...rankings.flatMap(({ title }) => [title, "nDCG@10"]), "in common"],
      rows.filter((row) => row.rankings.length > 0).map((row) => [nameOf(row), ...rankings.flatMap(({ name }) => rankingCells(row, name)), commonCell(row)]),
    ),
    `${records}, all of them:`,
    table(
      ["", "holds", "stored, records/s", "then indexed, s", "cold open, ms", "wasm, MB", "renderer, MB", "stored, MB"],
      rows.map((row) => [nameOf(row), row.holds, ...costCells(row)]),
    ),
    ...failures(rows),
  ].join("\n\n");
}

/**
 * @param {TextRow[]} rows
 * @param {"ten" | "all"} answer
 */
function filterTable(rows, answer) {
  const filtering = rows.filter((row) => row.filters.length > 0);
  return table(
    ["", ...OPERATIONS.map(({ title }) => title)],
    filtering.map((row) => [nameOf(row), ...OPERATIONS.map(({ name }) => filterCell(row, name, answer))]),
  );
}

/** @param {TextRow} row */
const nameOf = ({ store, version, runs_in }) => `${store}${runs_in === "page" ? ", from a page" : ""} ${version}`;

/** @param {Times} times */
const timesOf = ({ p50_ms, p99_ms, first_ms }) => `${number(p50_ms)} / ${number(p99_ms)} (${number(first_ms)})`;

/**
 * @param {TextRow} row
 * @param {string} operation
 * @param {"ten" | "all"} answer
 */
function filterCell({ filters }, operation, answer) {
  const found = filters.find((each) => each.operation === operation && each.answer === answer);
  if (!found) {
    return "–";
  }
  return found.right === 1 ? timesOf(found) : `${timesOf(found)}, ${number(100 * found.right, 1)} % right`;
}

/**
 * @param {TextRow} row
 * @param {string} ranking
 */
function rankingCells({ rankings }, ranking) {
  const found = rankings.find((each) => each.ranking === ranking);
  return found ? [timesOf(found), number(found.ndcg, 3)] : ["–", "–"];
}

/** @param {TextRow} row */
function commonCell({ rankings }) {
  const common = rankings.find(({ ranking }) => ranking === "bm25")?.bm25_overlap;
  return common == null ? "–" : `${number(100 * common, 1)} %`;
}

/** @param {TextRow} row */
function costCells({ ingest, cold_open: opened, memory, stored_bytes: bytes }) {
  const megabytes = (/** @type {number | null | undefined} */ value) => number(value == null ? null : value / 1e6, 1);
  return [
    number(ingest?.records_per_second, 0),
    number(ingest ? ingest.settle_ms / 1000 : null, 1),
    number(opened?.ms, 0),
    megabytes(memory?.wasm_bytes),
    megabytes(memory?.renderer_bytes),
    megabytes(bytes),
  ];
}

/** @param {TextRow[]} rows */
function failures(rows) {
  const lines = rows.flatMap((row) => (row.failure ? [`- ${nameOf(row)} failed at ${row.failure.stage}: ${row.failure.message}`] : []));
  return lines.length > 0 ? [lines.join("\n")] : [];
}

/**
 * @param {TextResults["shipped"]} shipped
 * @returns {string[]}
 */
function relevanceTable(shipped) {
  if (!shipped) {
    return [];
  }
  const line = (/** @type {string} */ title, /** @type {NonNullable<TextResults["shipped"]>["words"]} */ { bm25, dense, hybrid }) => [
    title,
    ...[bm25, dense, hybrid].map((value) => number(value, 3)),
  ];
  return [
    "The shipped collection of 5,000 glosses, nDCG@10:",
    table(
      ["", "BM25", "vectors", "hybrid (RRF)"],
      [line("plain words", shipped.words), line("`chromatid/bm25`: stems, without stop words", shipped.stems)],
    ),
  ];
}

/**
 * @param {string[]} head
 * @param {string[][]} rows
 */
function table(head, rows) {
  return [head, head.map(() => "---"), ...rows].map((cells) => `| ${cells.join(" | ")} |`).join("\n");
}

/**
 * @param {number | null | undefined} value
 * @param {number} [digits]
 */
function number(value, digits = 2) {
  return value == null ? "–" : value.toLocaleString("en", { minimumFractionDigits: digits, maximumFractionDigits: digits });
}
