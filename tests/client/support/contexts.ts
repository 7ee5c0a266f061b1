/** Pages of an origin that exists only in a test, with one store open. */

import type { OpenRequest } from "../../../pkg/src/engine/fallback.js";
import { type Held, shareStore } from "../../../pkg/src/engine/held.js";
import { Requester } from "../../../pkg/src/engine/requests.js";
import type { Context, Origin } from "./origin.js";

const request: OpenRequest = { name: "store", storage: "auto", durability: "strict", housekeeping: "manual" };
export const where = ["default_tenant", "default_database", "things"] as const;

/** A page of the origin with the store open. */
export class Page {
  readonly context: Context;
  readonly held: Promise<Held>;
  readonly #requester = new Requester();

  constructor(origin: Origin, options: Partial<OpenRequest> = {}) {
    this.context = origin.context();
    this.held = shareStore(this.context.runtime, this.context.platform, "store", { ...request, ...options });
    this.held.catch(() => undefined);
  }

  async add(id: string): Promise<void> {
    const stamp = this.#requester.begin();
    await (await this.held).call("add", [...where, { ids: [id] }], stamp);
    this.#requester.end(stamp);
  }

  async count(): Promise<number> {
    return (await (await this.held).call("count", [...where])) as number;
  }

  async role(): Promise<string> {
    return (await (await this.held).care()).sharing?.role ?? "none";
  }

  async close(): Promise<void> {
    await (await this.held).call("close", []);
  }
}

/** What a promise of the origin comes to, within some time of that origin. */
export async function settled<T>(origin: Origin, promise: Promise<T>, limit = 30_000): Promise<PromiseSettledResult<T>> {
  let result: PromiseSettledResult<T> | undefined;
  promise.then(
    (value) => (result = { status: "fulfilled", value }),
    (reason: unknown) => (result = { status: "rejected", reason }),
  );
  if (!(await origin.until(() => result !== undefined, limit)) || !result) {
    throw new Error(`nothing came of it in ${limit} ms`);
  }
  return result;
}

export async function value<T>(origin: Origin, promise: Promise<T>, limit?: number): Promise<T> {
  const result = await settled(origin, promise, limit);
  if (result.status === "rejected") {
    throw result.reason;
  }
  return result.value;
}

/** Two pages, the first of which leads. Each has written a record, `a` and `b`. */
export async function leaderAndFollower(origin: Origin): Promise<[Page, Page]> {
  const one = new Page(origin);
  await value(origin, one.add("a"));
  const two = new Page(origin);
  await value(origin, two.add("b"));
  return [one, two];
}
