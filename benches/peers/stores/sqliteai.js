// SQLite with sqlite-vector: an exact scan over 8-bit codes, which are made anew after each change.
import init from "@sqliteai/sqlite-wasm";
import { noKnob, rowsOf } from "./rows.js";
import { blob, conditions, openDatabase, Statements } from "./sqlite.js";

const SCAN = "SELECT rowid FROM vector_quantize_scan('records', 'embedding', ?, ?)";

const filtered = (filter) =>
  `SELECT records.id
  FROM vector_quantize_scan_stream('records', 'embedding', ?) AS scan
  JOIN records ON records.id = scan.rowid
  WHERE ${conditions(filter).join(" AND ")}
  ORDER BY scan.distance LIMIT ?`;

function session(database, { dimension, metadataOf }) {
  const statements = new Statements(database);
  database.exec(`SELECT vector_init('records', 'embedding', 'type=FLOAT32,dimension=${dimension},distance=COSINE')`);
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
    persist() {
      database.exec("SELECT vector_quantize('records', 'embedding')");
      database.exec("SELECT vector_quantize_preload('records', 'embedding')");
    },
    configure: noKnob,
    query: (vector, k) => statements.column(SCAN, [blob(vector), k]),
    queryFiltered: (vector, k, filter) => statements.column(filtered(filter), [blob(vector), k]),
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
    database.exec("CREATE TABLE records (id INTEGER PRIMARY KEY, embedding BLOB, tenth INTEGER, hundredth INTEGER)");
    return session(database, options);
  },
  async reopen(options) {
    const { database } = await openDatabase(init);
    const opened = session(database, options);
    database.exec("SELECT vector_quantize_preload('records', 'embedding')");
    return opened;
  },
};
