/** Schemas are built as with the official client: the same calls make the same JSON, and are refused with the same words. */

import { expect, test } from "@playwright/test";
import * as official from "chromadb";

import * as ours from "../../pkg/src/index.js";
import { seededRandom } from "./support/random.js";

type Library = Pick<
  typeof ours,
  | "BoolInvertedIndexConfig" | "ChromaClient" | "Cmek" | "FloatInvertedIndexConfig" | "FtsIndexConfig"
  | "IntInvertedIndexConfig" | "K" | "Schema" | "SparseVectorIndexConfig" | "StringInvertedIndexConfig" | "VectorIndexConfig"
  | "registerEmbeddingFunction" | "registerSparseEmbeddingFunction"
>;

const theirs = official as unknown as Library;

/** A function that can be built again. */
class Known {
  readonly name = "known";
  constructor(readonly config: Record<string, unknown> = { size: 3 }) {}
  generate(texts: string[]) {
    return Promise.resolve(texts.map((text) => [text.length]));
  }
  getConfig() {
    return this.config;
  }
  defaultSpace() {
    return "cosine" as const;
  }
  supportedSpaces() {
    return ["cosine" as const, "l2" as const];
  }
  static buildFromConfig(config: Record<string, unknown>) {
    return new Known(config);
  }
}

class KnownSparse {
  readonly name = "known";
  generate(texts: string[]) {
    return Promise.resolve(texts.map((text) => ({ indices: [text.length], values: [1] })));
  }
  getConfig() {
    return { k: 1.5 };
  }
  static buildFromConfig() {
    return new KnownSparse();
  }
}

/** One that cannot: it has no name. */
const nameless = { generate: (texts: string[]) => Promise.resolve(texts.map(() => [1])) };
const namelessSparse = { generate: (texts: string[]) => Promise.resolve(texts.map(() => ({ indices: [1], values: [1] }))) };

const GCP = "projects/p/locations/l/keyRings/r/cryptoKeys/k";
const KEYS = ["k", "other", "", "#document", "#embedding", "#id", "#foo"];

/** Calls of one schema at random, the same with either package as long as the seed is the same. */
class Chance {
  readonly #random: () => number;

  constructor(
    readonly library: Library,
    seed: number,
  ) {
    this.#random = seededRandom(seed);
  }

  /** What each call made of the schema: its JSON, or the error. */
  run(): unknown[] {
    const schema = new this.library.Schema();
    return Array.from({ length: 1 + this.#below(6) }, () => {
      try {
        this.#call(schema);
        return json(schema);
      } catch (error) {
        const { name, message } = error as Error;
        return { name, message };
      }
    });
  }

  #call(schema: ours.Schema): void {
    const config = this.#oneOf([() => this.#config(), () => this.#config(), () => undefined, () => null]);
    const key = this.#oneOf([() => this.#oneOf(KEYS.map((key) => () => key)), () => undefined, () => "k", () => null]);
    this.#oneOf([
      () => schema.createIndex(config as ours.IndexConfig, key as string),
      () => schema.createIndex(config as ours.IndexConfig, key as string),
      () => schema.deleteIndex(config as ours.IndexConfig, key as string),
      () => schema.setCmek(this.#oneOf([() => null, () => this.library.Cmek.gcp(GCP)])),
    ]);
  }

  #config(): object {
    const { library } = this;
    const sourceKey = this.#oneOf<string | ours.Key | null | undefined>([
      () => undefined,
      () => null,
      () => "#document",
      () => library.K("k"),
      () => library.K.DOCUMENT,
    ]);
    return this.#oneOf<object>([
      () => new library.FtsIndexConfig(),
      () => new library.StringInvertedIndexConfig(),
      () => new library.IntInvertedIndexConfig(),
      () => new library.FloatInvertedIndexConfig(),
      () => new library.BoolInvertedIndexConfig(),
      () => ({}),
      () =>
        new library.VectorIndexConfig({
          sourceKey,
          space: this.#oneOf<"l2" | "cosine" | null | undefined>([() => "l2", () => "cosine", () => null, () => undefined]),
          embeddingFunction: this.#oneOf<ours.EmbeddingFunction | null | undefined>([
            () => new Known(),
            () => nameless,
            () => null,
            () => undefined,
          ]),
          hnsw: this.#oneOf([() => ({ ef_search: this.#below(9), max_neighbors: undefined }), () => null, () => undefined]),
          spann: this.#oneOf([() => ({ search_nprobe: this.#below(9), ef_search: null }), () => undefined]),
        }),
      () =>
        new library.SparseVectorIndexConfig({
          sourceKey,
          bm25: this.#oneOf<boolean | null | undefined>([() => true, () => false, () => null, () => undefined]),
          embeddingFunction: this.#oneOf<ours.SparseEmbeddingFunction | null | undefined>([
            () => new KnownSparse(),
            () => namelessSparse,
            () => null,
            () => undefined,
          ]),
        }),
    ]);
  }

  #oneOf<T>(choices: (() => T)[]): T {
    const choice = choices[this.#below(choices.length)] as () => T;
    return choice();
  }

  #below(end: number): number {
    return Math.floor(this.#random() * end);
  }
}

function json(schema: ours.Schema | undefined): unknown {
  return JSON.parse(JSON.stringify(schema?.serializeToJSON() ?? null));
}

/** What is shown of a schema: all of it, without the functions and the classes. */
function shown(schema: ours.Schema | undefined): unknown {
  return JSON.parse(JSON.stringify({ ...schema }));
}

test.beforeAll(() => {
  for (const library of [ours, theirs]) {
    library.registerEmbeddingFunction("known", Known);
    library.registerSparseEmbeddingFunction("known", KnownSparse);
  }
});

test("schemas put together at random are written as the official client writes them, and refused as there", () => {
  for (let seed = 1; seed <= 2000; seed += 1) {
    const [mine, official] = [ours, theirs].map((library) => new Chance(library, seed).run());
    expect({ seed, results: mine }).toEqual({ seed, results: official });
  }
});

test("a new schema has the members and the JSON of the official one", () => {
  expect(json(new ours.Schema())).toEqual(json(new theirs.Schema()));
  expect(shown(new ours.Schema())).toEqual(shown(new theirs.Schema()));
});

test("schemas are read as the official client reads them, with the functions that can be built", async () => {
  const known = { type: "known", name: "known", config: { size: 5 } };
  const vector = (config: object) => ({ float_list: { vector_index: { enabled: true, config } } });
  const sparse = (config: object) => ({ sparse_vector: { sparse_vector_index: { enabled: true, config } } });
  const read = (library: Library, schema: object | null) =>
    library.Schema.deserializeFromJSON(schema as Record<string, unknown> | null, new library.ChromaClient());
  for (const schema of [
    json(new ours.Schema()) as object,
    {},
    { defaults: vector({}), keys: { k: {} } },
    { defaults: vector({ space: "ip", embedding_function: known, hnsw: { ef_search: 9 } }), keys: {} },
    { defaults: { string: {}, int: { int_inverted_index: { enabled: false, config: {} } } }, keys: {}, cmek: { gcp: GCP } },
    { keys: { "#embedding": vector({ embedding_function: known, source_key: "#document", spann: { ef_search: 9 } }) } },
    { keys: { s: sparse({ embedding_function: known, source_key: "k", bm25: true }), t: sparse({ bm25: null }) } },
    { keys: { s: sparse({ embedding_function: { type: "known", name: "bm25", config: {} } }) } },
    { keys: { s: sparse({ embedding_function: { type: "unknown" } }), d: vector({ embedding_function: { type: "legacy" } }) } },
  ]) {
    const [mine, official] = await Promise.all([read(ours, schema), read(theirs, schema)]);
    expect({ schema, read: json(mine) }).toEqual({ schema, read: json(official) });
    expect({ schema, read: shown(mine) }).toEqual({ schema, read: shown(official) });
  }
  expect(await read(ours, null)).toBeUndefined();
});

test("the function of a schema is that of the embeddings, else the default one, and may be none", () => {
  for (const library of [ours, theirs]) {
    const schema = new library.Schema();
    expect(schema.resolveEmbeddingFunction()).toBeUndefined();
    const embeddingFunction = new Known();
    schema.createIndex(new library.VectorIndexConfig({ embeddingFunction }));
    expect(schema.resolveEmbeddingFunction()).toBe(embeddingFunction);
    schema.createIndex(new library.VectorIndexConfig({ embeddingFunction: null }));
    expect(schema.resolveEmbeddingFunction()).toBeNull();
    delete schema.keys["#embedding"];
    expect(schema.resolveEmbeddingFunction()).toBeNull();
  }
});

test("calls can be chained, and share nothing with what they were given", () => {
  const hnsw = { ef_search: 5 };
  const schema = new ours.Schema()
    .createIndex(new ours.VectorIndexConfig({ hnsw }))
    .deleteIndex(new ours.StringInvertedIndexConfig(), "a")
    .setCmek(null);
  hnsw.ef_search = 6;
  const { keys } = schema.serializeToJSON();
  expect(keys["#embedding"]?.float_list?.vector_index?.config.hnsw).toEqual({ ef_search: 5 });
  expect(keys.a).toEqual({ string: { string_inverted_index: { enabled: false, config: {} } } });
});

test("names of members of every object are keys like others", () => {
  const schema = new ours.Schema();
  for (const key of ["__proto__", "constructor", "toString"]) {
    schema.createIndex(new ours.IntInvertedIndexConfig(), key);
  }
  const { keys } = schema.serializeToJSON();
  const added = { int: { int_inverted_index: { enabled: true, config: {} } } };
  for (const key of ["__proto__", "constructor", "toString"]) {
    expect(Object.getOwnPropertyDescriptor(keys, key)?.value).toEqual(added);
  }
  expect(Object.hasOwn(Object, "intValue")).toBe(false);
});

test("names of keys are checked by their form, and those of other providers are kept", async () => {
  for (const { Cmek } of [ours, theirs]) {
    expect(Cmek.gcp(GCP).validatePattern()).toBe(true);
    expect(Cmek.gcp("projects/p").validatePattern()).toBe(false);
    expect(Cmek.gcp(GCP).toJSON()).toEqual({ gcp: GCP });
    expect({ ...Cmek.fromJSON({ gcp: GCP, more: 1 }) }).toEqual({ provider: "gcp", resource: GCP });
    for (const data of [{}, { gcp: 1 }, { aws: "x" }]) {
      expect(() => Cmek.fromJSON(data)).toThrow(
        new Error(`Unsupported or missing CMEK provider in data: ${JSON.stringify(data)}`),
      );
    }
  }
  const json = { defaults: {}, keys: {}, cmek: { webcrypto: "mine" } };
  const schema = await ours.Schema.deserializeFromJSON(json, new ours.ChromaClient());
  expect(schema?.serializeToJSON()).toEqual(json);
  expect(schema?.cmek?.validatePattern()).toBe(false);
});
