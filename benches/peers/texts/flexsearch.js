// FlexSearch: an inverted index in JavaScript that ranks by where words stand in a text. It has no storage: what it exports goes to a file
// of OPFS.
import { Document } from "flexsearch";
import { stemsOf } from "../../browser/stems.js";
import { readFile, writeFile } from "../stores/opfs-files.js";

const FILE = "flexsearch.json";

const create = () =>
  new Document({
    document: { id: "id", store: ["document"], index: ["document"] },
    tokenize: "strict",
    encode: stemsOf,
    // Finer than the default, which ranks a little worse here, as does looking at pairs of words.
    resolution: 20,
  });

const session = (index) => ({
  add: (first, records) => records.forEach(({ document }, i) => index.add({ id: first + i, document })),
  async persist() {
    const parts = [];
    await index.export((key, data) => void parts.push([key, data]));
    await writeFile(FILE, new TextEncoder().encode(JSON.stringify(parts)));
  },
  bm25({ text }, k) {
    // Texts that have only some of the words are found too.
    const [{ result = [] } = {}] = index.search(text, { limit: k, suggest: true, enrich: true });
    return { rows: result.map(({ id }) => id), documents: result.map(({ doc }) => doc.document) };
  },
  close: () => undefined,
});

export const adapter = {
  vectors: false,
  filters: [],
  rankings: ["bm25"],
  create: () => session(create()),
  async reopen() {
    const index = create();
    for (const [key, data] of JSON.parse(new TextDecoder().decode(await readFile(FILE)))) {
      index.import(key, data);
    }
    return session(index);
  },
};
