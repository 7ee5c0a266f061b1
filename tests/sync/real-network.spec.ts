/** A bad network between links and a real Chroma server. */

import { setTimeout as sleep } from "node:timers/promises";

import type { Metadata } from "chromatid";

import { expect, test } from "./fixtures";
import { type Fault, randomSchedule } from "./model/faults";
import { seededRandom } from "./model/random";
import { asSeen, type Device, expectAgreement, settle } from "./support/device";
import { Proxy } from "./support/proxy";
import { sorted } from "./support/world";

test.describe.configure({ mode: "parallel" });

/** 300 edits of all kinds, over 240 records that are there. */
async function edit({ collection }: Device): Promise<void> {
  const id = (n: number) => `id-${String(n)}`;
  const range = (from: number, to: number) => Array.from({ length: to - from }, (_, n) => from + n);
  await collection.add({ ids: range(240, 340).map(id), embeddings: range(240, 340).map((n) => [n, 2]), metadatas: range(240, 340).map((n) => ({ n })) });
  await collection.update({ ids: range(0, 60).map(id), metadatas: range(0, 60).map((n) => ({ n: null, edited: n })) });
  await collection.upsert({ ids: range(60, 120).map(id), embeddings: range(60, 120).map((n) => [n, 3]), documents: range(60, 120).map(() => "another") });
  await collection.delete({ ids: range(120, 200).map(id) });
  // These lose their documents.
  await collection.add({ ids: range(160, 200).map(id), embeddings: range(160, 200).map((n) => [n, 4]) });
}

for (const when of ["before", "after"] as const) {
  test(`a push that breaks off ${when} any of its requests is applied once`, async ({ chroma: { python }, name, device }) => {
    test.setTimeout(120_000);
    /** Lets a push fail at one of its requests; answers how many there were. */
    const pushFailingAt = async (place: number): Promise<number> => {
      const collection = `${name}-${String(place)}`;
      const one = await device({ collection, batch: 100 });
      const ids = Array.from({ length: 240 }, (_, n) => `id-${String(n)}`);
      await one.collection.add({ ids, embeddings: ids.map((_, n) => [n, 1]), documents: ids, metadatas: ids.map((_, n) => ({ n })) });
      await one.link.sync();
      await edit(one);
      const expected = sorted(await one.seen());
      let requests = 0;
      one[when] = () => {
        requests += 1;
        return requests === place ? Promise.reject(new TypeError("fetch failed")) : Promise.resolve();
      };
      await one.link.sync().catch(() => undefined);
      one[when] = undefined;
      const isOver = requests < place;
      if (place % 2 === 0) {
        // The page was closed meanwhile.
        await one.relink({});
      }
      await one.link.sync();
      await settle([one]);
      expect(sorted(await one.seen()), `request ${String(place)}`).toEqual(expected);
      await expectAgreement(python, collection, [one]);
      expect(await one.link.journal()).toEqual([]);
      await one.client.close();
      await python.tell(collection, "drop");
      return isOver ? requests : Infinity;
    };
    let place = 1;
    while ((await pushFailingAt(place)) === Infinity) {
      place += 1;
    }
    expect(place).toBeGreaterThan(10);
  });
}

test("hundreds of edits arrive over a network that loses, holds, repeats and breaks requests", async ({ chroma, name, device }) => {
  test.setTimeout(120_000);
  const proxy = await Proxy.start(chroma.url);
  const random = seededRandom(21);
  const rates = { dropBefore: 0.04, dropAfter: 0.04, delay: 0.05, delayAnswer: 0.05, duplicate: 0.04, busy: 0.06, truncate: 0.04, cut: 0.03 };
  const remote = { host: "127.0.0.1", port: proxy.port };
  const devices = [await device({ remote }), await device({ remote }), await device({ remote })];
  await devices[0]?.link.sync();
  proxy.schedule = randomSchedule(random, rates, 400);
  /** What each device alone has written last. */
  const own = new Map<string, Metadata | null>();
  for (let step = 0; step < 360; step += 1) {
    const place = step % 3;
    const one = devices[place] as Device;
    const isShared = random() < 0.3;
    const id = isShared ? `shared-${String(Math.floor(random() * 10))}` : `of-${String(place)}-${String(Math.floor(random() * 40))}`;
    if (random() < 0.2) {
      await one.collection.delete({ ids: [id] });
      own.set(id, null);
    } else {
      const metadata = { step, text: `step ${String(step)}` };
      await one.collection.upsert({ ids: [id], embeddings: [[step, 1]], documents: [String(step)], metadatas: [metadata] });
      own.set(id, metadata);
    }
    if (step % 20 === 19) {
      await Promise.all(devices.map(({ link }) => link.sync().catch(() => undefined)));
    }
  }
  const faults = proxy.requests.filter(({ fault }) => fault !== "none").length;
  expect(faults).toBeGreaterThan(50);
  proxy.schedule = () => ({ kind: "none" });
  // What is still on its way arrives, and stamps are old enough to be read.
  await sleep(2_000);
  await settle(devices);
  await expectAgreement(chroma.python, name, devices);
  const seen = await devices[0]?.seen();
  for (const [id, metadata] of own) {
    if (id.startsWith("of-")) {
      expect(seen?.get(id)?.metadata ?? null, id).toEqual(metadata);
    }
  }
  await proxy.stop();
});

test("a deletion that arrives once more, and late, spares what was written since", async ({ chroma, name, device }) => {
  const proxy = await Proxy.start(chroma.url);
  const one = await device({ remote: { host: "127.0.0.1", port: proxy.port } });
  await one.collection.add({ ids: ["gone", "changed"], embeddings: [[1, 2], [2, 1]], documents: ["text", "text"] });
  await one.link.sync();
  proxy.schedule = ({ url }) => (url.endsWith("/delete") ? { kind: "duplicate", ms: 500 } : { kind: "none" });
  await one.collection.delete({ ids: ["gone", "changed"] });
  await one.collection.add({ ids: ["changed"], embeddings: [[2, 1]], metadatas: [{ document: false }] });
  await one.link.sync();
  await one.collection.add({ ids: ["gone"], embeddings: [[1, 2]], documents: ["back"] });
  await one.link.sync();
  expect(proxy.requests.filter(({ fault }) => fault === "duplicate")).toHaveLength(2);
  await sleep(800);
  expect(asSeen(await chroma.python.seen(name))).toEqual(await one.seen());
  await settle([one]);
  expect((await one.seen()).size).toBe(2);
  expect(await one.link.journal()).toEqual([]);
  await proxy.stop();
});

/** A link that tries whenever it may, at a server that answers nothing else but this, while somebody goes on editing. */
async function storm(
  { url }: { url: string },
  open: (port: number) => Promise<Device>,
  fault: (index: number) => Fault,
  milliseconds: number,
): Promise<{ proxy: Proxy; one: Device; rest: number[] }> {
  const proxy = await Proxy.start(url);
  const one = await open(proxy.port);
  await one.collection.add({ ids: ["first"], embeddings: [[1, 2]] });
  await expect.poll(async () => (await one.link.status()).pending).toBe(0);
  await expect.poll(async () => (await one.link.status()).state).toBe("idle");
  proxy.requests.splice(0);
  let index = 0;
  proxy.schedule = () => fault(index++);
  const end = performance.now() + milliseconds;
  for (let n = 0; performance.now() < end; n += 1) {
    await one.collection.upsert({ ids: [`id-${String(n % 50)}`], embeddings: [[n, 1]] });
    await sleep(20);
  }
  const times = proxy.requests.map(({ at }) => at);
  return { proxy, one, rest: times.slice(1).map((at, place) => at - (times[place] ?? 0)) };
}

test("a server that asks for patience is asked less and less, whatever is edited meanwhile, and gets everything when it is back", async ({ chroma, name, device }) => {
  const open = (port: number) => device({ remote: { host: "127.0.0.1", port }, interval: 50, surroundings: { random: () => 0.2 } });
  const { proxy, one, rest } = await storm(chroma, open, (index) => ({ kind: "answer", status: index % 2 === 0 ? 429 : 503 }), 4_000);
  // 200 ms, and twice as long each time.
  expect(rest.length).toBeGreaterThanOrEqual(2);
  expect(rest.length).toBeLessThanOrEqual(5);
  rest.forEach((pause, place) => expect(pause).toBeGreaterThan(190 * 2 ** place));
  const { state, message } = await one.link.status();
  expect([state, message]).toEqual(["waiting", expect.stringContaining("Backoff and retry")]);
  proxy.schedule = () => ({ kind: "none" });
  await expect.poll(async () => (await one.link.status()).pending).toBe(0);
  await expectAgreement(chroma.python, name, [one]);
  await one.client.close();
  await proxy.stop();
});

for (const [title, retryAfter] of [
  ["so many seconds", 2],
  ["until a time", new Date(Date.now() + 600_000).toUTCString()],
  ["for ever", 1e12],
] as const) {
  test(`a server that wants to be left alone ${title} is`, async ({ chroma, device }) => {
    const open = (port: number) => device({ remote: { host: "127.0.0.1", port }, interval: 50, surroundings: { random: () => 0.1 } });
    const { proxy, one, rest } = await storm(chroma, open, () => ({ kind: "answer", status: 429, retryAfter }), 3_000);
    if (retryAfter === 2) {
      expect(rest).toHaveLength(1);
      expect(rest[0]).toBeGreaterThan(1_990);
    } else {
      expect(rest).toHaveLength(0);
    }
    // Who asks is answered at once.
    proxy.schedule = () => ({ kind: "none" });
    await one.link.sync();
    expect((await one.link.status()).pending).toBe(0);
    await one.client.close();
    await proxy.stop();
  });
}
