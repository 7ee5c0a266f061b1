/**
 * Published packages of embedding functions, unmodified: with `chromadb` aliased to this package they register here, embed
 * the texts of collections, and come back with them.
 */

import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import path from "node:path";
import { pathToFileURL } from "node:url";
import { promisify } from "node:util";
import { compileFunction } from "node:vm";

import { expect, test } from "@playwright/test";

import type * as chromatid from "../../pkg/src/index.js";
import { bundleAndImport } from "./support/bundle.js";
import { thrown } from "./support/engine.js";
import { type Asked, withHttpServer } from "./support/http.js";
import { tinyModel } from "./support/tiny-model.js";

const ROOT = path.join(import.meta.dirname, "..", "..");
const PACKAGES = path.join(ROOT, "tests/fixtures/chroma-core");

/** An application that was written for the official client. */
const APPLICATION = `
  export * from "chromadb";
  export { OpenAIEmbeddingFunction } from "@chroma-core/openai";
  export { ChromaBm25EmbeddingFunction } from "@chroma-core/chroma-bm25";
`;

type Application = typeof chromatid & {
  OpenAIEmbeddingFunction: chromatid.EmbeddingFunctionClass;
  ChromaBm25EmbeddingFunction: chromatid.SparseEmbeddingFunctionClass;
};

let app: Application;

test.beforeAll(async () => {
  // All functions of all packages, on whatever else the machine is doing.
  test.setTimeout(240_000);
  const alias = { chromadb: "chromatid" };
  const options = { name: "chroma-core", program: APPLICATION, context: PACKAGES, alias };
  app = (await bundleAndImport(options)) as Application;
});

/** A storage that outlives its clients, so that a store can be opened again. */
function storage(): chromatid.StorageAdapter {
  const source = readFileSync(path.join(ROOT, "src/storage/browser/map_adapter.js"), "utf8");
  return (compileFunction(source) as () => chromatid.StorageAdapter)();
}

/** Runs with a client, which is closed in the end. */
async function withClient<T>(kept: chromatid.StorageAdapter, run: (client: chromatid.ChromaClient) => Promise<T>): Promise<T> {
  const client = new app.ChromaClient({ storage: kept });
  try {
    return await run(client);
  } finally {
    await client.close();
  }
}

/** Vectors of three components: how often a text has each of the letters a, b and c. */
function countLetters(text: string): number[] {
  return ["a", "b", "c"].map((letter) => text.split(letter).length - 1);
}

/** What OpenAI's embeddings API answers. */
function embeddingsApi({ body }: Asked): string {
  const { input, encoding_format } = JSON.parse(body) as { input: string[]; encoding_format?: string };
  const encode = (vector: number[]) =>
    encoding_format === "base64" ? Buffer.from(new Float32Array(vector).buffer).toString("base64") : vector;
  return JSON.stringify({
    object: "list",
    data: input.map((text, index) => ({ object: "embedding", index, embedding: encode(countLetters(text)) })),
  });
}

const KEY = "CHROMATID_TEST_KEY";

test.describe("@chroma-core/openai", () => {
  test.beforeEach(() => {
    process.env[KEY] = "secret";
  });
  test.afterEach(() => {
    delete process.env[KEY];
  });

  const openai = (url: string, modelName = "letters") =>
    new app.OpenAIEmbeddingFunction({ modelName, dimensions: 3, apiKeyEnvVar: KEY, apiBase: `${url}/v1` });

  test("registers with this package", () => {
    expect(app.knownEmbeddingFunctions.get("openai")).toBe(app.OpenAIEmbeddingFunction);
  });

  test("embeds the texts of a collection, and comes back when the store is opened again", async () => {
    const asked: Asked[] = [];
    const respond = (request: Asked) => {
      asked.push(request);
      return embeddingsApi(request);
    };
    const kept = storage();
    await withHttpServer(respond, async (url) => {
      const configuration = {
        type: "known",
        name: "openai",
        config: { api_key_env_var: KEY, model_name: "letters", dimensions: 3, api_base: `${url}/v1` },
      };
      await withClient(kept, async (client) => {
        const things = await client.createCollection({ name: "things", embeddingFunction: openai(url) });
        expect(things.configuration).toMatchObject({ hnsw: { space: "cosine" }, embedding_function: configuration });
        await things.add({ ids: ["a", "b"], documents: ["aaa", "bc"] });
        const { embeddings } = await things.get({ include: ["embeddings"] });
        expect(embeddings).toEqual([[3, 0, 0], [0, 1, 1]]);
      });
      await withClient(kept, async (client) => {
        const things = await client.getCollection({ name: "things" });
        expect(things.configuration).toMatchObject({ embedding_function: configuration });
        expect(things.embeddingFunction).toBeInstanceOf(app.OpenAIEmbeddingFunction);
        const { ids } = await things.query({ queryTexts: ["bbcc"], nResults: 1 });
        expect(ids).toEqual([["b"]]);
        const search = new app.Search().rank(app.Knn({ query: "aa" })).limit(1);
        expect((await things.search(search)).ids).toEqual([["a"]]);
      });
    });
    const inputs = asked.map(({ body }) => JSON.parse(body) as { input: string[]; model: string; dimensions: number });
    expect(inputs.map(({ input }) => input)).toEqual([["aaa", "bc"], ["bbcc"], ["aa"]]);
    for (const [i, { path: asks, headers }] of asked.entries()) {
      expect([asks, headers.authorization]).toEqual(["/v1/embeddings", "Bearer secret"]);
      expect(inputs[i]).toMatchObject({ model: "letters", dimensions: 3 });
    }
  });

  test("a function that does not fit is refused as by Chroma", async () => {
    await withHttpServer(embeddingsApi, (url) =>
      withClient(storage(), async (client) => {
        const embeddingFunction = openai(url);
        const both = { name: "both", embeddingFunction, configuration: { embeddingFunction } };
        expect(await thrown(() => client.createCollection(both))).toMatchObject({
          name: "ChromaValueError",
          message: "Embedding function provided when already defined in the collection configuration",
        });
        const things = await client.createCollection({ name: "things", embeddingFunction });
        await things.add({ ids: ["a"], documents: ["aaa"] });
        const other = { configuration: { embeddingFunction: openai(url, "numbers") } };
        const refusal = await thrown(() => things.modify(other));
        expect(refusal).toMatchObject({ name: "ChromaValueError", message: "Model name cannot be updated" });
        // Nothing changed, neither here nor for who opens the collection next.
        const restored = await client.getCollection({ name: "things" });
        expect(restored.embeddingFunction?.getConfig?.()).toMatchObject({ model_name: "letters" });
        expect(await thrown(() => restored.modify(other))).toEqual(refusal);
        const same = openai(url);
        await restored.modify({ configuration: { embeddingFunction: same } });
        expect(restored.embeddingFunction).toBe(same);
        // Another function may be given for a session; vectors of another length are not taken.
        const short = { generate: (texts: string[]) => Promise.resolve(texts.map(() => [1, 2])) };
        const mismatched = await client.getCollection({ name: "things", embeddingFunction: short });
        const refused = await thrown(() => mismatched.query({ queryTexts: ["x"] }));
        expect(refused.message).toContain("Collection expecting embedding with dimension of 3, got 2");
      }),
    );
  });

  test("without its key the collection opens, and says so when it has to embed", async () => {
    const kept = storage();
    await withHttpServer(embeddingsApi, (url) =>
      withClient(kept, async (client) => {
        const things = await client.createCollection({ name: "things", embeddingFunction: openai(url) });
        await things.add({ ids: ["a"], documents: ["aaa"] });
      }),
    );
    delete process.env[KEY];
    const { warn } = console;
    const warnings: string[] = [];
    console.warn = (message: string) => void warnings.push(message);
    try {
      await withClient(kept, async (client) => {
        const things = await client.getCollection({ name: "things" });
        expect(await things.count()).toBe(1);
        const refused = await thrown(() => things.query({ queryTexts: ["x"] }));
        expect(refused.name).toBe("ChromaValueError");
        expect(refused.message).toContain("No embedding function found for collection 'things'");
      });
    } finally {
      console.warn = warn;
    }
    expect(warnings).toEqual([expect.stringContaining(KEY)]);
  });
});

test.describe("@chroma-core/chroma-bm25", () => {
  test("registers with this package, and is built from stored configurations", async () => {
    const { knownSparseEmbeddingFunctions, ChromaBm25EmbeddingFunction, getSparseEmbeddingFunction } = app;
    const names = ["chroma_bm25", "chroma-bm25"];
    expect(names.map((name) => knownSparseEmbeddingFunctions.get(name))).toEqual(
      names.map(() => ChromaBm25EmbeddingFunction),
    );
    const config = new ChromaBm25EmbeddingFunction({ k: 2, stopwords: ["of"] }).getConfig?.();
    const client = new app.ChromaClient({ storage: "memory" });
    const built = await getSparseEmbeddingFunction(client, { type: "known", name: "chroma_bm25", config });
    expect(built).toBeInstanceOf(ChromaBm25EmbeddingFunction);
    expect(built?.getConfig?.()).toEqual(config);
  });

  test("its vectors are kept with the records", async () => {
    const bm25 = new app.ChromaBm25EmbeddingFunction();
    const documents = ["a small feline", "a large feline"];
    const vectors = await bm25.generate(documents);
    const kept = storage();
    await withClient(kept, async (client) => {
      const animals = await client.createCollection({ name: "animals", embeddingFunction: null });
      const metadatas = vectors.map((sparse) => ({ sparse }));
      await animals.add({ ids: ["cat", "tiger"], embeddings: [[0], [1]], documents, metadatas });
    });
    await withClient(kept, async (client) => {
      const animals = await client.getCollection({ name: "animals" });
      const { metadatas } = await animals.get();
      const single = vectors.map(({ indices, values }) => ({ indices, values: values.map(Math.fround) }));
      expect(metadatas.map((metadata) => metadata?.sparse)).toEqual(single);
    });
  });
});

test.describe("@chroma-core/default-embed", () => {
  // The real package with the real transformers.js, which loads a model of our own making from a hub of our own.
  const model = tinyModel({ cat: [1, 0.2, 0], tiger: [0.9, 0.4, 0.1], stone: [0, 0.1, 1], big: [0, 1, 0.3] });

  test.afterEach(() => {
    app.knownEmbeddingFunctions.delete("default-embed");
  });

  async function load(hub: string): Promise<chromatid.EmbeddingFunctionClass> {
    const module = (name: string) =>
      import(pathToFileURL(path.join(PACKAGES, "node_modules", name)).href) as Promise<unknown>;
    const { env } = (await module("@huggingface/transformers/dist/transformers.node.mjs")) as {
      env: { remoteHost: string; allowLocalModels: boolean; useFSCache: boolean };
    };
    Object.assign(env, { remoteHost: hub, allowLocalModels: false, useFSCache: false });
    const { DefaultEmbeddingFunction } = (await module("@chroma-core/default-embed/dist/default-embed.mjs")) as {
      DefaultEmbeddingFunction: chromatid.EmbeddingFunctionClass;
    };
    return DefaultEmbeddingFunction;
  }

  test("is the function of collections that name none, and comes back with them", async () => {
    const asked: string[] = [];
    const respond = ({ path: asks }: Asked) => {
      asked.push(asks);
      return model.files.get(asks.replace("/Xenova/all-MiniLM-L6-v2/resolve/main/", ""));
    };
    await withHttpServer(respond, async (url) => {
      const DefaultEmbeddingFunction = await load(url);
      app.registerEmbeddingFunction("default-embed", DefaultEmbeddingFunction);
      const kept = storage();
      await withClient(kept, async (client) => {
        const things = await client.createCollection({ name: "things" });
        expect(things.configuration).toMatchObject({ embedding_function: { type: "known", name: "default", config: {} } });
        await things.add({ ids: ["cat", "stones"], documents: ["Cat", "big stone stone"] });
        const { embeddings } = await things.get({ include: ["embeddings"] });
        const expected = [model.embed(["cat"]), model.embed(["big", "stone", "stone"])];
        embeddings.flat().forEach((component, i) => expect(component).toBeCloseTo(expected.flat()[i]!, 6));
      });
      await withClient(kept, async (client) => {
        const things = await client.getCollection({ name: "things" });
        expect(things.embeddingFunction).toBeInstanceOf(DefaultEmbeddingFunction);
        const { ids } = await things.query({ queryTexts: ["tiger"] });
        expect(ids).toEqual([["cat", "stones"]]);
      });
    });
    expect(asked).toContain("/Xenova/all-MiniLM-L6-v2/resolve/main/onnx/model.onnx");
  });
});

test("the alias for Node runs as printed in pkg/README.md", async () => {
  const readme = readFileSync(path.join(ROOT, "pkg/README.md"), "utf8");
  const hook = /```js\n(\/\/ alias\.mjs[\s\S]*?)```/.exec(readme)?.[1] ?? "";
  const program = `
    import { ChromaClient, getSparseEmbeddingFunction, knownEmbeddingFunctions } from "chromadb";
    import { OpenAIEmbeddingFunction } from "@chroma-core/openai";
    const client = new ChromaClient({ storage: "memory" });
    const { storage } = await client.info();
    const registered = knownEmbeddingFunctions.get("openai") === OpenAIEmbeddingFunction;
    // Not imported here: the registry does it.
    const bm25 = await getSparseEmbeddingFunction(client, { type: "known", name: "chroma_bm25", config: { k: 2 } });
    const { ChromaBm25EmbeddingFunction } = await import("@chroma-core/chroma-bm25");
    const loaded = bm25 instanceof ChromaBm25EmbeddingFunction;
    console.log(JSON.stringify({ storage, registered, loaded, k: bm25.getConfig().k }));
    await client.close();
  `;
  const imported = `data:text/javascript,${encodeURIComponent(hook)}`;
  const options = ["--import", imported, "--input-type=module", "--eval", program];
  const { stdout } = await promisify(execFile)(process.execPath, options, { cwd: PACKAGES });
  expect(JSON.parse(stdout)).toEqual({ storage: "memory", registered: true, loaded: true, k: 2 });
});
