/**
 * Measures the store in Chromium, alone or beside others: `npm run bench`. See benches/README.md.
 *
 *   --peers              the other stores too
 *   --stores=a,b         only these
 *   --sets=wordnet,…     default: wordnet-5k, wordnet (if it is there) and mixture
 *   --sizes=10k,100k,1M  default: 100k; sizes that a set does not have are left out
 *   --peers-up-to=100k   larger sizes are only of our own store, as it is unless told otherwise (the others would take all of their time limit)
 *   --limit=600          seconds that a store may take for one set and size
 *   --merge              adds to the results of earlier runs instead of replacing them
 *   --report             only makes the page of charts again
 *   --pictures           makes the page of charts again, and the pictures of docs/plots out of it
 *   --native             the kernels natively, beside a plain read of the same memory
 *   --text               filters and text search beside other stores instead, and their relevance; with --sizes, --stores, --limit,
 *                        --merge and --report
 *   --http               the official clients against our server and Chroma's instead; with --sizes
 *   --edge               the official client against a Worker in workerd instead; with --sizes
 *   --sync               links beside the official client instead, with a Chroma server each; with --sizes
 *   --no-build           measures what is built already
 */

import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { parseArgs } from "node:util";

import { isSet, makeSet } from "../benches/data/make.mjs";
import { buildPeers } from "../benches/peers/build.mjs";
import { PEERS } from "../benches/peers/peers.mjs";
import { writeReport } from "../benches/report/build.mjs";
import { takePictures } from "../benches/report/pictures.mjs";
import { ratioTables } from "../benches/report/ratio-table.mjs";
import { vectorTables } from "../benches/report/vector-tables.mjs";
import { isMain, say, SetupError } from "./lib/log.mjs";
import { ROOT, run } from "./lib/run.mjs";
import { benchEdge } from "./bench-edge.mjs";
import { benchHttp } from "./bench-http.mjs";
import { benchSync } from "./bench-sync.mjs";
import { planTexts, reportTexts, TEXT_RESULTS } from "./bench-text.mjs";
import { build } from "./build.mjs";
import { whenChanged } from "./lib/stamp.mjs";
import { ensureChromium } from "./setup/chromium.mjs";

const OUT = path.join(ROOT, "target/bench");
const RESULTS = path.join(OUT, "results.json");
const PLAN = path.join(OUT, "plan.json");
const REPORT = path.join(OUT, "report.html");
const TABLES = path.join(OUT, "results.md");

const { version } = JSON.parse(readFileSync(path.join(ROOT, "pkg/package.json"), "utf8"));

/** @typedef {import("../benches/browser/plan.js").Run} Run */

/** @type {Run["store"][]} */
const OURS = [
  { name: "chromatid", version, runs_in: "page", url: "/bench-stores/automatic.js" },
  { name: "chromatid", version, runs_in: "worker", url: "/bench-stores/automatic.js" },
  { name: "chromatid hnsw", version, runs_in: "worker", url: "/bench-stores/hnsw.js" },
];

/** @type {Run["store"][]} */
const OTHERS = PEERS.map((peer) => ({ name: peer.title, version: peer.version, runs_in: "worker", url: `/bench-peers/${peer.name}.js` }));

const OPTIONS = /** @type {const} */ ({
  peers: { type: "boolean", default: false },
  stores: { type: "string" },
  sets: { type: "string" },
  sizes: { type: "string", default: "100k" },
  "peers-up-to": { type: "string", default: "100k" },
  limit: { type: "string", default: "900" },
  merge: { type: "boolean", default: false },
  report: { type: "boolean", default: false },
  pictures: { type: "boolean", default: false },
  native: { type: "boolean", default: false },
  text: { type: "boolean", default: false },
  http: { type: "boolean", default: false },
  edge: { type: "boolean", default: false },
  sync: { type: "boolean", default: false },
  "no-build": { type: "boolean", default: false },
});

async function bench() {
  const { values: options } = parseArgs({ options: OPTIONS });
  if (options.native) {
    return must(["cargo", "bench", "--benches"]);
  }
  mkdirSync(OUT, { recursive: true });
  if (!options["no-build"]) {
    await build();
  }
  if (options.http) {
    return benchHttp({ sizes: options.sizes.split(",").map(count) });
  }
  if (options.edge) {
    return benchEdge({ sizes: options.sizes.split(",").map(count) });
  }
  if (options.sync) {
    return benchSync({ sizes: options.sizes.split(",").map(count) });
  }
  return options.text ? benchTexts(options) : benchVectors(options);
}

/** @typedef {{ peers: boolean, stores?: string | undefined, sets?: string | undefined, sizes: string, "peers-up-to": string, limit: string, merge: boolean }} Choice */

/** @param {Choice & { report: boolean, pictures: boolean }} options */
async function benchVectors(options) {
  if (!options.report && !options.pictures) {
    await ensureChromium();
    if (!options.merge) {
      rmSync(RESULTS, { force: true });
    }
    const runs = await plan(options);
    if (runs.some(({ store }) => store.url.startsWith("/bench-peers/"))) {
      await buildPeers();
    }
    await measure("store.bench.ts", { results: RESULTS, runs });
  }
  await writeReport(RESULTS, REPORT);
  /** @type {import("../www/src/benchmarks/results.js").Results} */
  const results = JSON.parse(readFileSync(RESULTS, "utf8"));
  const { stores, scan } = ratioTables(results.rows);
  writeFileSync(TABLES, `${[stores, scan, vectorTables(results.rows)].join("\n\n")}\n`);
  if (options.pictures) {
    await takePictures(REPORT, path.join(ROOT, "docs/plots"));
  }
  say(`bench: ${[RESULTS, REPORT, TABLES].map((file) => path.relative(ROOT, file)).join(", ")}`);
}

/** @param {Choice & { report: boolean }} options */
async function benchTexts({ report, stores, sizes, limit, merge }) {
  if (!report) {
    await ensureChromium();
    const runs = await planTexts({ stores, sizes: sizes.split(",").map(count), limit: Number(limit), merge });
    await measure("text.bench.ts", { results: TEXT_RESULTS, runs });
  }
  await reportTexts();
}

/**
 * Runs a plan in Chromium.
 * @param {"store.bench.ts" | "text.bench.ts"} program
 * @param {import("../benches/browser/plan.js").Plan<unknown>} todo
 */
async function measure(program, todo) {
  await buildAdapter();
  writeFileSync(PLAN, JSON.stringify(todo));
  await must(["node_modules/.bin/playwright", "test", "--config", "benches/playwright.config.ts", program], { CHROMATID_BENCH_PLAN: PLAN });
}

/** Our own store as an application has it: bundled. */
async function buildAdapter() {
  const inputs = ["benches/bundle.mjs", "benches/browser/webpack.config.js", "benches/browser/stores", "pkg/dist", "pkg/wasm", "package-lock.json"];
  await whenChanged("bench-stores", "target/bench-stores", inputs, () =>
    must(["node_modules/.bin/webpack", "--config", "benches/browser/webpack.config.js"]),
  );
}

/**
 * Every store with every set and size, the small ones first; makes the sets that are missing.
 * @param {Choice} options
 * @returns {Promise<Run[]>}
 */
async function plan({ peers, stores, sets, sizes, "peers-up-to": upTo, limit }) {
  const limitSeconds = Number(limit);
  const chosen = chooseStores(peers, stores);
  const large = peers && !stores ? chosen.filter(({ name }) => name === "chromatid") : chosen;
  /** @type {Run[]} */
  const runs = [];
  for (const { set, n } of await chooseSets(sets?.split(","), sizes.split(",").map(count))) {
    const those = n > count(upTo) ? large : chosen;
    runs.push(...those.map((store) => ({ store, set, n, limit_seconds: limitSeconds })));
  }
  return runs.sort((a, b) => a.n - b.n);
}

/**
 * As its adapter is called.
 * @param {Run["store"]} store
 */
const shortName = ({ url }) => path.basename(url, ".js");

/**
 * @param {boolean} peers
 * @param {string} [names]
 */
function chooseStores(peers, names) {
  const all = [...OURS, ...OTHERS];
  if (!names) {
    return peers ? all : OURS;
  }
  return names.split(",").flatMap((name) => {
    const found = all.filter((store) => store.name === name || shortName(store) === name);
    if (found.length === 0) {
      const names = new Set(["chromatid", ...all.map(shortName)]);
      throw new SetupError(`no store is named ${name}: choose from ${[...names].join(", ")}`);
    }
    return found;
  });
}

/**
 * @param {string[] | undefined} names of sets, each with a size of its own where it has one (`mixture:100k`)
 * @param {number[]} sizes of the others
 */
async function chooseSets(names, sizes) {
  const made = existsSync(path.join(ROOT, "target/bench-data/wordnet/set.json"));
  const chosen = [];
  for (const choice of names ?? ["wordnet-5k", "mixture", ...(made ? ["wordnet"] : [])]) {
    const [name = "", size] = choice.split(":");
    if (!isSet(name)) {
      throw new SetupError(`no set is named ${name}`);
    }
    const asked = size ? [count(size)] : sizes;
    const available = await makeSet(name, Math.max(...asked));
    const wanted = name === "wordnet-5k" ? available : asked.filter((one) => available.includes(one));
    chosen.push(...wanted.map((n) => ({ set: name, n })));
  }
  if (chosen.length === 0) {
    throw new SetupError("none of the sets has one of the sizes");
  }
  return chosen;
}

/** @param {string} text as 500, 10k or 1M */
function count(text) {
  const [, digits, unit] = /^(\d+)([kM]?)$/.exec(text) ?? [];
  if (digits === undefined) {
    throw new SetupError(`${text} is not a size: write it as 5000, 10k or 1M`);
  }
  return Number(digits) * (unit === "M" ? 1_000_000 : unit === "k" ? 1_000 : 1);
}

/**
 * @param {string[]} command
 * @param {Record<string, string>} [env]
 */
async function must(command, env = {}) {
  const { code } = await run(command, { env });
  if (code !== 0) {
    throw new SetupError("the benchmark did not end well; its output says why");
  }
}

if (isMain(import.meta.url)) {
  await bench();
}
