/** Stores that are linked to a real server, and what has to be true of them. */

import { expect } from "@playwright/test";
import { ChromaClient, type Collection, type Link, type LinkOptions, type Surroundings } from "chromatid";

import { type Seen, sorted } from "./world";
import type { PythonRecord, Writer } from "./writer";

export type DeviceOptions = Partial<LinkOptions> & {
  /** Of the local collection, where it is not made like the remote one. */
  space?: "l2" | "cosine" | "ip";
};

/** The name of local collections. */
const LOCAL = "notes";

/** A store with a link to a real server. It synchronises when it is told to. */
export class Device {
  readonly client = new ChromaClient({ storage: "memory", name: crypto.randomUUID(), housekeeping: "manual", worker: false });
  link!: Link;
  collection!: Collection;
  /** Requests that have written something, as method and path. */
  readonly writes: string[] = [];
  /** Told of each request before it is sent; what it throws has become of the request. */
  before: ((url: string, body: string) => Promise<void>) | undefined;
  /** Likewise when the answer is there, and not heard yet. */
  after: ((url: string) => Promise<void>) | undefined;
  #options: DeviceOptions & Pick<LinkOptions, "remote">;

  constructor(options: DeviceOptions & Pick<LinkOptions, "remote">) {
    this.#options = options;
  }

  async open(): Promise<void> {
    const { space, ...options } = this.#options;
    const configuration = space && { hnsw: { space } };
    this.collection = await this.client.getOrCreateCollection({ name: LOCAL, embeddingFunction: null, ...(configuration && { configuration }) });
    this.link = await this.client.link({ name: LOCAL }, { interval: 0, ...options, surroundings: { fetch: this.#fetch, ...options.surroundings } });
  }

  /** Ends the link, and begins one with other options. */
  async relink(options: DeviceOptions): Promise<void> {
    await this.link.close();
    this.#options = { ...this.#options, ...options };
    await this.open();
  }

  readonly #fetch: Surroundings["fetch"] = async (url, init) => {
    await this.before?.(url, typeof init.body === "string" ? init.body : "");
    if (/\/(add|upsert|update|delete)$/.test(url)) {
      this.writes.push(`${init.method ?? "GET"} ${url}`);
    }
    const answer = await fetch(url, init);
    await this.after?.(url);
    return answer;
  };

  async seen(): Promise<Map<string, Seen>> {
    const { ids, documents, metadatas, embeddings } = await this.collection.get({ include: ["documents", "metadatas", "embeddings"] });
    return new Map(
      ids.map((id, place) => [id, { document: documents[place] ?? null, metadata: metadatas[place] ?? null, embedding: embeddings[place] ?? [] }]),
    );
  }
}

/** A Python user's view, in the form of the devices'. */
export function asSeen(records: ReadonlyMap<string, PythonRecord>): Map<string, Seen> {
  return new Map(
    [...records].map(([id, { document, metadata, embedding }]) => [
      id,
      // Texts of floats are as short as 32 bits allow.
      { document, metadata: Object.keys(metadata).length === 0 ? null : (metadata as NonNullable<Seen["metadata"]>), embedding: embedding.map(Math.fround) },
    ]),
  );
}

/** All devices have what the server has, as Python sees it. */
export async function expectAgreement(python: Writer, name: string, devices: readonly Device[]): Promise<void> {
  const there = sorted(asSeen(await python.seen(name)));
  for (const [place, device] of devices.entries()) {
    expect(sorted(await device.seen()), `device ${String(place)}`).toEqual(there);
    expect(await device.link.status()).toMatchObject({ pending: 0, refused: [] });
  }
}

/** Lets everybody synchronise until all is known everywhere; from then on nobody writes any more. */
export async function settle(devices: readonly Device[]): Promise<void> {
  for (let round = 0; round < 3; round += 1) {
    for (const { link } of devices) {
      await link.sync({ deep: true });
    }
  }
  devices.forEach(({ writes }) => writes.splice(0));
  for (const { link } of devices) {
    await link.sync({ deep: true });
    await link.sync();
  }
  expect(devices.flatMap(({ writes }) => writes), "written although all agree").toEqual([]);
}

/** Stamps of the last second are not read yet: what one device has sent, another one sees after this. */
export function untilReadable(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 1_100));
}
