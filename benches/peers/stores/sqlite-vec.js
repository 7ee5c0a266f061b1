// sqlite-vec: an exact scan over chunks of vectors, with metadata columns.
import init from "sqlite-vec-wasm/dist/sqlite3-bundler-friendly.mjs";
import { noKnob, rowsOf } from "./rows.js";
import { blob, conditions, openDatabase, Statements } from "./sqlite.js";

function session(database, { dimension, metadataOf }) {
  const statements = new Statements(database);
  const nearest = (vector, k, more) =>
    statements.column(["SELECT id FROM records WHERE embedding MATCH ? AND k = ?", ...more].join(" AND "), [blob(vector), k]);
  return {
    add(first, vectors) {
      database.transaction(() => {
        rowsOf(vectors, dimension).forEach((vector, i) => {
          const { tenth, hundredth } = metadataOf(first + i);
          statements.run("INSERT INTO records (id, embedding, tenth, hundredth) VALUES (?, ?, ?, ?)", [
            first + i,
            blob(vector),
            tenth,
            hundredth,
          ]);
        });
      });
    },
    // With each transaction.
    persist: () => undefined,
    configure: noKnob,
    query: (vector, k) => nearest(vector, k, []),
    queryFiltered: (vector, k, filter) => nearest(vector, k, conditions(filter)),
    remove(rows) {
      database.transaction(() => rows.forEach((row) => statements.run("DELETE FROM records WHERE id = ?", [row])));
    },
    close: () => statements.close(),
  };
}

export const adapter = {
  knobs: [null],
  filters: true,
  async create(options) {
    const { database } = await openDatabase(init);
    database.exec(`CREATE VIRTUAL TABLE records USING vec0(
      id INTEGER PRIMARY KEY,
      embedding FLOAT[${options.dimension}] distance_metric=cosine,
      tenth INTEGER,
      hundredth INTEGER
    )`);
    return session(database, options);
  },
  reopen: async (options) => session((await openDatabase(init)).database, options),
};
