// MiniSearch: BM25+ in JavaScript. It has no storage: its JSON goes to a file of OPFS.
import MiniSearch from "minisearch";
import { stemsOf } from "../../browser/stems.js";
import { readFile, writeFile } from "../stores/opfs-files.js";

const FILE = "minisearch.json";

const OPTIONS = {
  fields: ["document"],
  storeFields: ["document"],
  tokenize: stemsOf,
  processTerm: (stem) => stem,
  searchOptions: { bm25: { k: 1.2, b: 0.75, d: 0.5 } },
};

const session = (index) => ({
  add: (first, records) => index.addAll(records.map(({ document }, i) => ({ id: first + i, document }))),
  persist: () => writeFile(FILE, new TextEncoder().encode(JSON.stringify(index))),
  bm25({ text }, k) {
    const found = index.search(text).slice(0, k);
    return { rows: found.map(({ id }) => id), documents: found.map(({ document }) => document) };
  },
  close: () => undefined,
});

export const adapter = {
  vectors: false,
  filters: [],
  rankings: ["bm25"],
  create: () => session(new MiniSearch(OPTIONS)),
  reopen: async () => session(MiniSearch.loadJSON(new TextDecoder().decode(await readFile(FILE)), OPTIONS)),
};
