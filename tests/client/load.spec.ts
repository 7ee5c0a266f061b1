/** A server with as many connections as it takes, killed in the middle: what it has acknowledged is there when it starts again. */

import { expect, test } from "@playwright/test";

import { apiOf, createCollection, startServer, until, withServer } from "./support/cli";
import { withDirectory } from "./support/node-process";
import { seededRandom } from "./support/random";

/** How long the load lasts before the kill. */
const SECONDS = Number(process.env.CHROMATID_LOAD_SECONDS ?? 4);

const CONNECTIONS = 64;

/** The statuses that a loaded server may answer: done, and too much at once. */
const DOCUMENTED = new Set([200, 201, 429]);

interface Tally {
  answers: Map<number, number>;
  /** Ids whose addition, or deletion, was acknowledged last. */
  present: Set<string>;
  absent: Set<string>;
  /** Failures of connections, before the kill. */
  failures: string[];
  killed: boolean;
}

const vector = (random: () => number): number[] => Array.from({ length: 16 }, () => Math.round(random() * 1000) / 1000);

/** One connection: adds, reads, queries, deletes, one after the other. */
async function lane(url: string, number: number, tally: Tally): Promise<void> {
  const random = seededRandom(number);
  const ask = async (operation: string, body: object): Promise<{ status: number; body: string } | undefined> => {
    try {
      const headers = { "content-type": "application/json" };
      const response = await fetch(`${url}/${operation}`, { method: "POST", body: JSON.stringify(body), headers });
      const answer = { status: response.status, body: await response.text() };
      tally.answers.set(answer.status, (tally.answers.get(answer.status) ?? 0) + 1);
      return answer;
    } catch (error) {
      if (!tally.killed) {
        tally.failures.push(String(error));
      }
      return undefined;
    }
  };
  for (let n = 0; !tally.killed; n++) {
    const ids = [0, 1, 2].map((i) => `${number}-${n}-${i}`);
    const added = await ask("add", { ids, embeddings: ids.map(() => vector(random)), documents: ids.map((id) => `text of ${id}`) });
    if (added?.status === 201) {
      ids.forEach((id) => tally.present.add(id));
      const found = await ask("get", { ids, include: ["documents"] });
      if (found?.status === 200) {
        expect((JSON.parse(found.body) as { documents: string[] }).documents).toEqual(ids.map((id) => `text of ${id}`));
      }
      await ask("query", { query_embeddings: [vector(random)], n_results: 5 });
      const [gone = ""] = ids;
      tally.present.delete(gone);
      if ((await ask("delete", { ids: [gone] }))?.status === 200) {
        tally.absent.add(gone);
      }
    }
  }
}

test(`${CONNECTIONS} connections that write and read, and a kill in the middle: nothing acknowledged is lost`, () =>
  withDirectory(async (directory) => {
    test.setTimeout((SECONDS + 60) * 1000);
    const { url, process } = await startServer("--path", directory);
    const records = await createCollection(apiOf(url), '{"name":"things"}');
    const tally: Tally = { answers: new Map(), present: new Set(), absent: new Set(), failures: [], killed: false };
    const lanes = Array.from({ length: CONNECTIONS }, (_, number) => lane(`${url}/api/v2${records}`, number, tally));
    const deadline = Date.now() + SECONDS * 1000;
    await until(() => Date.now() > deadline || tally.failures.length > 0);
    tally.killed = true;
    process.signal("SIGKILL");
    await process.ended;
    await Promise.all(lanes);
    expect(tally.failures).toEqual([]);
    expect([...tally.answers.keys()].filter((status) => !DOCUMENTED.has(status))).toEqual([]);
    expect(tally.present.size).toBeGreaterThan(CONNECTIONS);

    await withServer(["--path", directory], async (again) => {
      const { ids } = JSON.parse(await apiOf(again.url)("POST", `${records}/get`, '{"include":[]}')) as { ids: string[] };
      const found = new Set(ids);
      expect([...tally.present].filter((id) => !found.has(id))).toEqual([]);
      expect([...tally.absent].filter((id) => found.has(id))).toEqual([]);
    });
  }));
