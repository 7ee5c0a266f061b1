/** Entry point of Chroma's HTTP API in a Cloudflare Worker: a Durable Object for each database. */

import { DatabaseCore, type ObjectOptions, type ObjectState } from "../cloudflare/object.js";
import type { EngineInfo } from "../engine/engine.js";
import { createHandler } from "./server-workerd.js";

/** What a Worker's Durable Object class extends. `options` is called once an object, with the bindings of the Worker. */
export abstract class DatabaseObject<Env> {
  readonly #core: DatabaseCore;

  constructor(state: ObjectState, env: Env) {
    this.#core = new DatabaseCore(state, this.options(env), createHandler);
  }

  /** How this Worker's objects work. */
  protected abstract options(env: Env): ObjectOptions;

  fetch(request: Request): Promise<Response> {
    return this.#core.fetch(request);
  }

  alarm(): Promise<void> {
    return this.#core.alarm();
  }

  /** What is known about the object's store. */
  info(): Promise<EngineInfo> {
    return this.#core.info();
  }
}

export type { ObjectNamespace, ObjectOptions, ObjectState } from "../cloudflare/object.js";
export { type GateOptions, route } from "../cloudflare/worker.js";
export type { BlockBucket } from "../storage/r2.js";
export * from "../server/index.js";
