/** The model of a Chroma server against the server itself. */

import { expect, test } from "@playwright/test";

import { withChroma } from "../../scripts/conformance/server.mjs";
import { type Call, Caller, create, type Outcome, records } from "./model/calls.js";
import { seededRandom } from "./model/random.js";
import { LARGE, SCRIPT } from "./model/script.js";
import { ModelServer } from "./model/server.js";

function model(): Caller {
  const server = new ModelServer({ now: Date.now, random: seededRandom(1) });
  return new Caller(server.fetch, "http://model");
}

async function outcomesOf(caller: Caller, calls: Call[]): Promise<Outcome[]> {
  const outcomes: Outcome[] = [];
  for (const one of calls) {
    outcomes.push(await caller.send(one));
  }
  return outcomes;
}

const real = (url: string) => new Caller((target, init) => fetch(target, init), url);

test.describe("against a Chroma server", () => {
  test.setTimeout(300_000);

  test("the model answers what the server answers", async () => {
    await withChroma(async (url) => {
      const expected = await outcomesOf(real(url), SCRIPT);
      const got = await outcomesOf(model(), SCRIPT);
      got.forEach((outcome, index) => expect.soft(outcome).toEqual(expected[index]));
    });
  });

  test("it has the limits of the server", async () => {
    await withChroma(async (url) => {
      const expected = await outcomesOf(real(url), LARGE);
      const got = await outcomesOf(model(), LARGE);
      const differing = got.filter((outcome, index) => !isSame(outcome, expected[index]));
      expect(differing.map(({ call, status }) => `${call} ${String(status)}`)).toEqual([]);
    });
  });

  for (const space of ["l2", "cosine", "ip"]) {
    test(`it gives back the vectors of the server: ${space}`, async () => {
      await withChroma(async (url) => {
        const calls = vectorCalls(space);
        expect(await outcomesOf(model(), calls)).toEqual(await outcomesOf(real(url), calls));
      });
    });
  }

  test("it reads floats as the server does", async () => {
    await withChroma(async (url) => {
      const calls = floatCalls();
      expect(await outcomesOf(model(), calls)).toEqual(await outcomesOf(real(url), calls));
    });
  });
});

/** Large answers are not for a report. */
function isSame(one: Outcome, other: Outcome | undefined): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}

function vectorCalls(space: string): Call[] {
  const random = seededRandom(7);
  return [1, 2, 3, 17, 384].flatMap((dimension) => {
    const name = `${space}-${String(dimension)}`;
    const vectors = Array.from({ length: 100 }, () => Array.from({ length: dimension }, () => Math.fround(8 * random() - 4)));
    vectors.push(vectors[0]?.map(() => 0) ?? []);
    const ids = vectors.map((_, index) => String(index));
    return [
      create(name, { configuration: { hnsw: { space } } }),
      records(name, "add", { ids, embeddings: vectors }),
      records(name, "get", { include: ["embeddings"] }),
    ];
  });
}

/** Written with 17 digits, of which an ordinary reader finds the same float again. */
function floatCalls(): Call[] {
  const random = seededRandom(11);
  const float = () => (2 * random() - 1) * 10 ** Math.floor(60 * random() - 30);
  const rows = Array.from({ length: 20 }, () => Array.from({ length: 100 }, float));
  const metadata = rows.map((row) => Object.fromEntries(row.map((value, index) => [`k${String(index)}`, value])));
  return [
    create("floats"),
    records("floats", "add", { ids: rows.map((_, index) => String(index)), embeddings: rows.map(() => [1]), metadatas: metadata }),
    records("floats", "get", { include: ["metadatas"] }),
  ];
}
