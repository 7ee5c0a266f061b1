/** Links as a client opens them. */

import type { Engine } from "../engine/engine.js";
import { newId } from "../engine/requests.js";
import { toPlain } from "../metadata.js";
import { ensureLocal } from "./connect.js";
import { Link } from "./link.js";
import { type LinkOptions, type LinkSettings, resolveOptions } from "./options.js";
import { RemoteDatabase } from "./remote.js";
import { platformSurroundings, type RemoteArgs, Transport } from "./transport.js";

/** Which collection is linked: one of the database by its name, which is made like the remote one if it is missing. */
export interface LinkTarget {
  engine: () => Promise<Engine>;
  store: string;
  tenant: string;
  database: string;
  name: string;
}

/** Links a collection, or goes on with its link: what was agreed on before, and what has not been sent yet, is still there. */
export async function openLink(target: LinkTarget, options: LinkOptions): Promise<Link> {
  const resolved = resolveOptions(options);
  const surroundings = { ...platformSurroundings(), ...options.surroundings };
  const { engine, store, tenant, database, name } = target;
  const [first = {}] = resolved.places;
  const remoteName = options.collection ?? name;
  const remotes = new RemoteDatabase(new Transport(resolved.places, surroundings), first.tenant, first.database);
  const opened = await engine();
  const collection = await ensureLocal(opened, tenant, database, name, () => remotes.find(remoteName));
  const known = (await opened.links()).find((link) => link.collection === collection.id);
  const before = known && (JSON.parse(known.settings) as Partial<LinkSettings>);
  const isSame = before?.collection === remoteName && before.remote?.tenant === tenantOf(first) && before.remote.database === databaseOf(first);
  const settings: LinkSettings = {
    remote: { host: first.host, port: first.port, ssl: first.ssl, tenant: tenantOf(first), database: databaseOf(first) },
    collection: remoteName,
    remoteId: isSame ? before.remoteId : undefined,
    direction: resolved.direction,
    where: resolved.where && toPlain(resolved.where),
    conflict: typeof resolved.conflict === "string" ? resolved.conflict : "function",
    interval: resolved.interval,
    replica: before?.replica ?? newReplica(),
    needsCredentials: resolved.places.some(({ headers, token }) => headers !== undefined || token !== undefined),
  };
  const path: [string, string, string] = [tenant, database, collection.id];
  if (before && !isSame && before.collection !== undefined) {
    // What was known was about another remote.
    await opened.unlinkCollection(...path);
  }
  await opened.linkCollection(...path, JSON.stringify(settings));
  return new Link({ engine, path, store, surroundings }, settings, resolved);
}

/** A link as the store keeps it. */
export interface StoredLink {
  /** The name of the local collection. */
  name: string;
  tenant: string;
  database: string;
  settings: LinkSettings;
}

/** The links of a store, whether they are open or not. */
export async function storedLinks(engine: Engine): Promise<StoredLink[]> {
  const links = await engine.links();
  return links.map(({ name, tenant, database, settings }) => ({ name, tenant, database, settings: JSON.parse(settings) as LinkSettings }));
}

function tenantOf({ tenant = "default_tenant" }: RemoteArgs): string {
  return tenant;
}

function databaseOf({ database = "default_database" }: RemoteArgs): string {
  return database;
}

/** A name that no other replica has. */
function newReplica(): string {
  return newId().slice(0, 8);
}
