/** Tenants and databases of a store, or of a server. */

import type { StoreOptions } from "./engine/store.js";
import { serverOf, type ServerOptions } from "./server-options.js";
import { Session } from "./session.js";
import type { Database } from "./types.js";

/** Options of {@link AdminClient}: the store or the server to work on, as of `ChromaClient`. */
export interface AdminClientArgs extends StoreOptions, ServerOptions {
  /** What requests to a server carry, such as `x-chroma-token`. */
  headers?: Record<string, string>;
}

/** Arguments of listing databases. */
export interface ListDatabasesArgs {
  tenant: string;
  /** Default 100. */
  limit?: number;
  /** Default 0. */
  offset?: number;
}

/** Creates, lists and deletes tenants and databases. */
export class AdminClient {
  readonly #session: Session;

  constructor(args: AdminClientArgs = {}) {
    this.#session = new Session(args, serverOf(args));
  }

  async createDatabase({ name, tenant }: { name: string; tenant: string }): Promise<void> {
    await (await this.#session.engine()).createDatabase(tenant, name);
  }

  async getDatabase({ name, tenant }: { name: string; tenant: string }): Promise<Database> {
    return (await this.#session.engine()).getDatabase(tenant, name);
  }

  /** Deletes a database with all its collections. */
  async deleteDatabase({ name, tenant }: { name: string; tenant: string }): Promise<void> {
    await (await this.#session.engine()).deleteDatabase(tenant, name);
  }

  async listDatabases({ tenant, limit = 100, offset = 0 }: ListDatabasesArgs): Promise<Database[]> {
    return (await this.#session.engine()).listDatabases(tenant, limit, offset);
  }

  async createTenant({ name }: { name: string }): Promise<void> {
    await (await this.#session.engine()).createTenant(name);
  }

  /** The tenant's name, when there is such a tenant. */
  async getTenant({ name }: { name: string }): Promise<string> {
    return (await (await this.#session.engine()).getTenant(name)).name;
  }

  /** Lets go of the store; the last client closes it. */
  async close(): Promise<void> {
    await this.#session.close();
  }
}
