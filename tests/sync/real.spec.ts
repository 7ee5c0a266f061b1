/** Links with a real Chroma server, and a Python program that writes to it and knows nothing of them. */

import { ChromaClient as OfficialClient } from "chromadb";

import { expect, test } from "./fixtures";
import { seededRandom } from "./model/random";
import { asSeen, type Device, expectAgreement, settle } from "./support/device";
import { sorted } from "./support/world";
import type { Writer } from "./support/writer";

test.describe.configure({ mode: "parallel" });

/** What somebody does to a record of ours. `insert` finds none. */
const ACTS = ["insert", "delete", "replace", "clear", "update", "upsert", "embed"] as const;
type Act = (typeof ACTS)[number];

/** What is edited here of the same record: nothing, all but its embedding, or everything. */
const EDITS = ["alone", "light", "heavy"] as const;
type Edit = (typeof EDITS)[number];

const idOf = (act: Act, edit: Edit) => `${act}-${edit}`;
const THEIRS = { documents: ["theirs"], metadatas: [{ by: "them", extra: 1 }], embeddings: [[7, 8, 9]] };
const CLEARED = { _cid_v: null, _cid_s: null, _cid_h: null, _cid_o: null };

async function act(python: Writer, name: string, kind: Act): Promise<void> {
  for (const edit of EDITS) {
    const ids = [idOf(kind, edit)];
    const steps: Record<Act, [action: string, request: object][]> = {
      insert: [["add", { ids, ...THEIRS }]],
      delete: [["delete", { ids }]],
      replace: [
        ["delete", { ids }],
        ["add", { ids, ...THEIRS }],
      ],
      clear: [["update", { ids, metadatas: [CLEARED] }]],
      update: [["update", { ids, metadatas: THEIRS.metadatas }]],
      upsert: [["upsert", { ids, ...THEIRS }]],
      embed: [["update", { ids, embeddings: THEIRS.embeddings }]],
    };
    for (const [action, request] of steps[kind]) {
      await python.tell(name, action, request);
    }
  }
}

async function actAll(python: Writer, name: string): Promise<void> {
  for (const kind of ACTS) {
    await act(python, name, kind);
  }
}

async function prepare(device: Device): Promise<void> {
  const ids = ACTS.filter((kind) => kind !== "insert").flatMap((kind) => EDITS.map((edit) => idOf(kind, edit)));
  await device.collection.add({
    ids: [...ids, "other"],
    embeddings: [...ids, "other"].map((_, n) => [n, 1, 0.5]),
    documents: [...ids, "other"].map(() => "at first"),
    metadatas: [...ids, "other"].map(() => ({ by: "nobody", kept: true })),
  });
  await device.link.sync();
}

async function edit(device: Device): Promise<void> {
  for (const kind of ACTS) {
    if (kind !== "insert") {
      await device.collection.update({ ids: [idOf(kind, "light")], metadatas: [{ by: "us" }] });
    }
    await device.collection.upsert({ ids: [idOf(kind, "heavy")], embeddings: [[4, 5, 6]], documents: ["ours"], metadatas: [{ by: "us" }] });
  }
  await device.collection.update({ ids: ["other"], metadatas: [{ by: "us alone" }] });
}

/** What a record has in the end, as `by` and the first component of its embedding; null for nothing. */
type Ends = Record<Act, Record<Edit, string | null>>;

const AFTERWARDS: Ends = {
  insert: { alone: "them 7", light: "them 7", heavy: "us 4" },
  delete: { alone: null, light: null, heavy: null },
  replace: { alone: "them 7", light: "them 7", heavy: "them 7" },
  clear: { alone: "nobody", light: "us", heavy: "us 4" },
  update: { alone: "them", light: "them", heavy: "them 4" },
  upsert: { alone: "them 7", light: "them 7", heavy: "them 7" },
  embed: { alone: "nobody 7", light: "us 7", heavy: "us 7" },
};

const ENDS: Record<"before" | "during" | "after", Ends> = {
  // Whoever writes without a stamp writes when it is noticed: later than the edits made before. Embeddings have no part in that.
  before: { ...AFTERWARDS, insert: { alone: "them 7", light: "them 7", heavy: "them 7" }, update: { alone: "them", light: "them", heavy: "them" }, embed: { alone: "nobody 7", light: "us 7", heavy: "us 4" } },
  // Between our look and our write nothing keeps us from writing over theirs.
  during: {
    ...AFTERWARDS,
    delete: { alone: null, light: null, heavy: "us 4" },
    replace: { alone: "them 7", light: "us 7", heavy: "us 4" },
    update: { alone: "them", light: "us", heavy: "us 4" },
    upsert: { alone: "them 7", light: "us 7", heavy: "us 4" },
    embed: { alone: "nobody 7", light: "us 7", heavy: "us 4" },
  },
  // `add` passes over what is there.
  after: AFTERWARDS,
};

for (const when of ["before", "during", "after"] as const) {
  test(`what a foreign writer does ${when} our push is seen, and both sides agree`, async ({ chroma: { python }, name, device }) => {
    const one = await device();
    await prepare(one);
    const two = await device();
    await two.link.sync();
    await edit(one);
    if (when === "before") {
      await actAll(python, name);
      await one.link.sync();
    } else if (when === "during") {
      one.before = async (url) => {
        if (/\/(upsert|update)$/.test(url)) {
          one.before = undefined;
          await actAll(python, name);
        }
      };
      await one.link.sync();
      expect(one.before).toBeUndefined();
    } else {
      await one.link.sync();
      await actAll(python, name);
      await one.link.sync();
    }
    // Records that come, go or lose our marks are seen by every round.
    await pauseForUnmarked();
    await one.link.sync();
    const early = await one.seen();
    for (const kind of ["insert", "delete", "replace"] as const) {
      expect.soft(summary(early.get(idOf(kind, "alone"))), `${kind} seen by an ordinary round`).toBe(ENDS[when][kind].alone);
    }
    await one.link.sync({ full: true });
    for (const kind of ["update", "upsert"] as const) {
      expect.soft((await one.seen()).get(idOf(kind, "alone"))?.metadata).toMatchObject({ by: "them", extra: 1 });
    }
    await settle([one, two]);
    await expectAgreement(python, name, [one, two]);
    const seen = await one.seen();
    for (const kind of ACTS) {
      for (const local of EDITS) {
        const expected = ENDS[when][kind][local];
        const got = summary(seen.get(idOf(kind, local)));
        expect.soft(expected === null || got === null ? got : got.slice(0, expected.length), idOf(kind, local)).toBe(expected);
      }
    }
    expect(seen.get("other")?.metadata).toEqual({ by: "us alone", kept: true });
    await expectLostEdits(one, when);
  });
}

/** Records without our marks are looked for again after a while that depends on how long that took. */
const pauseForUnmarked = () => new Promise((resolve) => setTimeout(resolve, 2_000));

function summary(record: { metadata: unknown; embedding: number[] } | undefined): string | null {
  return record ? `${String((record.metadata as { by?: string } | null)?.by)} ${String(record.embedding[0])}` : null;
}

/** Edits of ours that came to nothing are in the journal. */
async function expectLostEdits(device: Device, when: "before" | "during" | "after"): Promise<void> {
  const journal = await device.link.journal();
  const lost = new Set(journal.filter(({ side, record }) => side === "local" && record?.metadata?.by === "us").map(({ id }) => id));
  const expected = { before: ["delete", "insert", "replace", "update", "upsert"], during: [], after: [] }[when].flatMap((kind) =>
    kind === "insert" ? ["insert-heavy"] : [`${kind}-light`, `${kind}-heavy`],
  );
  expected.push(...{ before: [], during: ["delete-light"], after: ["delete-light", "delete-heavy"] }[when]);
  expect.soft([...lost].sort()).toEqual(expected.sort());
}

test("records deleted while they are read are not missed, and no others are", async ({ chroma: { python }, name, device }) => {
  const [records, deletions] = [5_000, 300];
  const random = seededRandom(3);
  await python.tell(name, "create");
  const ids = Array.from({ length: records }, (_, n) => `id-${String(n)}`);
  await python.tell(name, "add", { ids, embeddings: ids.map((_, n) => [n, 1]), metadatas: ids.map((_, n) => ({ n })) });
  const rest = [...ids].sort(() => random() - 0.5);
  const gone = new Set<string>();
  const one = await device();
  one.before = async (url) => {
    if (url.endsWith("/get") && gone.size < deletions) {
      const some = rest.splice(0, deletions / 5);
      some.forEach((id) => gone.add(id));
      await python.tell(name, "delete", { ids: some });
    }
  };
  await one.link.sync();
  expect(gone.size).toBe(deletions);
  await one.link.sync();
  expect([...(await one.seen()).keys()].sort()).toEqual(rest.sort());
  expect((await one.link.journal()).filter(({ id }) => !gone.has(id))).toEqual([]);
});

test("the official client reads what is pushed: but for our marks it is what is here", async ({ chroma, name, device }) => {
  const one = await device();
  const random = seededRandom(9);
  const ids = Array.from({ length: 200 }, (_, n) => `id-${String(n)}`);
  await one.collection.add({
    ids,
    embeddings: ids.map(() => Array.from({ length: 8 }, () => Math.fround(random() - 0.5))),
    documents: ids.map((id) => `text of ${id} ÿ 🦊`),
    metadatas: ids.map((id, n) => ({ n, half: n / 2, id, even: n % 2 === 0, tags: ["a", id], "ключ": "значение" })),
  });
  await one.link.sync();
  const official = new OfficialClient({ host: "127.0.0.1", port: chroma.port });
  const collection = await official.getCollection({ name });
  const found = await collection.get({ include: ["documents", "metadatas", "embeddings"] });
  const ours = ([key]: [string, unknown]) => !key.startsWith("_cid_");
  const theirs = new Map(
    found.ids.map((id, place) => [
      id,
      {
        document: found.documents[place] ?? null,
        metadata: Object.fromEntries(Object.entries(found.metadatas[place] ?? {}).filter(ours)) as Record<string, string>,
        embedding: (found.embeddings[place] ?? []).map(Math.fround),
      },
    ]),
  );
  expect(sorted(theirs)).toEqual(sorted(await one.seen()));
  expect(sorted(asSeen(await chroma.python.seen(name)))).toEqual(sorted(await one.seen()));
});

test("a record that has to be deleted to lose its document is not lost, whoever looks meanwhile and whatever breaks off", async ({ chroma: { python }, name, device }) => {
  const one = await device();
  await one.collection.add({ ids: ["a", "b"], embeddings: [[1, 2], [2, 1]], documents: ["text", "text"] });
  await one.link.sync();
  const two = await device();
  await two.link.sync();
  await one.collection.delete({ ids: ["a"] });
  await one.collection.add({ ids: ["a"], embeddings: [[1, 2]], metadatas: [{ document: false }] });
  one.before = (url) => (url.endsWith("/upsert") && !one.writes.at(-1)?.endsWith("/upsert") ? Promise.reject(new TypeError("fetch failed")) : Promise.resolve());
  await expect(one.link.sync()).rejects.toThrow("cannot be reached");
  expect([...(await python.seen(name)).keys()], "it broke off between the deletion and the write").toEqual(["b"]);
  await two.link.sync();
  one.before = undefined;
  await settle([one, two]);
  expect((await python.seen(name)).get("a")).toMatchObject({ document: null, metadata: { document: false } });
  await expectAgreement(python, name, [one, two]);
  expect([...(await one.link.journal()), ...(await two.link.journal())]).toEqual([]);
});

test("somebody else's deletion of a record that was deleted and written again here is one: the record is kept in the journal", async ({ chroma: { python }, name, device }) => {
  const one = await device();
  await one.collection.add({ ids: ["a", "b"], embeddings: [[1, 2], [2, 1]], documents: ["text", "text"] });
  await one.link.sync();
  await one.collection.delete({ ids: ["a"] });
  await one.link.sync();
  await one.collection.add({ ids: ["a"], embeddings: [[1, 2]], documents: ["again"] });
  await one.link.sync();
  await python.tell(name, "delete", { ids: ["a"] });
  await one.link.sync();
  expect([...(await one.seen()).keys()]).toEqual(["b"]);
  expect(await one.link.journal()).toMatchObject([{ id: "a", side: "local", record: { document: "again" } }]);
});

for (const space of ["l2", "cosine", "ip"] as const) {
  test(`a collection of which a part is here is searched on both sides, by ${space}`, async ({ chroma: { port }, name, device }) => {
    const random = seededRandom(5);
    const all = Array.from({ length: 300 }, (_, n) => ({ id: `r${n}`, n, part: n % 3, vector: [random(), random(), random(), random()].map((one) => Math.fround(one * 4 - 2)) }));
    const theirs = await new OfficialClient({ host: "127.0.0.1", port }).createCollection({ name, embeddingFunction: null, configuration: { hnsw: { space } } });
    await theirs.add({
      ids: all.map(({ id }) => id),
      embeddings: all.map(({ vector }) => vector),
      documents: all.map(({ n }) => `text ${n}`),
      metadatas: all.map(({ n, part }) => ({ n, part })),
    });
    const here = await device({ where: { part: 0 }, space });
    await here.link.sync();
    expect(await here.collection.count()).toBe(100);
    const auto = await here.client.getCollection({ name: here.collection.name, source: "auto" });
    const queries = all.slice(0, 10).map(({ vector }) => vector.map((one) => one + 0.1));
    const request = { queryEmbeddings: queries, nResults: 20, where: { n: { $gte: 20 } }, include: ["distances" as const, "metadatas" as const] };
    const [both, there] = [await auto.query(request), await theirs.query(request)];
    expect(both.ids).toEqual(there.ids);
    expect(both.metadatas).toEqual(there.metadatas);
    both.distances.flat().forEach((distance, at) => expect(distance).toBeCloseTo(there.distances.flat()[at] ?? Number.NaN, 4));
    expect(await auto.count()).toBe(300);
    expect((await auto.get({ where: { n: { $lt: 30 } }, include: [] })).ids.toSorted()).toEqual(all.slice(0, 30).map(({ id }) => id).toSorted());
    // A single node does not search: this side does.
    expect((await auto.search({ limit: { limit: 5 } })).ids[0]).toHaveLength(5);
  });
}
