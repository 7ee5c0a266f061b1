/** An engine that remembers what it was asked and answers what a test says: to see what is sent, and to inject faults. */

import type { Connection, Connector, ConnectRequest } from "../../../pkg/src/engine/connection.js";
import { setConnector } from "../../../pkg/src/engine/connection.js";
import { type Engine, type EngineMethod, interceptEngine } from "../../../pkg/src/engine/engine.js";
import { EngineError } from "../../../pkg/src/engine/errors.js";

export interface Call {
  method: EngineMethod;
  args: readonly unknown[];
}

/** Answers by method; a function is called with the arguments, an Error is thrown. */
export type Answers = Partial<Record<EngineMethod, unknown>>;

export const collectionJson = {
  id: "6b3a5b1e-0000-4000-8000-000000000001",
  name: "things",
  configuration_json: { hnsw: { space: "l2" }, spann: null, embedding_function: null },
  metadata: null,
  dimension: null,
  tenant: "default_tenant",
  database: "default_database",
  log_position: 0,
  version: 0,
};

export function scriptedEngine(answers: Answers = {}): { engine: Engine; calls: Call[] } {
  const calls: Call[] = [];
  const all: Answers = { maxBatchSize: 5, heartbeat: 1, createCollection: collectionJson, ...answers };
  const engine = interceptEngine(async (called, given) => {
    // A write on behalf of a client is that write.
    const [method, args] = called === "once" ? (given.slice(1) as [EngineMethod, readonly unknown[]]) : [called, given];
    calls.push({ method, args });
    const answer = all[method];
    if (answer instanceof Error) {
      throw answer;
    }
    return typeof answer === "function" ? await (answer as (...args: unknown[]) => unknown)(...args) : answer;
  });
  return { engine, calls };
}

/** An error as the engine throws it. */
export function engineError(name: string, code: number, message: string, retryable = false): EngineError {
  return new EngineError({ name, message, code, retryable });
}

/** Installs a connector whose stores are scripted engines, and answers what was asked of it. */
export function installConnector(answers: Answers = {}) {
  const log = {
    requests: [] as ConnectRequest[],
    destroyed: [] as string[],
    calls: [] as Call[],
    /** Makes the latest store lose its engine. */
    lose: (_error: Error) => {},
  };
  const connector: Connector = {
    connect(request, onLost) {
      log.requests.push(request);
      const { engine, calls } = scriptedEngine(answers);
      log.calls = calls;
      log.lose = onLost;
      const resolved = request.storage === "auto" ? "opfs" : (request.storage as Connection["storage"]);
      return Promise.resolve({
        engine,
        storage: resolved,
        fallbacks: [],
        worker: true,
        care: () => Promise.resolve({ error: null }),
      });
    },
    destroy(name) {
      log.destroyed.push(name);
      return Promise.resolve();
    },
  };
  setConnector(connector);
  return log;
}

/** Name and message of what a call throws; a failure of the test when it throws nothing. */
export async function thrown(call: () => unknown): Promise<{ name: string; message: string; cause?: unknown }> {
  try {
    await call();
  } catch (error) {
    const { name, message, cause } = error as Error;
    return { name, message, cause };
  }
  throw new Error("nothing was thrown");
}
