/** An open store behind a handler. */

import { attend, type AttendedEngine } from "../engine/caretaker.js";
import type { Engine } from "../engine/engine.js";
import { type EngineRuntime, openWithFallback } from "../engine/fallback.js";
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
}

export interface HttpAnswer {
  status: number;
  body: Uint8Array;
  /** The methods that the path has, where the request had another one. */
  allow: string | null | undefined;
}

/** An engine that has the HTTP API. */
export interface ServerEngine extends Engine {
  handle(head: HttpHead, body: Uint8Array): Promise<HttpAnswer>;
}

/** The module with the HTTP API, as a platform loads it. */
export interface ServerRuntime extends EngineRuntime {
  /** Version of chromatid. */
  version: string;
  /** What a request is about; once a store was opened. */
  route(method: string, path: string, body?: Uint8Array): Access | undefined;
}

export interface Host {
  engine: ServerEngine;
  route: ServerRuntime["route"];
}

/** Opens the store of a handler. An engine that has stopped after an internal error answers with 503 from then on. */
export async function openHost(runtime: ServerRuntime, options: HandlerOptions): Promise<Host> {
  const { storage, name = "default", durability = "strict", allowReset = false } = options;
  const { cacheBytes, versions, quotas, encryption } = options;
  const request = { storage, name, durability, allowReset, cacheBytes, versions, quotas, encryption };
  const { engine } = await openWithFallback(runtime, request);
  const attended = attend(engine, durability) as AttendedEngine & ServerEngine;
  return { engine: attended, route: (method, path, body) => runtime.route(method, path, body) };
}
