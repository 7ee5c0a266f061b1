/** `chromatid copy`: what arrives is what was there, whatever it is and however often the copy is interrupted. */

import { statSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import path from "node:path";

import { expect, test } from "@playwright/test";

import { type Api, apiOf, cli, CliProcess, collectionsPath, contentOf, createCollection, until, withServer, withStore } from "./support/cli";
import { withDirectory } from "./support/node-process";
import { seededRandom } from "./support/random";

/** Every type of metadata; numbers that `JSON.parse` would change; texts that are hard to write. */
const ALL_KINDS = String.raw`{
  "ids": ["a", "ä☃🎉", "q\"uo\\te]}", "none", "null\u0000"],
  "embeddings": [[0.1, -2.5e-7, 16777217], [1, 0, 0], [0, 3.4028234e38, 0], [1e-45, 0, 1], [0.30000001, 1, 2]],
  "documents": ["a [\"document\"], {quoted} \\ and \n broken", "", null, null, "𝒳 \ud83d\ude00 \u2028 ]}"],
  "uris": ["https://example.com/?q=\"[1]\"", null, null, null, ""],
  "metadatas": [
    {"large": 9007199254740993, "least": -9223372036854775808, "most": 9223372036854775807, "float": 1.0, "tiny": 5e-324, "big": 1e300},
    {"yes": true, "no": false, "text": "]}\"\\", "empty": "", "zero": -0.0, "ключ ☃": "значение"},
    {"floats": [1.0, 2.5], "integers": [9007199254740993, 1], "texts": ["a\"]", ""], "flags": [true, false]},
    null,
    {"sparse": {"#type": "sparse_vector", "indices": [1, 70000], "values": [0.1, 2.0]},
     "words": {"#type": "sparse_vector", "indices": [3], "values": [0.5], "tokens": ["wör\"d"]}}
  ]
}`;

const SETTINGS = [
  '{"name":"all-kinds","metadata":{"large":9007199254740993,"float":1.0,"text":"\\"]}","list":[1.0,2.0]}}',
  '{"name":"configured","configuration":{"hnsw":{"space":"cosine","ef_construction":77},"embedding_function":{"type":"known","name":"openai","config":{"model":"x"}}}}',
  '{"name":"lists","configuration":{"spann":{"space":"ip","search_nprobe":32}}}',
  '{"name":"legacy","metadata":{"hnsw:space":"ip","hnsw:M":20}}',
  '{"name":"empty"}',
];

/** Fills a store with collections of all kinds; answers their names. */
async function fillAllKinds(api: Api): Promise<string[]> {
  for (const body of SETTINGS) {
    const records = await createCollection(api, body);
    if (!body.includes("empty")) {
      await api("POST", `${records}/add`, ALL_KINDS);
    }
  }
  const plain = JSON.parse(await api("GET", `${collectionsPath()}/empty`)) as { schema: { defaults: object; keys: object } };
  const sparse = { sparse_vector: { sparse_vector_index: { enabled: true, config: { bm25: true } } } };
  const off = { string: { string_inverted_index: { enabled: false, config: {} } } };
  const schema = { defaults: plain.schema.defaults, keys: { ...plain.schema.keys, sparse, text: off } };
  await api("POST", `${await createCollection(api, JSON.stringify({ name: "indexed", schema }))}/add`, ALL_KINDS);
  return ["all-kinds", "configured", "lists", "legacy", "empty", "indexed"];
}

async function contents(api: Api, names: readonly string[], database?: string) {
  return Promise.all(names.map(async (name) => [name, await contentOf(api, name, database)] as const));
}

test("records and collections of all kinds go to a directory, a server and back", () =>
  withDirectory(async (directory) => {
    const below = (name: string) => path.join(directory, name);
    const [first, second, third, served] = [below("first"), below("second"), below("third"), below("served")];
    const [names, original] = await withStore(first, async (api) => {
      const names = await fillAllKinds(api);
      return [names, await contents(api, names)] as const;
    });
    expect(original[0]?.[1].records).toContain("9007199254740993");
    expect(await cli("copy", first, second, "--page", "2")).toMatchObject({ code: 0, stderr: "" });
    expect(await withStore(second, (api) => contents(api, names))).toEqual(original);
    await withServer(["--path", served], async ({ url }) => {
      const { code, stdout } = await cli("copy", second, `${url}/api/v2/`);
      expect(code).toBe(0);
      expect(stdout.trim().split("\n").sort()).toEqual(names.map((name) => `${name}: ${name === "empty" ? "0 copied, 0" : "5 copied, 5"} in the target`).sort());
      expect(await contents(apiOf(url), names)).toEqual(original);
      expect((await cli("copy", url, third)).code).toBe(0);
    });
    expect(await withStore(third, (api) => contents(api, names))).toEqual(original);
  }));

/** Adds records whose parts follow from their numbers. */
async function fillMany(api: Api, name: string, count: number, dimension = 8): Promise<void> {
  const random = seededRandom(count);
  const records = await createCollection(api, JSON.stringify({ name }));
  for (let start = 0; start < count; start += 1000) {
    const numbers = Array.from({ length: Math.min(1000, count - start) }, (_, n) => start + n);
    const body = {
      ids: numbers.map((n) => `id-${String(n)}`),
      embeddings: numbers.map(() => Array.from({ length: dimension }, () => random() - 0.5)),
      documents: numbers.map((n) => (n % 3 === 0 ? null : `document ${String(n)}`)),
      metadatas: numbers.map((n) => ({ n, half: n / 2 })),
    };
    await api("POST", `${records}/add`, JSON.stringify(body));
  }
}

async function countOf(api: Api, name: string): Promise<number> {
  const answer = await api("GET", `${collectionsPath()}/${name}`).catch(() => undefined);
  return answer === undefined ? 0 : Number(await api("GET", `${collectionsPath()}/${(JSON.parse(answer) as { id: string }).id}/count`));
}

const MANY = 6000;

test("a copy to a server that is killed again and again goes on where it was", () =>
  withDirectory(async (directory) => {
    const source = path.join(directory, "source");
    const original = await withStore(source, async (api) => {
      await fillMany(api, "many", MANY);
      return contentOf(api, "many");
    });
    await withServer(["--path", path.join(directory, "target")], async ({ url }) => {
      const api = apiOf(url);
      for (const enough of [1, 1500, 3000, 4500]) {
        const copying = new CliProcess(["copy", source, url, "--page", "50"]);
        await until(async () => (await countOf(api, "many")) >= enough || !copying.isRunning);
        expect(copying.isRunning, "it was killed before its end").toBe(true);
        copying.signal("SIGKILL");
        await copying.ended;
      }
      const had = await countOf(api, "many");
      expect(had).toBeLessThan(MANY);
      const { code, stdout } = await cli("copy", source, url);
      expect({ code, stdout }).toEqual({ code: 0, stdout: `many: ${String(MANY - had)} copied, ${String(MANY)} in the target\n` });
      expect(await contentOf(api, "many")).toEqual(original);
      expect((await cli("copy", source, url)).stdout).toBe(`many: 0 copied, ${String(MANY)} in the target\n`);
    });
  }));

test("a copy between directories that is killed again and again goes on where it was", () =>
  withDirectory(async (directory) => {
    const [source, target] = [path.join(directory, "source"), path.join(directory, "target")];
    const original = await withStore(source, async (api) => {
      await fillMany(api, "many", MANY);
      return contentOf(api, "many");
    });
    const written = () => ["log.0", "log.1", "blocks"].reduce((sum, name) => sum + (statSync(path.join(target, name), { throwIfNoEntry: false })?.size ?? 0), 0);
    for (const more of [1, 100_000, 200_000]) {
      const before = written();
      const copying = new CliProcess(["copy", source, target, "--page", "20"]);
      await until(() => written() >= before + more || !copying.isRunning);
      expect(copying.isRunning, "it was killed before its end").toBe(true);
      copying.signal("SIGKILL");
      await copying.ended;
    }
    expect(await cli("copy", source, target)).toMatchObject({ code: 0, stderr: "" });
    expect(await withStore(target, (api) => contentOf(api, "many"))).toEqual(original);
  }));

test("a record that the target has is left alone, or written anew as a whole", () =>
  withDirectory(async (directory) => {
    const [source, target] = [path.join(directory, "source"), path.join(directory, "target")];
    const original = await withStore(source, async (api) => {
      const records = await createCollection(api, '{"name":"things"}');
      await api("POST", `${records}/add`, '{"ids":["a","b"],"embeddings":[[1],[2]],"metadatas":[{"n":1},{"n":2}]}');
      return contentOf(api, "things");
    });
    const other = await withStore(target, async (api) => {
      const records = await createCollection(api, '{"name":"things"}');
      await api("POST", `${records}/add`, '{"ids":["b"],"embeddings":[[9]],"documents":["other"],"metadatas":[{"n":9,"other":1}]}');
      return (await contentOf(api, "things")).records;
    });
    expect((await cli("copy", source, target)).stdout).toBe("things: 1 copied, 2 in the target\n");
    const kept = await withStore(target, (api) => contentOf(api, "things"));
    expect(kept.records).toContain('{"n":9,"other":1}');
    expect(other).toContain('{"n":9,"other":1}');
    expect((await cli("copy", source, target, "--overwrite")).stdout).toBe("things: 2 copied, 2 in the target\n");
    expect((await withStore(target, (api) => contentOf(api, "things"))).records).toBe(original.records);
  }));

test("collections, tenants and databases are chosen", () =>
  withDirectory(async (directory) => {
    const [source, target] = [path.join(directory, "source"), path.join(directory, "target")];
    const original = await withStore(source, async (api) => {
      await Promise.all(["first", "second", "third"].map((name) => fillMany(api, name, 3)));
      return contents(api, ["first", "third"]);
    });
    const chosen = ["--collection", "first", "--collection", "third"];
    expect((await cli("copy", ...chosen, source, target, "--target-tenant", "others", "--target-database", "archive")).code).toBe(0);
    await withStore(target, async (api) => {
      const list = JSON.parse(await api("GET", collectionsPath("archive", "others"))) as { name: string }[];
      expect(list.map(({ name }) => name).sort()).toEqual(["first", "third"]);
    });
    expect((await cli("copy", source, source, ...chosen, "--target-database", "archive")).code).toBe(0);
    expect(await withStore(source, (api) => contents(api, ["first", "third"], "archive"))).toEqual(original);
    for (const [args, message] of [
      [[source, `${source}/`], "The source is the target"],
      [[source, target, "--collection", "nonesuch"], "There is no collection 'nonesuch'"],
      [[source, target, "--source-database", "nonesuch"], "There are no collections in the database 'nonesuch'"],
      [[path.join(directory, "nothing"), target], "There is no store in"],
    ] as const) {
      const { code, stderr } = await cli("copy", ...args);
      expect({ code, stderr }).toMatchObject({ code: 1, stderr: expect.stringContaining(message) });
    }
  }));

test("tokens are sent, and one that is wrong is told", () =>
  withDirectory(async (directory) => {
    const source = path.join(directory, "source");
    await withStore(source, (api) => fillMany(api, "few", 3));
    await withServer(["--path", path.join(directory, "target"), "--token", "right"], async ({ url }) => {
      const refused = await cli("copy", source, url, "--target-token", "wrong");
      expect(refused).toMatchObject({ code: 1, stderr: expect.stringContaining(`${url} answered 401: Unauthorized`) });
      expect((await cli("copy", source, url, "--target-token", "right")).code).toBe(0);
      const env = { CHROMATID_SOURCE_TOKEN: "right" };
      expect((await new CliProcess(["copy", url, path.join(directory, "back")], { env }).ended).code).toBe(0);
    });
  }));

test("pages that are larger than a request may be are cut, and a record that is too large is named", () =>
  withDirectory(async (directory) => {
    const source = path.join(directory, "source");
    const original = await withStore(source, async (api) => {
      await fillMany(api, "wide", 1000, 128);
      return contentOf(api, "wide");
    });
    await withServer(["--path", path.join(directory, "target"), "--body-limit", "0.1"], async ({ url }) => {
      expect((await cli("copy", source, url)).code).toBe(0);
      expect(await contentOf(apiOf(url), "wide")).toEqual(original);
      await withStore(source, async (api) => {
        const records = await createCollection(api, '{"name":"long"}');
        const body = { ids: ["short", "long"], embeddings: [[1], [2]], documents: ["", "x".repeat(200_000)] };
        await api("POST", `${records}/add`, JSON.stringify(body));
      });
      const { code, stderr } = await cli("copy", source, url);
      expect(code).toBe(1);
      expect(stderr).toContain("The record 'long' is larger than a request to the target may be");
    });
  }));

/** Runs with a server in front of another one, which loses a record of each `add` on the way. */
async function withLoss(url: string, run: (url: string) => Promise<void>): Promise<void> {
  const proxy = createServer((incoming, outgoing) => {
    const chunks: Buffer[] = [];
    incoming.on("data", (chunk: Buffer) => chunks.push(chunk));
    incoming.on("end", () => void forward(Buffer.concat(chunks).toString()));
    const forward = async (text: string) => {
      const { method, url: route = "" } = incoming;
      const whole = route.endsWith("/add") ? (JSON.parse(text) as Record<string, unknown[]>) : {};
      const rest = Object.fromEntries(Object.entries(whole).map(([name, list]) => [name, list.slice(1)]));
      const body = method === "GET" ? undefined : route.endsWith("/add") ? JSON.stringify(rest) : text;
      const answer = await fetch(url + route, { method, body, headers: { "content-type": "application/json" } });
      outgoing.writeHead(answer.status).end(await answer.text());
    };
  });
  await new Promise<void>((resolve) => proxy.listen(0, "127.0.0.1", resolve));
  try {
    await run(`http://127.0.0.1:${String((proxy.address() as AddressInfo).port)}`);
  } finally {
    proxy.closeAllConnections();
    proxy.close();
  }
}

test("a target that loses a record is found out", () =>
  withDirectory(async (directory) => {
    const source = path.join(directory, "source");
    await withStore(source, async (api) => {
      await fillMany(api, "few", 3);
      await createCollection(api, '{"name":"none"}');
    });
    await withServer(["--path", path.join(directory, "target")], ({ url }) =>
      withLoss(url, async (lossy) => {
        const { code, stdout, stderr } = await cli("copy", source, lossy);
        expect(code).toBe(1);
        expect(stderr).toBe("error: The copy is not the same: 'few' has 3 records in the source and 2 in the target.\n");
        expect(stdout).toContain("none: 0 copied, 0 in the target\n");
        // What is missing is seen by the next one, and added.
        expect((await cli("copy", source, url)).stdout).toContain("few: 1 copied, 3 in the target\n");
      }),
    );
  }));

test("something else than a server is told", async () => {
  const server = createServer((_, outgoing) => outgoing.end("<html>welcome"));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  try {
    const url = `http://127.0.0.1:${String((server.address() as AddressInfo).port)}`;
    const { code, stderr } = await cli("db", "list", "--url", url);
    expect({ code, stderr }).toEqual({ code: 1, stderr: `error: ${url} does not answer as a Chroma server does: <html>welcome\n` });
  } finally {
    server.close();
  }
});
