// Orama: BM25+ and filters in JavaScript. It has no storage: what it saves goes to a file of OPFS as JSON. A word of a query also finds
// words that begin with it, which cannot be switched off: what Orama calls exact compares whole properties.
import { create, insertMultiple, load, save, search } from "@orama/orama";
import { stemsOf } from "../../browser/stems.js";
import { readFile, writeFile } from "../stores/opfs-files.js";
import { COLUMNS } from "./columns.js";

const FILE = "orama.json";

/** Strings that are not searched but filtered by are enums. */
const TYPES = { string: "enum", integer: "number", float: "number", boolean: "boolean" };

const database = () =>
  create({
    schema: { document: "string", ...Object.fromEntries(COLUMNS.map(({ name, type }) => [name, TYPES[type]])) },
    // Its own takes stop words of a query for words that everything begins with.
    components: { tokenizer: { language: "english", normalizationCache: new Map(), tokenize: stemsOf } },
    sort: { enabled: false },
  });

const typeOf = (key) => TYPES[COLUMNS.find(({ name }) => name === key).type];

/** A condition in Orama's words. */
function conditionOf(where) {
  const [key, condition] = Object.entries(where)[0];
  if (key === "$and") {
    return { and: condition.map(conditionOf) };
  }
  const [operator, operand] = Object.entries(condition)[0];
  if (operator === "$in") {
    return typeOf(key) === "enum" ? { [key]: { in: operand } } : { or: operand.map((each) => ({ [key]: { eq: each } })) };
  }
  return { [key]: typeOf(key) === "boolean" ? operand : { [operator.slice(1)]: operand } };
}

function session(orama, { capacity }) {
  const find = async (query) => {
    const { hits } = await search(orama, query);
    return { rows: hits.map(({ id }) => Number(id)), documents: hits.map(({ document }) => document.document) };
  };
  return {
    add: (first, records) =>
      insertMultiple(orama, records.map(({ document, metadata }, i) => ({ id: String(first + i), document, ...metadata })), records.length),
    persist: () => writeFile(FILE, new TextEncoder().encode(JSON.stringify(save(orama)))),
    filter: (where, limit) => find({ term: "", where: conditionOf(where), limit: limit ?? capacity }),
    // Texts that have only some of the words are found too.
    bm25: ({ text }, k) => find({ term: text, properties: ["document"], limit: k, threshold: 1 }),
    close: () => undefined,
  };
}

export const adapter = {
  vectors: false,
  filters: ["equality", "range", "in", "and"],
  rankings: ["bm25"],
  create: (options) => session(database(), options),
  async reopen(options) {
    const orama = database();
    load(orama, JSON.parse(new TextDecoder().decode(await readFile(FILE))));
    return session(orama, options);
  },
};
