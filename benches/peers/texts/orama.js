// Orama: BM25+ and filters in JavaScript. It has no storage: what it saves goes to a file of OPFS as JSON.
import { create, insertMultiple, load, save, search } from "@orama/orama";
import { stemsOf } from "../../browser/stems.js";
import { readFile, writeFile } from "../stores/opfs-files.js";
import { COLUMNS } from "./columns.js";

const FILE = "orama.json";

/** Strings that are not searched but filtered by are enums. */
const TYPES = { string: "enum", integer: "number", float: "number", boolean: "boolean" };

/**
 * A term of a query also finds terms that begin with it, and a stop word, of which the own tokenizer leaves nothing, all of them. A mark
 * at their ends keeps them apart.
 */
const tokenize = (text) => stemsOf(text).map((stem) => `${stem}.`);

const database = () =>
  create({
    schema: { document: "string", ...Object.fromEntries(COLUMNS.map(({ name, type }) => [name, TYPES[type]])) },
    components: { tokenizer: { language: "english", normalizationCache: new Map(), tokenize } },
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

function session(orama) {
  const find = async (query) => {
    const { hits } = await search(orama, query);
    return { rows: hits.map(({ id }) => Number(id)), documents: hits.map(({ document }) => document.document) };
  };
  return {
    add: (first, records) =>
      insertMultiple(orama, records.map(({ document, metadata }, i) => ({ id: String(first + i), document, ...metadata })), records.length),
    persist: () => writeFile(FILE, new TextEncoder().encode(JSON.stringify(save(orama)))),
    async filter(where, limit) {
      const query = { term: "", where: conditionOf(where) };
      // It makes room for as many as the limit says, so that counting first is faster than a limit of all.
      return find({ ...query, limit: limit ?? (await search(orama, { ...query, limit: 1 })).count });
    },
    // Texts that have only some of the words are found too.
    bm25: ({ text }, k) => find({ term: text, properties: ["document"], limit: k, threshold: 1 }),
    close: () => undefined,
  };
}

export const adapter = {
  vectors: false,
  filters: ["equality", "range", "in", "and"],
  rankings: ["bm25"],
  create: () => session(database()),
  async reopen() {
    const orama = database();
    load(orama, JSON.parse(new TextDecoder().decode(await readFile(FILE))));
    return session(orama);
  },
};
