/** The results of the servers as a table: a line for each figure, the servers side by side. */

/**
 * @typedef {{ p50: number, p99: number }} Times in milliseconds
 * @typedef {object} HttpRow
 * @property {string} server
 * @property {string} client
 * @property {number} rows
 * @property {number} startMs with an empty directory, until the first answer
 * @property {number} restartMs with all that was stored
 * @property {{ rss: number, peak: number }} memory in bytes, at the end
 * @property {number} addLarge records per second, 5,000 in a request
 * @property {number} addSmall records per second, 100 in a request
 * @property {(Times & { filter: string, recall: number })[]} queries
 * @property {Times} pages of 100 records
 * @property {Times} vectorPages with their vectors
 */

const TITLES = /** @type {Record<string, string>} */ ({ all: "no filter", tenth: "10 % filter", hundredth: "1 % filter" });

/** @type {[string, (row: HttpRow) => string][]} */
const FIGURES = [
  ["add, 5,000 a request, records/s", ({ addLarge }) => whole(addLarge)],
  ["add, 100 a request, records/s", ({ addSmall }) => whole(addSmall)],
  ...Object.entries(TITLES).map(
    ([filter, title]) => /** @type {[string, (row: HttpRow) => string]} */ ([
      `query, ${title}, p50 / p99 ms (recall)`,
      ({ queries }) => {
        const found = queries.find((one) => one.filter === filter);
        return found ? `${times(found)} (${found.recall.toFixed(3)})` : "–";
      },
    ]),
  ),
  ["get, a page of 100, p50 / p99 ms", ({ pages }) => times(pages)],
  ["the same with vectors", ({ vectorPages }) => times(vectorPages)],
  ["start, empty / filled, ms", ({ startMs, restartMs }) => `${whole(startMs)} / ${whole(restartMs)}`],
  ["memory, end / peak, MB", ({ memory }) => `${megabytes(memory.rss)} / ${megabytes(memory.peak)}`],
];

/**
 * @param {HttpRow[]} rows
 * @returns {string} Markdown
 */
export function httpTable(rows) {
  const columns = rows.map(({ server, client, rows: count }) => `${server}, ${client}, ${whole(count)}`);
  const head = `| | ${columns.join(" | ")} |\n|---|${columns.map(() => "---|").join("")}`;
  const lines = FIGURES.map(([title, show]) => `| ${title} | ${rows.map(show).join(" | ")} |`);
  return [head, ...lines].join("\n");
}

/** @param {number} value */
const whole = (value) => Math.round(value).toLocaleString("en");

/** @param {number} bytes */
const megabytes = (bytes) => (bytes / 1e6).toFixed(0);

/** @param {Times} of */
const times = ({ p50, p99 }) => `${p50.toFixed(2)} / ${p99.toFixed(1)}`;
