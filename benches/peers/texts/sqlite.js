// SQLite as its authors build it: columns with indexes, and two FTS5 indexes of the documents, of Porter's stems and of runs of three
// characters. A pattern is a function in JavaScript that looks at every document, as SQLite has none of its own.
import init from "@sqlite.org/sqlite-wasm";
import { openDatabase, Statements } from "../stores/sqlite.js";
import { COLUMNS, INDEXED } from "./columns.js";
import { matchAny, quoted } from "./full-text.js";
import { sqlOf } from "./sql.js";

const TYPES = { string: "TEXT", integer: "INTEGER", float: "REAL", boolean: "INTEGER" };

const CREATE = `
  CREATE TABLE records (id INTEGER PRIMARY KEY, document TEXT, ${COLUMNS.map(({ name, type }) => `${name} ${TYPES[type]}`).join(", ")});
  CREATE VIRTUAL TABLE words USING fts5 (document, content = 'records', content_rowid = 'id', tokenize = 'porter unicode61');
  CREATE VIRTUAL TABLE parts USING fts5 (document, content = 'records', content_rowid = 'id', tokenize = 'trigram case_sensitive 1');
`;

/** Made over the rows, which is faster than row by row. */
const INDEX = `
  ${INDEXED.map((name) => `CREATE INDEX IF NOT EXISTS by_${name} ON records (${name});`).join("\n")}
  INSERT INTO words (words) VALUES ('rebuild');
  INSERT INTO words (words) VALUES ('optimize');
  INSERT INTO parts (parts) VALUES ('rebuild');
  INSERT INTO parts (parts) VALUES ('optimize');
  ANALYZE;
`;

const INSERT = `INSERT INTO records VALUES (?, ?, ${COLUMNS.map(() => "?").join(", ")})`;

const BEST = `
  SELECT records.id, records.document
  FROM (SELECT rowid, rank FROM words WHERE words MATCH ? ORDER BY rank LIMIT ?) AS best
  JOIN records ON records.id = best.rowid
  ORDER BY best.rank
`;

const DIALECT = {
  placeholder: () => "?",
  value: (value) => (typeof value === "boolean" ? Number(value) : value),
  among: (key, values, bind) => `${key} IN (${values.map(bind).join(", ")})`,
  contains: (text, bind) => `id IN (SELECT rowid FROM parts WHERE parts MATCH ${bind(quoted(text))})`,
  matches: (pattern, bind) => `document REGEXP ${bind(pattern)}`,
};

function session({ sqlite3, database }) {
  const statements = new Statements(database);
  let pattern;
  let compiled;
  // SQLite calls it once a row with the pattern first.
  database.createFunction({
    name: "regexp",
    deterministic: true,
    xFunc(_context, wanted, document) {
      if (wanted !== pattern) {
        pattern = wanted;
        compiled = new RegExp(wanted);
      }
      return Number(compiled.test(document));
    },
  });
  const withDocuments = (found) => ({ rows: found.map(([id]) => id), documents: found.map(([, document]) => document) });
  return {
    add(first, records) {
      database.transaction(() => {
        records.forEach(({ document, metadata }, i) => {
          const values = COLUMNS.map(({ name }) => DIALECT.value(metadata[name]));
          statements.run(INSERT, [first + i, document, ...values]);
        });
      });
    },
    persist: () => database.exec(INDEX),
    filter(where, limit) {
      const { sql, values } = sqlOf(where, DIALECT);
      return limit === undefined
        ? { rows: statements.column(`SELECT id FROM records WHERE ${sql}`, values) }
        : withDocuments(statements.rows(`SELECT id, document FROM records WHERE ${sql} LIMIT ${limit}`, values));
    },
    bm25: ({ text }, k) => withDocuments(statements.rows(BEST, [matchAny(text), k])),
    close: () => statements.close(),
    wasmBytes: () => sqlite3.wasm.memory.buffer.byteLength,
  };
}

export const adapter = {
  vectors: false,
  filters: ["equality", "range", "in", "and", "contains", "anchored regex", "unanchored regex"],
  rankings: ["bm25"],
  async create() {
    const opened = await openDatabase(init);
    opened.database.exec(CREATE);
    return session(opened);
  },
  reopen: async () => session(await openDatabase(init)),
};
