/** An open store behind a handler. */

import { attend, type AttendedEngine } from "../engine/caretaker.js";
import type { Engine } from "../engine/engine.js";
import { openWithFallback } from "../engine/fallback.js";
import { type EngineClass, type RuntimeParts, runtimeOf } from "../engine/runtime.js";
import type { Access, Identity } from "./access.js";
import type { HandlerOptions } from "./handler.js";

/** A request without its body. */
export interface HttpHead {
  method: string;
  /** As in the URL. */
  path: string;
  /** What follows the question mark. */
  query: string;
  contentType: string | undefined;
  identity: Identity | undefined;
  /** For how many seconds a request may wait. */
  longestWait: number;
}

export interface HttpAnswer {
  status: number;
  body: Uint8Array;
  /** Of the body, if it is not empty. */
  contentType: string;
  /** The methods that the path has, where the request had another one. */
  allow: string | null | undefined;
  /** Of a write, its number. */
  write: number | null | undefined;
  /** For how many seconds the sender would rather wait for another answer than have this one. */
  wait: number;
}

/** An engine that has the HTTP API. */
export interface ServerEngine extends Engine {
  handle(head: HttpHead, body: Uint8Array): Promise<HttpAnswer>;
}

/** The class of a module with the HTTP API. Its own functions work once the module is instantiated. */
export interface ServerClass extends EngineClass {
  /** Version of chromatid. */
  version(): string;
  /** What a request is about. */
  route(method: string, path: string, body?: Uint8Array): Access | undefined;
}

/** The module with the HTTP API, as a platform loads it. */
export interface ServerParts extends RuntimeParts {
  Engine: ServerClass;
}

export interface Host {
  engine: ServerEngine;
  version: string;
  route: ServerClass["route"];
}

/** Opens stores for handlers on one platform. */
export type HostOpener = (options: HandlerOptions) => Promise<Host>;

/** Opens the store of a handler. An engine that has stopped after an internal error answers with 503 from then on. */
export function hostOpener(parts: ServerParts): HostOpener {
  const runtime = runtimeOf(parts);
  return async (options) => {
    const { storage, name = "default", durability = "strict", allowReset = false, housekeeping = "idle" } = options;
    const { cacheBytes, versions, quotas, encryption, limits } = options;
    const { batchSize } = limits ?? {};
    const request = { storage, name, durability, allowReset, cacheBytes, versions, quotas, encryption, housekeeping, batchSize };
    const { engine } = await openWithFallback(runtime, request);
    const attended = attend(engine, request) as AttendedEngine & ServerEngine;
    return {
      engine: attended,
      version: parts.Engine.version(),
      route: (method, path, body) => parts.Engine.route(method, path, body),
    };
  };
}
