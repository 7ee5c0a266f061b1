// What the two builds of SQLite share: a database on OPFS through SQLite's pool of access handles.

/** Opens the one database of a build. */
export async function openDatabase(initModule) {
  const sqlite3 = await initModule();
  const pool = await sqlite3.installOpfsSAHPoolVfs({ name: "bench-pool" });
  return { sqlite3, database: new pool.OpfsSAHPoolDb("/bench.sqlite3") };
}

/** Statements by their text, compiled once. */
export class Statements {
  #database;
  #statements = new Map();

  constructor(database) {
    this.#database = database;
  }

  /** The first column of all rows. */
  column(sql, values) {
    return this.#all(sql, values, (statement) => statement.get(0));
  }

  /** All columns of all rows. */
  rows(sql, values) {
    return this.#all(sql, values, (statement) => statement.get([]));
  }

  run(sql, values) {
    this.#get(sql).bind(values).stepReset();
  }

  close() {
    this.#statements.forEach((statement) => statement.finalize());
    this.#database.close();
  }

  #all(sql, values, read) {
    const statement = this.#get(sql).bind(values);
    const found = [];
    while (statement.step()) {
      found.push(read(statement));
    }
    statement.reset();
    return found;
  }

  #get(sql) {
    let statement = this.#statements.get(sql);
    if (!statement) {
      statement = this.#database.prepare(sql);
      this.#statements.set(sql, statement);
    }
    return statement;
  }
}

/** The bytes of a vector. */
export const blob = (vector) => new Uint8Array(vector.buffer, vector.byteOffset, vector.byteLength);

/** The columns and values of a filter as SQL. */
export const conditions = (filter) => Object.entries(filter).map(([key, value]) => `${key} = ${value}`);
