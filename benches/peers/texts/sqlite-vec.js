// sqlite-vec beside FTS5, in the build of SQLite that has both: an exact scan over vectors, BM25 of texts, and the reciprocal ranks of both
// added up in SQL.
import init from "sqlite-vec-wasm/dist/sqlite3-bundler-friendly.mjs";
import { rowsOf } from "../stores/rows.js";
import { blob, openDatabase, Statements } from "../stores/sqlite.js";
import { matchAny } from "./full-text.js";

/** Neighbours that are fused of each kind, and how little the first places count. */
const FUSED = 100;
const K = 60;

const create = (dimension) => `
  CREATE TABLE records (id INTEGER PRIMARY KEY, document TEXT);
  CREATE VIRTUAL TABLE words USING fts5 (document, content = 'records', content_rowid = 'id', tokenize = 'porter unicode61');
  CREATE VIRTUAL TABLE vectors USING vec0 (id INTEGER PRIMARY KEY, embedding FLOAT[${dimension}] distance_metric=cosine);
`;

const DENSE = `
  SELECT records.id, records.document
  FROM (SELECT id, distance FROM vectors WHERE embedding MATCH ? AND k = ?) AS nearest
  JOIN records ON records.id = nearest.id
  ORDER BY nearest.distance
`;

const HYBRID = `
  WITH
    best AS (SELECT rowid AS id, row_number() OVER (ORDER BY rank) AS place
      FROM (SELECT rowid, rank FROM words WHERE words MATCH ? ORDER BY rank LIMIT ${FUSED})),
    nearest AS (SELECT id, row_number() OVER (ORDER BY distance) AS place
      FROM (SELECT id, distance FROM vectors WHERE embedding MATCH ? AND k = ${FUSED})),
    fused AS (SELECT id, sum(1.0 / (${K} + place)) AS score
      FROM (SELECT * FROM best UNION ALL SELECT * FROM nearest) GROUP BY id ORDER BY score DESC LIMIT ?)
  SELECT records.id, records.document FROM fused JOIN records ON records.id = fused.id ORDER BY fused.score DESC
`;

function session({ sqlite3, database }, { dimension }) {
  const statements = new Statements(database);
  const ten = (sql, values) => {
    const found = statements.rows(sql, values);
    return { rows: found.map(([id]) => id), documents: found.map(([, document]) => document) };
  };
  return {
    add(first, records, vectors) {
      const rows = rowsOf(vectors, dimension);
      database.transaction(() => {
        records.forEach(({ document }, i) => {
          statements.run("INSERT INTO records VALUES (?, ?)", [first + i, document]);
          statements.run("INSERT INTO vectors VALUES (?, ?)", [first + i, blob(rows[i])]);
        });
      });
    },
    persist() {
      database.exec("INSERT INTO words (words) VALUES ('rebuild')");
      database.exec("INSERT INTO words (words) VALUES ('optimize')");
    },
    dense: ({ vector }, k) => ten(DENSE, [blob(vector), k]),
    hybrid: ({ text, vector }, k) => ten(HYBRID, [matchAny(text), blob(vector), k]),
    close: () => statements.close(),
    wasmBytes: () => sqlite3.wasm.memory.buffer.byteLength,
  };
}

export const adapter = {
  vectors: true,
  filters: [],
  rankings: ["hybrid", "dense"],
  async create(options) {
    const opened = await openDatabase(init);
    opened.database.exec(create(options.dimension));
    return session(opened, options);
  },
  reopen: async (options) => session(await openDatabase(init), options),
};
