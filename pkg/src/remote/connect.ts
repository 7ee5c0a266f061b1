/** A client's hold on a server, in the place of one on a store. */

import { toChromaError } from "../error-mapping.js";
import { type Engine, type EngineMethod, interceptEngine } from "../engine/engine.js";
import type { Lease, StoreInfo } from "../engine/store.js";
import { ChromaConnectionError } from "../errors.js";
import type { ServerPlace } from "../server-options.js";
import { ServerCalls } from "./calls.js";
import { notImplemented } from "./errors.js";
import { Server } from "./server.js";

const BY_PROGRAM = "the program `chromatid` does it for a directory";
const OF_LINKS = "links and copies are made by a client of a local store";
const OF_FUNCTIONS = "functions are called where their store is open";
const BY_SERVER = "the server does it itself";
const OF_TABS = "a server knows no requests that are made once";

/** What only an open store can do, and who does it for that of a server. */
const LOCAL: Readonly<Record<Exclude<EngineMethod, keyof ServerCalls>, string>> = {
  verify: BY_PROGRAM,
  repair: BY_PROGRAM,
  beginExport: BY_PROGRAM,
  nextExport: BY_PROGRAM,
  endExport: BY_PROGRAM,
  beginImport: BY_PROGRAM,
  pushImport: BY_PROGRAM,
  endImport: BY_PROGRAM,
  linkCollection: OF_LINKS,
  unlinkCollection: OF_LINKS,
  links: OF_LINKS,
  exactRecords: OF_LINKS,
  shadowRows: OF_LINKS,
  replicate: OF_LINKS,
  beginFunction: OF_FUNCTIONS,
  nextChanges: OF_FUNCTIONS,
  finishFunction: OF_FUNCTIONS,
  flush: BY_SERVER,
  compact: BY_SERVER,
  maintain: BY_SERVER,
  info: "what is known of it is told by `info()` of the client",
  handle: "the server is what answers requests",
  once: OF_TABS,
  applied: OF_TABS,
};

/** Connects to a server; nothing is asked yet. */
export function connectServer(place: ServerPlace): Lease {
  const server = new Server(place);
  const calls = new ServerCalls(server);
  let released = false;
  const engine = interceptEngine(async (method, args) => {
    if (released) {
      throw new ChromaConnectionError("The client is closed");
    }
    try {
      return await call(calls, server.url, method, args);
    } catch (error) {
      throw toChromaError(error);
    }
  });
  const mapped = async <T>(asked: Promise<T>): Promise<T> => {
    try {
      return await asked;
    } catch (error) {
      throw toChromaError(error);
    }
  };
  return {
    engine,
    alive: () => !released,
    info: () => mapped(infoOf(server)),
    release: () => {
      released = true;
      return calls.close();
    },
    server: {
      version: () => mapped(server.version()),
      identity: () => mapped(server.identity()),
      checks: () => mapped(server.checks()),
      scope: (scope) => mapped(server.scope(scope)),
    },
  };
}

async function call(calls: ServerCalls, url: string, method: EngineMethod, args: readonly unknown[]): Promise<unknown> {
  if (method in LOCAL) {
    const reason = LOCAL[method as keyof typeof LOCAL];
    throw notImplemented(`This takes a store that is open in this page or process, and the data are at ${url}: ${reason}`);
  }
  const own = calls as unknown as Engine;
  return await (own[method] as (...args: unknown[]) => unknown).apply(calls, [...args]);
}

/** What a client can know about a server. */
async function infoOf(server: Server): Promise<StoreInfo> {
  const [api, about] = await Promise.all([server.version(), server.about()]);
  return {
    version: about?.version ?? api,
    storage: "server",
    durability: "server",
    generation: 0,
    collections: 0,
    records: 0,
    sizes: { blocks: 0, block_bytes: 0, log_bytes: 0, total_bytes: 0 },
    cache: { bytes: 0, budget: 0, entries: 0, hits: 0, misses: 0 },
    memory: { wasm_bytes: 0 },
    recovery: { replayed_operations: 0, torn_bytes: 0, milliseconds: 0 },
    log: { operations: 0, bytes: 0 },
    persistence: { persisted: false, requested: false },
    quota: null,
    fallbacks: [],
    worker: false,
    maintenance: { error: null },
    sharing: null,
    server: { url: server.url, kind: about ? "chromatid" : "chroma", capabilities: about?.capabilities ?? [] },
  };
}
