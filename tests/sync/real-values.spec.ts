/** Values that a real Chroma server changes, merges or keeps, on their way here and back. */

import type { Metadata } from "chromatid";

import { expect, test } from "./fixtures";
import { seededRandom } from "./model/random";
import { expectAgreement, settle } from "./support/device";
import type { Writer } from "./support/writer";

test.describe.configure({ mode: "parallel" });

/** JSON as Python writes it: what a reader of JavaScript would lose is in it. */
const METADATAS = [
  `{"a":9007199254740991,"b":9007199254740992,"c":9007199254740993,"d":-9007199254740991,"e":-9007199254740993}`,
  `{"max":9223372036854775807,"min":-9223372036854775808,"almost":9223372036854775806}`,
  `{"one":1,"float":1.0,"zero":0,"floatZero":0.0,"minusZero":-0.0,"million":1e6,"large":1e300,"least":5e-324,"pi":3.141592653589793}`,
  `{"int":12345678901234567,"float":12345678901234567.0,"edge":1e21,"next":1e20,"small":1e-7}`,
  `{"yes":true,"no":false,"text":"1","empty":"","float":"1.0","quoted":"\\"\\\\","line":"a\\nb\\u0000c"}`,
  `{"__proto__":1,"constructor":"x","toString":true,"hasOwnProperty":1.5}`,
  `{"ключ":"значение","鍵":"値","🦊":"🦊🦊","e\\u0301":"decomposed","\\u00e9":"composed"," ":"blank"}`,
  `{"ints":[1,2,9007199254740993],"floats":[1.0,2.5],"texts":["a","a","[1]"],"flags":[true,false]}`,
  `{"one":[1],"oneFloat":[1.0],"longs":[-9223372036854775808,9223372036854775807]}`,
  "null",
];

const ID_OF = METADATAS.map((_, n) => `id-${String(n)}`);
const REQUEST = `{"ids":${JSON.stringify(ID_OF)},"embeddings":${JSON.stringify(ID_OF.map((_, n) => [n, 1]))},"metadatas":[${METADATAS.join(",")}]}`;

/** What Python sees of the metadata of each record. */
async function shown(python: Writer, collection: string): Promise<[string, Record<string, string>][]> {
  return [...(await python.seen(collection))].map(([id, record]): [string, Record<string, string>] => [id, record.shown]).sort(([a], [b]) => (a < b ? -1 : 1));
}

test("values that Python has written come here and go back as they were", async ({ chroma: { python }, name, device }) => {
  await python.tell(name, "create");
  await python.tell(name, "add", REQUEST);
  const before = await shown(python, name);
  expect(Object.fromEntries(before)["id-0"]).toMatchObject({ c: "9007199254740993", e: "-9007199254740993" });
  expect(Object.fromEntries(before)["id-2"]).toMatchObject({ one: "1", float: "1.0" });
  const one = await device();
  await one.link.sync();
  await settle([one]);
  expect(await shown(python, name), "nobody has edited anything").toEqual(before);

  // An edit sends all of the metadata.
  await one.collection.update({ ids: ID_OF, metadatas: ID_OF.map(() => ({ edited: true })) });
  await one.link.sync();
  const edited = before.map(([id, values]) => [id, { ...values, edited: "True" }]);
  expect(await shown(python, name)).toEqual(edited);
  expect(Object.values((await python.tell(name, "marks")) as object)).toEqual(ID_OF.map(() => ["_cid_h", "_cid_o", "_cid_s", "_cid_v"]));

  // Another collection gets them from here alone.
  await one.relink({ collection: `${name}-copy` });
  await one.link.sync();
  await settle([one]);
  expect(await shown(python, `${name}-copy`)).toEqual(edited);
});

test("what is removed here is removed there, and what changes its kind changes it", async ({ chroma: { python }, name, device }) => {
  const one = await device();
  const ids = ["keys", "document", "uri", "kind", "empty", "plain"];
  await one.collection.add({
    ids,
    embeddings: ids.map((_, n) => [n, 1]),
    documents: ids.map((id) => `text of ${id}`),
    uris: ids.map((id) => `https://example.org/${id}`),
    metadatas: ids.map(() => ({ n: 1, other: "x" })),
  });
  await one.link.sync();
  const other = await device();
  await other.link.sync();
  const kinds = [1, "one", [1, 2], [1.5], ["a"], [true], 1.5, false, 7];
  for (const [step, kind] of kinds.entries()) {
    await one.collection.update({ ids: ["kind"], metadatas: [{ n: kind }] });
    if (step === 0) {
      await one.collection.update({ ids: ["keys"], metadatas: [{ n: null }] });
      await one.collection.update({ ids: ["empty"], metadatas: [{ n: null, other: null }] });
      await one.collection.delete({ ids: ["document", "uri"] });
      await one.collection.add({ ids: ["document"], embeddings: [[1, 1]], metadatas: [{ n: 1 }], uris: ["https://example.org/document"] });
      await one.collection.add({ ids: ["uri"], embeddings: [[2, 1]], metadatas: [{ n: 1 }], documents: ["text of uri"] });
    }
    await one.link.sync();
    expect((await python.seen(name)).get("kind")?.metadata).toEqual({ n: kind, other: "x" });
  }
  const seen = await python.seen(name);
  expect(seen.get("keys")?.metadata).toEqual({ other: "x" });
  expect(seen.get("empty")?.metadata).toEqual({});
  expect(seen.get("document")).toMatchObject({ document: null, uri: "https://example.org/document", metadata: { n: 1 } });
  expect(seen.get("uri")).toMatchObject({ document: "text of uri", uri: null, metadata: { n: 1 } });
  await settle([one, other]);
  await expectAgreement(python, name, [one, other]);
  // An empty document is one.
  await other.collection.update({ ids: ["keys"], documents: [""], embeddings: [[0, 1]] });
  await settle([other, one]);
  expect((await python.seen(name)).get("keys")?.document).toBe("");
  await expectAgreement(python, name, [one, other]);
});

for (const space of ["cosine", "ip", "l2"] as const) {
  test(`no embedding looks changed in three comparisons of everything: ${space}`, async ({ chroma: { python }, name, device }) => {
    const random = seededRandom(5);
    const count = space === "cosine" ? 2_000 : 500;
    const ids = Array.from({ length: count }, (_, n) => `id-${String(n)}`);
    const vector = () => Array.from({ length: 96 }, () => (random() - 0.5) * 10 ** Math.floor(4 * random() - 2));
    const one = await device({ space });
    await one.collection.add({ ids, embeddings: ids.map((_, n) => (n === 0 ? vector().fill(0) : vector())) });
    await one.link.sync();
    const two = await device();
    await two.link.sync();
    [one, two].forEach(({ writes }) => writes.splice(0));
    for (let round = 0; round < 3; round += 1) {
      for (const { link, writes } of [one, two]) {
        await link.sync({ deep: true });
        expect((await link.status()).progress).toMatchObject({ pushed: 0, pulled: 0, deleted: 0, conflicts: 0 });
        expect(writes).toEqual([]);
      }
    }
    // And one that has changed does.
    await python.tell(name, "update", { ids: ["id-7"], embeddings: [vector()] });
    await two.link.sync({ deep: true });
    expect((await two.link.status()).progress.pulled).toBe(1);
  });
}

test("floats whose last digit the server misses are not written again and again", async ({ chroma: { python }, name, device }) => {
  const random = seededRandom(6);
  const float = () => (2 * random() - 1) * 10 ** Math.floor(30 * random() - 15);
  const ids = Array.from({ length: 100 }, (_, n) => `id-${String(n)}`);
  const floats = () => Object.fromEntries(Array.from({ length: 20 }, (_, k) => [`k${String(k)}`, float()]));
  const one = await device();
  const metadatas = ids.map(floats);
  await one.collection.add({ ids, embeddings: ids.map((_, n) => [n, 1]), metadatas });
  await one.link.sync();
  const two = await device();
  await settle([one, two]);
  const there = await python.seen(name);
  const missed = ids.filter((id, n) => Object.entries(metadatas[n] ?? {}).some(([key, value]) => there.get(id)?.metadata[key] !== value));
  expect(missed.length, "records in which the server has another float than was written").toBeGreaterThan(50);
  // What two has read are neighbours: an edit of another key sends those.
  await two.collection.update({ ids: ids.slice(0, 50), metadatas: ids.slice(0, 50).map(() => ({ edited: "by two" })) });
  await one.collection.update({ ids: ids.slice(50), metadatas: ids.slice(50).map(() => ({ edited: "by one" })) });
  await settle([two, one]);
  for (const { collection } of [one, two]) {
    const found = await collection.get({ include: ["metadatas"] });
    const errors = found.ids.flatMap((id, place) =>
      Object.entries(metadatas[ids.indexOf(id)] ?? {}).map(([key, value]) => Math.abs((found.metadatas[place]?.[key] as number) / value - 1)),
    );
    expect(errors).toHaveLength(2_000);
    expect(Math.max(...errors)).toBeLessThan(1e-14);
  }
});

test("a record that the server refuses is named, and keeps no other back", async ({ chroma: { python }, name, device }) => {
  const one = await device();
  const ids = Array.from({ length: 40 }, (_, n) => `id-${String(n)}`);
  const sparse = { indices: [1, 5], values: [0.5, 1] };
  const metadatas = ids.map((_, n): Metadata => (n % 20 === 7 ? { n, sparse } : { n }));
  await one.collection.add({ ids, embeddings: ids.map((_, n) => [n, 1]), metadatas });
  await one.link.sync();
  const { refused, pending } = await one.link.status();
  expect(refused.map(({ id }) => id).sort()).toEqual(["id-27", "id-7"]);
  expect(refused[0]?.message).toContain("parse");
  expect(pending).toBe(0);
  expect((await python.seen(name)).size).toBe(38);
  await settle([one]);
  expect((await one.seen()).size).toBe(40);
  // What is mended goes on its way.
  await one.collection.update({ ids: ["id-7"], metadatas: [{ sparse: null }] });
  await one.collection.delete({ ids: ["id-27"] });
  await settle([one]);
  await expectAgreement(python, name, [one]);
});
