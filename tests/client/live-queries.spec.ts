/** What a live query asks of the engine, and what it does when that is lost. */

import { expect, test } from "@playwright/test";

import { ChromaClient } from "../../pkg/src/index.js";
import { connectionLost } from "../../pkg/src/engine/errors.js";
import { installConnector } from "./support/engine.js";

const columns = (id: string) => ({ ids: [id], documents: null, embeddings: null, metadatas: null, uris: null });

async function watched(nextChange: (seen: number) => unknown) {
  let refreshed = 0;
  const refresh = () => columns(String((refreshed += 1)));
  const log = installConnector({ watch: 7, refresh, unwatch: undefined, nextChange });
  const client = new ChromaClient({ storage: "memory" });
  const collection = await client.createCollection({ name: "things", embeddingFunction: null });
  const seen: string[] = [];
  const errors: unknown[] = [];
  const end = collection.watch({ get: {} }, ({ ids }) => seen.push(...ids), (error) => errors.push(error));
  const count = (method: string) => log.calls.filter((call) => call.method === method).length;
  return { seen, errors, end, count, log };
}

test("a query whose engine is lost goes on with the next one", async () => {
  let changes = 0;
  const { seen, errors, count } = await watched(() => {
    changes += 1;
    if (changes === 1) {
      throw connectionLost("the engine stopped");
    }
    return new Promise(() => undefined);
  });
  await expect.poll(() => seen).toEqual(["1", "2"]);
  expect([errors, count("watch"), count("unwatch")]).toEqual([[], 2, 1]);
});

test("a query that never had an answer ends with its error", async () => {
  const log = installConnector({ watch: connectionLost("the engine stopped") });
  const client = new ChromaClient({ storage: "memory" });
  const collection = await client.createCollection({ name: "things", embeddingFunction: null });
  const errors: unknown[] = [];
  collection.watch({ get: {} }, () => undefined, (error) => errors.push(error));
  await expect.poll(() => errors.length).toBe(1);
  expect((errors[0] as Error).name).toBe("ChromaConnectionError");
  expect(log.calls.filter(({ method }) => method === "watch")).toHaveLength(1);
});

test("a query that is ended is forgotten once, and shows nothing more", async () => {
  let wake = (_changes: number): void => undefined;
  const { seen, errors, end, count } = await watched(
    () =>
      new Promise<number>((resolve) => {
        wake = resolve;
      }),
  );
  await expect.poll(() => seen).toEqual(["1"]);
  end();
  wake(1);
  await new Promise((resolve) => setTimeout(resolve, 20));
  expect([seen, errors, count("unwatch"), count("refresh")]).toEqual([["1"], [], 1, 1]);
});
