/** A server, replicas of its collection, and the time that they live in: all of it simulated but for the stores and what synchronises them. */

import { type Collection, ChromaClient, type Link, type LinkOptions, type Metadata, type Surroundings } from "chromatid";

import { FollowedServer } from "../model/followed";
import { type ModelFetch, ModelServer } from "../model/server";
import { seededRandom } from "../model/random";

export const NAME = "notes";

/** Time that passes when it is told to. What sleeps is woken then, in order. */
export class Time {
  #now: number;
  readonly #sleeping = new Set<{ until: number; wake: () => void }>();

  constructor(now: number) {
    this.#now = now;
  }

  now(): number {
    return this.#now;
  }

  sleep(milliseconds: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const sleeper = { until: this.#now + milliseconds, wake: resolve };
      this.#sleeping.add(sleeper);
      const wake = (): void => {
        this.#sleeping.delete(sleeper);
        resolve();
      };
      sleeper.wake = wake;
      signal?.addEventListener("abort", wake);
      if (signal?.aborted) {
        wake();
      }
    });
  }

  /** Lets time pass, and whoever wakes do what there is to do. */
  async pass(milliseconds: number): Promise<void> {
    this.#now += milliseconds;
    const due = [...this.#sleeping].filter(({ until }) => until <= this.#now).sort((a, b) => a.until - b.until);
    due.forEach(({ wake }) => wake());
    await turns(due.length > 0 ? 50 : 1);
  }
}

/** Lets everything that is not waiting for time go on. */
export async function turns(count: number): Promise<void> {
  for (let turn = 0; turn < count; turn += 1) {
    await new Promise((resolve) => setImmediate(resolve));
  }
}

/** A record as users see it. */
export interface Seen {
  document: string | null;
  metadata: Metadata | null;
  embedding: number[];
}

/** A store with a link, which can be cut off and opened again. */
export class ReplicaUnderTest {
  readonly client = new ChromaClient({ storage: "memory", name: crypto.randomUUID(), housekeeping: "manual", worker: false });
  readonly name: string;
  /** By how much its clock is off, in milliseconds. */
  skew = 0;
  /** Requests that are still answered before this replica is cut off; undefined for all. */
  fuse: number | undefined;
  link!: Link;
  collection!: Collection;
  readonly #world: World;
  readonly #options: Partial<LinkOptions>;

  constructor(world: World, name: string, options: Partial<LinkOptions>) {
    this.#world = world;
    this.name = name;
    this.#options = options;
  }

  async open(): Promise<void> {
    this.fuse = undefined;
    this.link = await this.client.link({ name: NAME }, { remote: {}, interval: 0, ...this.#options, surroundings: this.#surroundings() });
    this.collection = await this.client.getCollection({ name: NAME });
  }

  /** Ends the link wherever it is, as a tab does that is closed; the store stays, as on a device. */
  async kill(): Promise<void> {
    this.fuse = 0;
    await this.link.close();
  }

  /** The rows of the shadow, as texts. */
  async rows(): Promise<string[]> {
    const known = await this.link.known([...(await this.seen()).keys(), ...this.#world.remote().keys()]);
    return known.map((row) => JSON.stringify(row));
  }

  async seen(): Promise<Map<string, Seen>> {
    const { ids, documents, metadatas, embeddings } = await this.collection.get({ include: ["documents", "metadatas", "embeddings"] });
    return new Map(
      ids.map((id, place) => [
        id,
        { document: documents[place] ?? null, metadata: metadatas[place] ?? null, embedding: embeddings[place] ?? [] },
      ]),
    );
  }

  #surroundings(): Surroundings {
    const { time, random } = this.#world;
    const fetch: Surroundings["fetch"] = (url, init) => {
      if (this.fuse === 0) {
        return Promise.reject(new TypeError("fetch failed"));
      }
      this.fuse = this.fuse === undefined ? undefined : this.fuse - 1;
      return this.#world.fetch(url, init as Parameters<ModelFetch>[1]);
    };
    return { fetch, random, now: () => time.now() + this.skew, elapsed: () => time.now(), sleep: (milliseconds, signal) => time.sleep(milliseconds, signal) };
  }
}

export class World {
  readonly time = new Time(1_800_000_000_000);
  readonly random: () => number;
  readonly model: ModelServer;
  /** What is asked: the model, or one around it that tells what has changed. */
  readonly server: Pick<ModelServer, "fetch" | "records">;
  /** Whether the server tells what has changed. */
  readonly isFollowed: boolean;
  /** The network; a test puts a worse one in its place. */
  fetch: ModelFetch;
  readonly replicas: ReplicaUnderTest[] = [];
  readonly #realNow = Date.now;

  constructor(seed: number, { forgets }: { forgets?: number } = {}) {
    this.random = seededRandom(seed);
    this.model = new ModelServer({ now: () => this.time.now(), random: this.random });
    this.isFollowed = forgets !== undefined;
    this.server = forgets === undefined ? this.model : new FollowedServer(this.model, this.random, forgets);
    this.fetch = this.server.fetch;
    // Engines stamp edits by the clock of the machine.
    Date.now = () => this.time.now();
  }

  async end(): Promise<void> {
    await Promise.all(this.replicas.map(({ client }) => client.close()));
    Date.now = this.#realNow;
  }

  async replica(options: Partial<LinkOptions> = {}): Promise<ReplicaUnderTest> {
    const replica = new ReplicaUnderTest(this, `replica ${String(this.replicas.length)}`, options);
    this.replicas.push(replica);
    if (!this.server.records(NAME)) {
      await replica.client.createCollection({ name: NAME, embeddingFunction: null });
    }
    await replica.open();
    return replica;
  }

  /** Writes as somebody does who knows nothing of synchronisation. */
  async foreign(action: "add" | "upsert" | "update" | "delete", body: object): Promise<void> {
    const path = "http://model/api/v2/tenants/default_tenant/databases/default_database/collections";
    const found = await this.server.fetch(`${path}/${NAME}`);
    const { id } = (await found.json()) as { id: string };
    const init = { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(body) };
    const answer = await this.server.fetch(`${path}/${id}/${action}`, init);
    if (!answer.ok) {
      throw new Error(`${action}: ${String(answer.status)} ${await answer.text()}`);
    }
  }

  /** The records of the server as users of it see them, our marks left out. */
  remote(): Map<string, Seen> {
    const records = this.server.records(NAME) ?? [];
    return new Map(records.map((record) => [record.id, toSeen(record)]));
  }

  /** What everybody knows of each record: for who looks for what went wrong. */
  async describe(): Promise<string> {
    const lines = (this.server.records(NAME) ?? []).map(({ id, metadata }) => `the server has ${id}: ${[...metadata].map(([key, value]) => `${key}=${String(value)}`).join(" ")}`);
    for (const replica of this.replicas) {
      lines.push(...(await replica.rows()).map((row) => `${replica.name} knows ${row}`));
    }
    return lines.join("\n");
  }

  /** Lets everybody synchronise, a while apart, until nothing has changed for two times. */
  async settle(rounds = 12): Promise<void> {
    let before = "";
    let quiet = 0;
    for (let round = 0; round < rounds && quiet < 2; round += 1) {
      for (const { link } of this.replicas) {
        await this.time.pass(65_000);
        // Who is told what has changed need not compare anything.
        await link.sync({ full: round === 0 && !this.isFollowed });
      }
      // With our marks: of a foreign write each replica knows another time, and the latest one comes to stand with all.
      const now = JSON.stringify((this.server.records(NAME) ?? []).map(({ metadata, document, embedding }) => [[...metadata].map(String), document, [...embedding]]));
      quiet = now === before ? quiet + 1 : 0;
      before = now;
    }
  }
}

function toSeen(record: NonNullable<ReturnType<ModelServer["records"]>>[number]): Seen {
  const own = [...record.metadata].filter(([key]) => !key.startsWith("_cid_") && !key.startsWith("chroma:"));
  const plain = own.map(([key, value]) => [key, typeof value === "bigint" ? Number(value) : value] as const);
  return {
    document: record.document ?? null,
    metadata: plain.length === 0 ? null : (Object.fromEntries(plain) as Metadata),
    embedding: Array.from(record.embedding),
  };
}

/** Maps as objects with sorted keys, to be compared. */
export function sorted(seen: Map<string, Seen>): [string, Seen][] {
  const sortKeys = (metadata: Metadata | null): Metadata | null =>
    metadata && Object.fromEntries(Object.entries(metadata).sort(([a], [b]) => (a < b ? -1 : 1)));
  return [...seen].sort(([a], [b]) => (a < b ? -1 : 1)).map(([id, record]) => [id, { ...record, metadata: sortKeys(record.metadata) }]);
}
