/**
 * The objects that databases have been given: a reset has to find them, whose names the catalogue no longer has by then, and so has who asks for a
 * collection by its resource name.
 */

import type { SqlStorage } from "../storage/sqlite.js";
import { databaseOf, type Place } from "./place.js";

/** A table in the catalogue's object, beside those of its store. */
export class MadeObjects {
  readonly #sql: SqlStorage["sql"];

  constructor({ sql }: SqlStorage) {
    this.#sql = sql;
    sql.exec("CREATE TABLE IF NOT EXISTS chromatid_objects (name TEXT PRIMARY KEY, condemned INTEGER NOT NULL DEFAULT 0) WITHOUT ROWID");
  }

  remember(name: string): void {
    this.#sql.exec("INSERT INTO chromatid_objects (name) VALUES (?) ON CONFLICT DO NOTHING", name);
  }

  places(): Omit<Place, "rest">[] {
    return [...this.#sql.exec("SELECT name FROM chromatid_objects")].map(({ name }) => databaseOf(name as string));
  }

  /** All of them are to be erased before anybody uses them again. */
  condemn(): void {
    this.#sql.exec("UPDATE chromatid_objects SET condemned = 1");
  }

  condemned(): string[] {
    return [...this.#sql.exec("SELECT name FROM chromatid_objects WHERE condemned = 1")].map(({ name }) => name as string);
  }

  /** It is erased. */
  forget(name: string): void {
    this.#sql.exec("DELETE FROM chromatid_objects WHERE name = ?", name);
  }
}
