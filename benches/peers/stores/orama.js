// Orama: an exact scan in JavaScript. It has no storage: what it saves goes to a file of OPFS as JSON.
import { create, insertMultiple, load, removeMultiple, save, searchVector } from "@orama/orama";
import { readFile, writeFile } from "./opfs-files.js";
import { noKnob, rowsOf } from "./rows.js";

const FILE = "orama.json";

const database = ({ dimension }) =>
  create({ schema: { embedding: `vector[${dimension}]`, tenth: "number", hundredth: "number" } });

function session(orama, { dimension, metadataOf }) {
  const nearest = async (value, limit, where) => {
    const { hits } = await searchVector(orama, { vector: { value, property: "embedding" }, limit, similarity: -1, where });
    return hits.map(({ id }) => Number(id));
  };
  return {
    async add(first, vectors) {
      const records = rowsOf(vectors, dimension).map((vector, i) => ({
        id: String(first + i),
        embedding: [...vector],
        ...metadataOf(first + i),
      }));
      await insertMultiple(orama, records, records.length);
    },
    persist: () => writeFile(FILE, new TextEncoder().encode(JSON.stringify(save(orama)))),
    configure: noKnob,
    query: (vector, k) => nearest(vector, k),
    queryFiltered(vector, k, filter) {
      return nearest(vector, k, Object.fromEntries(Object.entries(filter).map(([key, value]) => [key, { eq: value }])));
    },
    remove: (rows) => removeMultiple(orama, rows.map(String)),
    close: () => undefined,
  };
}

export const adapter = {
  knobs: [null],
  filters: true,
  create: async (options) => session(database(options), options),
  async reopen(options) {
    const orama = database(options);
    load(orama, JSON.parse(new TextDecoder().decode(await readFile(FILE))));
    return session(orama, options);
  },
};
