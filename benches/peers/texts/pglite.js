// PGlite: Postgres on OPFS, columns with indexes, and an index of runs of three characters for texts and patterns.
import { PGlite } from "@electric-sql/pglite";
import { pg_trgm } from "@electric-sql/pglite/contrib/pg_trgm";
import { COLUMNS, INDEXED } from "./columns.js";
import { sqlOf } from "./sql.js";

const TYPES = { string: "text", integer: "integer", float: "double precision", boolean: "boolean" };

const CREATE = `
  CREATE EXTENSION pg_trgm;
  CREATE TABLE records (id integer PRIMARY KEY, document text, ${COLUMNS.map(({ name, type }) => `${name} ${TYPES[type]}`).join(", ")});
`;

/** Made over the rows, which is faster than row by row. */
const INDEX = `
  ${INDEXED.map((name) => `CREATE INDEX IF NOT EXISTS by_${name} ON records (${name});`).join("\n")}
  CREATE INDEX IF NOT EXISTS parts ON records USING gin (document gin_trgm_ops);
  VACUUM ANALYZE records;
`;

const DIALECT = {
  placeholder: (number) => `$${number}`,
  among: (key, values, bind) => `${key} = ANY(${bind(values)})`,
  contains: (text, bind) => `document LIKE ${bind(`%${text.replace(/[\\%_]/g, "\\$&")}%`)}`,
  matches: (pattern, bind) => `document ~ ${bind(pattern)}`,
};

const open = () => PGlite.create({ dataDir: "opfs-ahp://bench", extensions: { pg_trgm } });

/** A value in the text format of COPY. */
const field = (value) => String(value).replace(/[\\\t\n]/g, (character) => `\\${character}`);

function session(pg) {
  return {
    async add(first, records) {
      const lines = records.map(({ document, metadata }, i) => {
        const values = [first + i, document, ...COLUMNS.map(({ name }) => metadata[name])];
        return `${values.map(field).join("\t")}\n`;
      });
      await pg.query("COPY records FROM '/dev/blob'", [], { blob: new Blob(lines) });
    },
    async persist() {
      for (const statement of INDEX.split(";").map((each) => each.trim()).filter(Boolean)) {
        // One by one: what cleans up may not share a transaction.
        await pg.exec(statement);
      }
    },
    async filter(where, limit) {
      const { sql, values } = sqlOf(where, DIALECT);
      const all = limit === undefined;
      const { rows } = await pg.query(
        all ? `SELECT id FROM records WHERE ${sql}` : `SELECT id, document FROM records WHERE ${sql} LIMIT ${limit}`,
        values,
      );
      return { rows: rows.map(({ id }) => id), documents: rows.map(({ document }) => document) };
    },
    close: () => pg.close(),
  };
}

export const adapter = {
  vectors: false,
  filters: ["equality", "range", "in", "and", "contains", "anchored regex", "unanchored regex"],
  rankings: [],
  async create() {
    const pg = await open();
    await pg.exec(CREATE);
    return session(pg);
  },
  reopen: async () => session(await open()),
};
