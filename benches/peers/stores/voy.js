// voy-search: a k-d tree in memory. It has no storage: its string goes to a file of OPFS.
import { Voy } from "voy-search";
import { readFile, writeFile } from "./opfs-files.js";
import { noKnob, rowsOf } from "./rows.js";

const FILE = "voy.json";

const resource = (first, vectors, dimension) => ({
  embeddings: rowsOf(vectors, dimension).map((vector, i) => ({
    id: String(first + i),
    title: "",
    url: "",
    embeddings: [...vector],
  })),
});

function session(voy, { dimension }) {
  return {
    add: (first, vectors) => voy.add(resource(first, vectors, dimension)),
    persist: () => writeFile(FILE, new TextEncoder().encode(voy.serialize())),
    configure: noKnob,
    query: (vector, k) => voy.search(vector, k).neighbors.map(({ id }) => Number(id)),
    remove: (rows, vectors) =>
      voy.remove({
        embeddings: rowsOf(vectors, dimension).map((vector, i) => ({ id: String(rows[i]), title: "", url: "", embeddings: [...vector] })),
      }),
    close: () => voy.free(),
  };
}

export const adapter = {
  knobs: [null],
  filters: false,
  create: async (options) => session(new Voy({ embeddings: [] }), options),
  reopen: async (options) => session(Voy.deserialize(new TextDecoder().decode(await readFile(FILE))), options),
};
