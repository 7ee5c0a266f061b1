/** Embedding functions by name. */

import { expect, test } from "@playwright/test";

import * as chromatid from "../../pkg/src/index.js";
import { collectionJson, installConnector, thrown } from "./support/engine.js";

class Letters {
  name = "letters";
  constructor(readonly config: Record<string, unknown> = {}) {}
  generate(texts: string[]) {
    return Promise.resolve(texts.map((text) => [text.length]));
  }
  getConfig() {
    return this.config;
  }
  static buildFromConfig(config: Record<string, unknown>) {
    if (config.broken) {
      throw new Error("cannot be built");
    }
    return new Letters(config);
  }
}

class Sparse {
  generate(texts: string[]) {
    return Promise.resolve(texts.map((text) => ({ indices: [text.length], values: [1] })));
  }
  static buildFromConfig() {
    return new Sparse();
  }
}

const client = () => new chromatid.ChromaClient({ storage: "memory" });
const known = (name: string, config: unknown = {}) => ({ type: "known", name, config }) as const;

test.afterEach(() => {
  chromatid.knownEmbeddingFunctions.clear();
  chromatid.knownSparseEmbeddingFunctions.clear();
});

test("a name is registered once", () => {
  chromatid.registerEmbeddingFunction("letters", Letters);
  expect(() => chromatid.registerEmbeddingFunction("letters", Letters)).toThrow(
    new chromatid.ChromaValueError("Embedding function with name letters is already registered."),
  );
  chromatid.registerSparseEmbeddingFunction("letters", Sparse);
  expect(() => chromatid.registerSparseEmbeddingFunction("letters", Sparse)).toThrow(
    new chromatid.ChromaValueError("Sparse embedding function with name letters is already registered."),
  );
});

test("a configuration is built by the class of its name, under the names of other clients too", async () => {
  chromatid.registerEmbeddingFunction("letters", Letters);
  chromatid.registerEmbeddingFunction("google-gemini", Letters);
  chromatid.registerSparseEmbeddingFunction("chroma-bm25", Sparse);
  const build = (name: string, config?: unknown) =>
    chromatid.getEmbeddingFunction({ client: client(), efConfig: known(name, config) });
  expect((await build("letters", { n: 1 }))?.getConfig?.()).toEqual({ n: 1 });
  expect(await build("google_genai")).toBeInstanceOf(Letters);
  expect(await chromatid.getSparseEmbeddingFunction(client(), known("chroma_bm25"))).toBeInstanceOf(Sparse);
});

test("what cannot be built is undefined, not an error", async () => {
  chromatid.registerEmbeddingFunction("letters", Letters);
  chromatid.registerEmbeddingFunction("langchain", Letters);
  const configurations = [
    undefined,
    { type: "legacy" } as const,
    { type: "unknown" } as const,
    known("letters", { broken: true }),
    known("langchain"),
    known("nobody-wrote-this"),
    known("../../playwright"),
    known("__proto__"),
  ];
  for (const efConfig of configurations) {
    expect(await chromatid.getEmbeddingFunction({ client: client(), efConfig })).toBeUndefined();
  }
});

test("a function is serialized when it can be built again, else as legacy", () => {
  const embeddingFunction = new Letters({ n: 1 });
  const serialize = chromatid.serializeEmbeddingFunction;
  expect(serialize({ embeddingFunction })).toEqual(known("letters", { n: 1 }));
  expect(serialize({ configEmbeddingFunction: embeddingFunction })).toEqual(known("letters", { n: 1 }));
  expect(serialize({ embeddingFunction: { generate: () => Promise.resolve([]) } })).toEqual({ type: "legacy" });
  expect(serialize({})).toBeUndefined();
  expect(() => serialize({ embeddingFunction, configEmbeddingFunction: embeddingFunction })).toThrow(
    "Embedding function provided when already defined in the collection configuration",
  );
});

test("a collection comes back with the function that its configuration names", async () => {
  chromatid.registerEmbeddingFunction("letters", Letters);
  const configuration_json = { hnsw: null, spann: null, embedding_function: known("letters", { n: 2 }) };
  installConnector({ getCollection: { ...collectionJson, configuration_json } });
  const collection = await client().getCollection({ name: "things" });
  expect(collection.embeddingFunction?.getConfig?.()).toEqual({ n: 2 });
});

test("the default function is the one of the configuration, registered or not", async () => {
  chromatid.registerEmbeddingFunction("default-embed", Letters);
  expect(await chromatid.getDefaultEFConfig()).toEqual(known("default"));
  const built = await chromatid.getEmbeddingFunction({ client: client(), efConfig: known("default") });
  expect(built).toBeInstanceOf(Letters);
});

test("without the default function texts cannot be embedded, and the error says what to install", async () => {
  const { warn } = console;
  const warnings: unknown[] = [];
  console.warn = (message: unknown) => warnings.push(message);
  try {
    const configuration_json = { hnsw: null, spann: null, embedding_function: known("default") };
    const log = installConnector({ createCollection: { ...collectionJson, configuration_json } });
    const collection = await client().createCollection({ name: "things" });
    expect(log.calls[0]?.args[2]).toMatchObject({ configuration: { embedding_function: known("default") } });
    expect(warnings).toEqual([expect.stringContaining("Please install @chroma-core/default-embed")]);
    const error = await thrown(() => collection.add({ ids: ["a"], documents: ["x"] }));
    expect(error.name).toBe("ChromaValueError");
    expect(error.message).toContain("@chroma-core/default-embed");
  } finally {
    console.warn = warn;
  }
});
