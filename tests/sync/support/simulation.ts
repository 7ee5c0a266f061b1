/** Random lives of a few replicas, a foreign writer, a server and a bad network; and what has to be true at the end of each. */

import type { Metadata } from "chromatid";

import { faulty, randomSchedule } from "../model/faults";
import { type ReplicaUnderTest, type Seen, sorted, World } from "./world";

const IDS = 8;
const STEPS = 24;

/** What was ever written, so that nothing is there in the end that nobody wrote. */
interface History {
  /** Contents of each id. */
  written: Map<string, Seen[]>;
  /** Ids that anybody has deleted. */
  deleted: Set<string>;
}

export class Simulation {
  readonly #world: World;
  readonly #random: () => number;
  readonly #history: History = { written: new Map(), deleted: new Set() };
  readonly #steps: string[] = [];
  #count = 0;

  /** With `forgets` the server tells what has changed, and so often has forgotten that. */
  constructor(seed: number, options: { forgets?: number } = {}) {
    this.#world = new World(seed, options);
    this.#random = this.#world.random;
  }

  /** Lives through a seed; throws with all its steps if something is not as promised. */
  async run(): Promise<void> {
    try {
      const replicas = 2 + Math.floor(this.#random() * 4);
      for (let n = 0; n < replicas; n += 1) {
        await this.#world.replica();
      }
      // From then on there is a collection for others to write to.
      await this.#world.replicas[0]?.link.sync();
      const rates = { dropBefore: 0.05, dropAfter: 0.05, delay: 0.05, delayAnswer: 0.03, duplicate: 0.04, busy: 0.04, truncate: 0.03, cut: 0.02 };
      const schedule = randomSchedule(this.#random, rates, 25_000);
      this.#world.fetch = faulty(this.#world.server.fetch, schedule, (milliseconds) => this.#world.time.sleep(milliseconds));
      for (let step = 0; step < STEPS; step += 1) {
        await this.#step();
      }
      await this.#settle();
      await this.#check();
    } catch (error) {
      throw new Error(`${(error as Error).message}\n${this.#steps.join("\n")}\n${await this.#world.describe()}`, { cause: error });
    } finally {
      await this.#world.end();
    }
  }

  async #step(): Promise<void> {
    const replica = this.#pick(this.#world.replicas);
    const chance = this.#random();
    if (chance < 0.35) {
      await this.#edit(replica);
    } else if (chance < 0.45) {
      await this.#foreign();
    } else if (chance < 0.75) {
      await this.#sync([replica]);
    } else if (chance < 0.82) {
      await this.#sync([replica, this.#pick(this.#world.replicas)]);
    } else if (chance < 0.9) {
      await this.#kill(replica);
    } else if (chance < 0.95) {
      replica.skew = Math.floor((this.#random() - 0.5) * 7_200_000);
      this.#note(`${replica.name}: the clock is off by ${String(replica.skew)} ms`);
    } else {
      const passing = Math.floor(this.#random() * 100_000);
      this.#note(`${String(passing)} ms pass`);
      await this.#world.time.pass(passing);
    }
    await this.#world.time.pass(1 + Math.floor(this.#random() * 3_000));
  }

  async #edit(replica: ReplicaUnderTest): Promise<void> {
    const id = this.#id();
    if (this.#random() < 0.25) {
      this.#note(`${replica.name} deletes ${id}`);
      this.#history.deleted.add(id);
      await replica.collection.delete({ ids: [id] });
      return;
    }
    const written = this.#write(id);
    this.#note(`${replica.name} writes ${id}: ${JSON.stringify(written)}`);
    // What a record is after this is known only if it was not there: the parts are merged otherwise.
    await replica.collection.delete({ ids: [id] });
    await replica.collection.add({
      ids: [id],
      embeddings: [written.embedding],
      ...(written.document !== null && { documents: [written.document] }),
      ...(written.metadata && { metadatas: [written.metadata] }),
    });
  }

  async #foreign(): Promise<void> {
    const id = this.#id();
    if (this.#random() < 0.3) {
      this.#note(`somebody deletes ${id}`);
      this.#history.deleted.add(id);
      await this.#world.foreign("delete", { ids: [id] });
      return;
    }
    const written = this.#write(id);
    this.#note(`somebody writes ${id}: ${JSON.stringify(written)}`);
    await this.#world.foreign("delete", { ids: [id] });
    await this.#world.foreign("add", {
      ids: [id],
      embeddings: [written.embedding],
      documents: [written.document],
      metadatas: [written.metadata],
    });
  }

  /** Lets replicas synchronise at once; the network, or a conflict, may keep them from it. */
  async #sync(replicas: readonly ReplicaUnderTest[]): Promise<void> {
    this.#note(`${replicas.map(({ name }) => name).join(" and ")} synchronise`);
    const syncing = replicas.map((replica) => replica.link.sync({ full: this.#random() < 0.1 && !this.#world.isFollowed }).catch((error: unknown) => this.#note(`  ${replica.name}: ${(error as Error).message}`)));
    await this.#drive(Promise.all(syncing));
  }

  /** Ends a replica after some requests, and opens it again. */
  async #kill(replica: ReplicaUnderTest): Promise<void> {
    replica.fuse = Math.floor(this.#random() * 12);
    this.#note(`${replica.name} ends after ${String(replica.fuse)} requests`);
    await this.#drive(replica.link.sync().catch(() => undefined));
    await this.#drive(replica.kill());
    await this.#drive(replica.open());
  }

  /** Lets time pass until something is done. */
  async #drive(work: Promise<unknown>): Promise<void> {
    const state = { isDone: false };
    void work.finally(() => (state.isDone = true)).catch(() => undefined);
    const begun = performance.now();
    for (let waited = 0; !state.isDone; waited += 1) {
      if (performance.now() - begun > 20_000) {
        throw new Error("it never ends");
      }
      await this.#world.time.pass(waited < 20 ? 0 : 500);
    }
    await work;
  }

  /** The network is good again, the clocks too, and nobody writes any more. */
  async #settle(): Promise<void> {
    this.#world.fetch = this.#world.server.fetch;
    // What is still on its way arrives.
    await this.#world.time.pass(120_000);
    for (const replica of this.#world.replicas) {
      replica.skew = 0;
    }
    await this.#drive(this.#world.settle(8));
  }

  async #check(): Promise<void> {
    const remote = sorted(this.#world.remote());
    for (const replica of this.#world.replicas) {
      const seen = sorted(await replica.seen());
      same(seen, remote, `${replica.name} and the server differ`);
      const { pending, refused } = await replica.link.status();
      same([pending, refused.length], [0, 0], `${replica.name} still has edits`);
    }
    for (const [id, record] of remote) {
      if (!isMadeOf(record, this.#history.written.get(id) ?? [])) {
        throw new Error(`${id} is ${JSON.stringify(record)}, which nobody has written`);
      }
    }
    const there = new Set(remote.map(([id]) => id));
    for (const id of this.#history.written.keys()) {
      if (!there.has(id) && !this.#history.deleted.has(id)) {
        throw new Error(`${id} is gone, and nobody has deleted it`);
      }
    }
    await this.#idle();
  }

  /** Once all agree, nobody writes any more. */
  async #idle(): Promise<void> {
    const sent: string[] = [];
    this.#world.fetch = (url, init) => {
      if (/\/(upsert|update|delete|add)$/.test(url)) {
        sent.push(`${url} ${init?.body ?? ""}`);
      }
      return this.#world.server.fetch(url, init);
    };
    for (const { link } of this.#world.replicas) {
      await this.#world.time.pass(65_000);
      await link.sync({ deep: true });
    }
    same(sent, [], "what is the same is written again");
  }

  #id(): string {
    return `id-${String(Math.floor(this.#random() * IDS))}`;
  }

  #write(id: string): Seen {
    this.#count += 1;
    const metadata: Metadata = {};
    if (this.#random() < 0.8) {
      metadata.n = this.#count;
    }
    if (this.#random() < 0.5) {
      metadata.kind = this.#pick<Metadata[string]>(["a", 1.5, true, ["x", "y"], 2 ** 53 - 1]);
    }
    const record: Seen = {
      document: this.#random() < 0.8 ? `text ${String(this.#count)}` : null,
      metadata: Object.keys(metadata).length === 0 ? null : metadata,
      embedding: [this.#count, Math.fround(this.#random()), 1],
    };
    this.#history.written.set(id, [...(this.#history.written.get(id) ?? []), record]);
    return record;
  }

  #pick<T>(items: readonly T[]): T {
    return items[Math.floor(this.#random() * items.length)] as T;
  }

  #note(step: string): void {
    this.#steps.push(step);
  }
}

/** Whether each part of a record was written by somebody: a server merges the metadata of a write that arrives late with what is there by then. */
function isMadeOf(record: Seen, written: readonly Seen[]): boolean {
  const has = (part: (seen: Seen) => unknown): boolean => {
    const own = JSON.stringify(part(record));
    return written.some((seen) => JSON.stringify(part(seen)) === own);
  };
  const keys = Object.keys(record.metadata ?? {});
  return has(({ document }) => document) && has(({ embedding }) => embedding) && keys.every((key) => has(({ metadata }) => metadata?.[key]));
}

function same(got: unknown, expected: unknown, message: string): void {
  const [one, other] = [JSON.stringify(got), JSON.stringify(expected)];
  if (one !== other) {
    throw new Error(`${message}:\n  ${one}\n  ${other}`);
  }
}
