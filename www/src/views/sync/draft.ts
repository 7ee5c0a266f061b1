/** What is entered to link a collection, and the options that it makes. */

import type { LinkOptions, LinkSettings, RemoteArgs, Where } from "chromatid";
import type { Policy } from "./words";

export interface LinkDraft {
  /** The collection here; empty for one that is not here yet. */
  local: string;
  newName: string;
  host: string;
  port: string;
  ssl: boolean;
  tenant: string;
  database: string;
  collection: string;
  direction: LinkSettings["direction"];
  conflict: Policy;
  interval: number;
  where: string;
  token: string;
}

export const DEFAULT_POLICIES: Readonly<Record<LinkSettings["direction"], Policy>> = {
  "two-way": "lastWriterWins",
  pull: "remoteWins",
  push: "localWins",
};

export function emptyDraft(local: string): LinkDraft {
  return {
    local,
    newName: "",
    host: "localhost",
    port: "8000",
    ssl: false,
    tenant: "default_tenant",
    database: "default_database",
    collection: "",
    direction: "two-way",
    conflict: "lastWriterWins",
    interval: 15_000,
    where: "",
    token: "",
  };
}

/** A link that is there, to be changed. Its token is nowhere. */
export function draftOf(name: string, { remote, collection, direction, conflict, interval, where }: LinkSettings): LinkDraft {
  return {
    ...emptyDraft(name),
    host: remote.host ?? "localhost",
    port: remote.port === undefined ? "" : String(remote.port),
    ssl: remote.ssl ?? false,
    tenant: remote.tenant,
    database: remote.database,
    collection: collection === name ? "" : collection,
    direction,
    conflict: conflict === "function" ? DEFAULT_POLICIES[direction] : (conflict as Policy),
    interval,
    where: where ? JSON.stringify(where, null, 2) : "",
  };
}

/** Takes an address apart that was pasted as a whole. */
export function enterHost(draft: LinkDraft, host: string): LinkDraft {
  const [, scheme, name, port] = /^(https?):\/\/([^/:\s]+)(?::(\d+))?\/?$/u.exec(host.trim()) ?? [];
  return name === undefined ? { ...draft, host } : { ...draft, host: name, ssl: scheme === "https", port: port ?? (scheme === "https" ? "443" : "80") };
}

export type LinkProblems = Partial<Record<keyof LinkDraft, string>>;

export type CompiledLink = { problems: LinkProblems } | { problems: undefined; name: string; options: LinkOptions };

/** Makes the options of a draft, or says what is wrong with it. */
export function compileLink(draft: LinkDraft): CompiledLink {
  const problems: LinkProblems = {};
  const name = draft.local || draft.newName.trim();
  if (name === "") problems.newName = "Enter a name for the collection.";
  const host = draft.host.trim();
  if (host === "") problems.host = "Enter the name or address of the server.";
  else if (/[/:\s]/u.test(host)) problems.host = "Enter the name only: no scheme, no port, no path.";
  const port = draft.port.trim() === "" ? undefined : Number(draft.port);
  if (port !== undefined && !(Number.isInteger(port) && port > 0 && port < 65_536)) problems.port = "Enter a number from 1 to 65535.";
  const where = readWhere(draft.where);
  if (typeof where === "string") problems.where = where;
  if (Object.keys(problems).length > 0 || typeof where === "string") return { problems };
  const { token, ssl, direction, conflict, interval } = draft;
  const tenant = draft.tenant.trim() || "default_tenant";
  const database = draft.database.trim() || "default_database";
  const remote: RemoteArgs = { host, ssl, tenant, database, ...(port !== undefined && { port }), ...(token && { token: () => token }) };
  const options = { remote, collection: draft.collection.trim() || name, direction, conflict, interval, ...(where && { where }) };
  return { problems: undefined, name, options };
}

/** The filter; undefined without one, and a text that says what is wrong. */
function readWhere(text: string): Where | string | undefined {
  if (text.trim() === "") return undefined;
  try {
    const where = JSON.parse(text) as unknown;
    const isObject = typeof where === "object" && where !== null && !Array.isArray(where);
    return isObject ? (where as Where) : 'Enter an object, such as {"lang": "en"}.';
  } catch (error) {
    return `This is no JSON: ${(error as Error).message}`;
  }
}
