/** Each request once, however often it is asked for. */

import { type Engine, type EngineMethod, invoke } from "./engine.js";
import { answerAgain, type RequestStamp } from "./requests.js";

/** Runs calls on an engine; those with a stamp only if they were not done before. */
export class Once {
  readonly #engine: Engine;
  /** Requests under way: who asks again meanwhile gets the same answer. */
  readonly #running = new Map<string, Promise<unknown>>();

  constructor(engine: Engine) {
    this.#engine = engine;
  }

  run(method: EngineMethod, args: readonly unknown[], stamp?: RequestStamp): Promise<unknown> {
    if (!stamp) {
      return invoke(this.#engine, method, args);
    }
    const name = `${stamp.client} ${stamp.number}`;
    let running = this.#running.get(name);
    if (!running) {
      running = this.#run(method, args, stamp).finally(() => this.#running.delete(name));
      this.#running.set(name, running);
    }
    return running;
  }

  async #run(method: EngineMethod, args: readonly unknown[], stamp: RequestStamp): Promise<unknown> {
    if (stamp.again) {
      const applied = await this.#engine.applied(stamp.client, stamp.number);
      if (applied) {
        return answerAgain(this.#engine, method, args, applied);
      }
    }
    return this.#engine.once(stamp, method, args);
  }
}
