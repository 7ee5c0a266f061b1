// PGlite with pgvector: Postgres on OPFS, with an HNSW index.
import { PGlite } from "@electric-sql/pglite";
import { vector } from "@electric-sql/pglite-pgvector";
import { rowsOf } from "./rows.js";

const INDEX = "CREATE INDEX IF NOT EXISTS nearest ON records USING hnsw (embedding vector_cosine_ops)";

const open = () => PGlite.create({ dataDir: "opfs-ahp://bench", extensions: { vector } });

const literal = (row) => `[${row.join(",")}]`;

async function session(pg, { dimension, metadataOf }) {
  await pg.exec("SET hnsw.iterative_scan = strict_order");
  const nearest = async (row, k, where) => {
    const sql = `SELECT id FROM records ${where} ORDER BY embedding <=> $1 LIMIT ${k}`;
    return (await pg.query(sql, [literal(row)])).rows.map(({ id }) => id);
  };
  return {
    async add(first, vectors) {
      const lines = rowsOf(vectors, dimension).map((row, i) => {
        const { tenth, hundredth } = metadataOf(first + i);
        return `${first + i}\t${literal(row)}\t${tenth}\t${hundredth}\n`;
      });
      await pg.query("COPY records FROM '/dev/blob'", [], { blob: new Blob(lines) });
    },
    // Durable with each statement; the index is made over the rows, which is faster than row by row.
    persist: () => pg.exec(INDEX),
    configure: (ef) => pg.exec(`SET hnsw.ef_search = ${ef}`),
    query: (row, k) => nearest(row, k, ""),
    queryFiltered(row, k, filter) {
      const where = Object.entries(filter).map(([key, value]) => `${key} = ${value}`);
      return nearest(row, k, `WHERE ${where.join(" AND ")}`);
    },
    remove: (rows) => pg.query("DELETE FROM records WHERE id = ANY($1)", [rows]),
    close: () => pg.close(),
  };
}

export const adapter = {
  knobs: [10, 20, 40, 80, 160],
  filters: true,
  async create(options) {
    const pg = await open();
    await pg.exec(`
      CREATE EXTENSION vector;
      CREATE TABLE records (id integer PRIMARY KEY, embedding vector(${options.dimension}), tenth integer, hundredth integer);
    `);
    return session(pg, options);
  },
  reopen: async (options) => session(await open(), options),
};
