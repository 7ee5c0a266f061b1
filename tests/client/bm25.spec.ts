/** BM25 makes what `@chroma-core/chroma-bm25` makes: the same vectors, configurations and errors. */

import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import path from "node:path";
import { promisify } from "node:util";
import { gunzipSync } from "node:zlib";

import * as official from "@chroma-core/chroma-bm25";
import { expect, test } from "@playwright/test";

import * as ours from "../../pkg/src/entry/bm25.js";
import { murmur3 } from "../../pkg/src/embedding/murmur3.js";
import {
  getSparseEmbeddingFunction,
  knownSparseEmbeddingFunctions,
  registerSparseEmbeddingFunction,
} from "../../pkg/src/embedding/registry.js";
import { ChromaClient } from "../../pkg/src/index.js";
import { thrown } from "./support/engine.js";

const ROOT = path.join(import.meta.dirname, "..", "..");

/** Numbers that are the same in every run (Mulberry32). */
function random(seed: number) {
  let state = seed;
  return (below: number): number => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed);
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32) * below);
  };
}

const LETTERS = [..."abcdefghijklmnopqrstuvwxyz"];
const ENDINGS = "s es ed ing edly ingly y ies ied ly li ational tional enci izer bli alism iviti fulness biliti".split(" ");
const PIECES = [
  ...LETTERS,
  ..."aeiouy",
  ...ENDINGS,
  // Letters with case and accents, other scripts, digits of several kinds.
  ..."A Z É é ß ñ e\u0301 İ ſ Σ ж Ж א 中 文 か 한 ａ ０ ² ½ ٣ 9 42 _".split(" "),
  // Emoji, letters outside of the first plane, halves of pairs, characters that are not seen.
  ..."😀 👩‍💻 🇨🇭 𝒳 𐐀 \ud800 \udc00 \0 \u200b \ufeff".split(" "),
  ...[" ", " ", " ", "\n", "\t", "\u00a0", "\u2028", "\u3000", "-", "'", "’", ".", ",", "$", "/"],
  ...["the", "ain't", "x".repeat(39), "aeiouy".repeat(7)],
];

function texts(seed: number, count: number): string[] {
  const below = random(seed);
  const text = () => Array.from({ length: below(60) }, () => PIECES[below(PIECES.length)]).join("");
  return Array.from({ length: count }, text);
}

/** Words of letters with the endings that a stemmer knows, where two stemmers would differ if they did. */
function words(seed: number, count: number): string[] {
  const below = random(seed);
  const some = (from: readonly string[], most: number) =>
    Array.from({ length: below(most + 1) }, () => from[below(from.length)]).join("");
  return Array.from({ length: count }, () => some(LETTERS, 3) + some([..."aeiouy"], 1) + some(LETTERS, 4) + some(ENDINGS, 3));
}

function glosses(): string[] {
  const lines = gunzipSync(readFileSync(path.join(ROOT, "www/data/wordnet-5k.texts.jsonl.gz"))).toString("utf8").trimEnd();
  return lines.split("\n").map((line) => (JSON.parse(line) as { document: string }).document);
}

const CONFIGURATIONS: ours.ChromaBm25Args[] = [
  {},
  { k: 2, b: 0.3 },
  { k: 0, b: 0 },
  { b: 1, avgDocLength: 3 },
  { avgDocLength: 0.5, tokenMaxLength: 5 },
  { tokenMaxLength: 0 },
  { stopwords: [] },
  { stopwords: ["The", "CAT", "É", "die"], tokenMaxLength: 80 },
  { k: 1.2, b: 0.75, avgDocLength: 256, tokenMaxLength: 40, stopwords: official.DEFAULT_CHROMA_BM25_STOPWORDS },
];

async function expectSame(args: ours.ChromaBm25Args, documents: string[]): Promise<void> {
  const our = new ours.ChromaBm25EmbeddingFunction(args);
  const their = new official.ChromaBm25EmbeddingFunction(args);
  const [made, wanted] = await Promise.all([our.generate(documents), their.generate(documents)]);
  // One by one only where they differ: the text is then in the message.
  if (JSON.stringify(made) !== JSON.stringify(wanted)) {
    documents.forEach((document, i) => expect({ document, vector: made[i] }).toEqual({ document, vector: wanted[i] }));
  }
  expect(made).toHaveLength(documents.length);
  expect(JSON.stringify(await our.generateForQueries(documents))).toBe(JSON.stringify(wanted));
}

test("the stop words are those of the official package, in order", () => {
  expect(ours.DEFAULT_CHROMA_BM25_STOPWORDS).toEqual(official.DEFAULT_CHROMA_BM25_STOPWORDS);
});

test("random texts become the same vectors under every configuration", async () => {
  for (const [seed, args] of CONFIGURATIONS.entries()) {
    await expectSame(args, ["", " \n ", "...", "the and of", ...texts(seed + 1, 2_000)]);
  }
});

test("random words have the same stems", async () => {
  await expectSame({ stopwords: [], tokenMaxLength: 1_000 }, words(7, 100_000));
});

test("the glosses of WordNet become the same vectors", async () => {
  const documents = glosses();
  expect(documents).toHaveLength(5_000);
  await expectSame({}, documents);
  await expectSame({ k: 0.9, b: 0.4, avgDocLength: 12, stopwords: ["a", "of"] }, documents);
});

test("no texts, no vectors; what is no text rejects", async () => {
  const bm25 = new ours.ChromaBm25EmbeddingFunction();
  expect(await bm25.generate([])).toEqual([]);
  expect((await thrown(() => bm25.generate([7 as unknown as string]))).name).toBe("TypeError");
});

test("a vector is what the formula says", async () => {
  const [vector] = await new ours.ChromaBm25EmbeddingFunction({ avgDocLength: 4 }).generate(["The cats chased a cat!"]);
  // Kept are cat, chase, cat: 3 tokens, one of them twice.
  const weight = (count: number) => (count * 2.2) / (count + 1.2 * (0.25 + (0.75 * 3) / 4));
  const weights = new Map([
    [Math.abs(murmur3("cat")), weight(2)],
    [Math.abs(murmur3("chase")), weight(1)],
  ]);
  expect(vector?.indices).toEqual([...weights.keys()].sort((a, b) => a - b));
  expect(vector?.values).toEqual(vector?.indices.map((index) => weights.get(index)));
});

test("the hash is MurmurHash3's, by its published values", () => {
  const published: [string, number][] = [
    ["", 0],
    ["test", 0xba6bd213],
    ["Hello, world!", 0xc0363e43],
    ["The quick brown fox jumps over the lazy dog", 0x2e4ff723],
  ];
  for (const [text, hash] of published) {
    expect(murmur3(text) >>> 0, text).toBe(hash);
  }
});

test("configurations go round, and are the official ones", () => {
  for (const args of CONFIGURATIONS) {
    const config = new ours.ChromaBm25EmbeddingFunction(args).getConfig();
    expect(JSON.stringify(config)).toBe(JSON.stringify(new official.ChromaBm25EmbeddingFunction(args).getConfig()));
    expect(ours.ChromaBm25EmbeddingFunction.buildFromConfig(config).getConfig()).toEqual(config);
    ours.ChromaBm25EmbeddingFunction.validateConfig(config);
  }
});

test("lists of stop words are copied", async () => {
  const stopwords = ["cat"];
  const bm25 = new ours.ChromaBm25EmbeddingFunction({ stopwords });
  stopwords.push("dog");
  bm25.getConfig().stopwords?.push("dog");
  expect(bm25.getConfig().stopwords).toEqual(["cat"]);
  expect((await bm25.generate(["cat dog"]))[0]?.indices).toHaveLength(1);
});

test("configurations are refused with the official messages", async () => {
  const configs: unknown[] = [
    {},
    { k: undefined, include_tokens: false },
    { k: "1" },
    { k: NaN },
    { b: null },
    { avg_doc_length: Infinity },
    { token_max_length: [] },
    { stopwords: "a" },
    { stopwords: ["a", 1] },
    { include_tokens: 1 },
    { other: undefined },
    { k: "1", other: 1, another: 2 },
    { stopwords: 1, k: true, include_tokens: [] },
    { stopwords: [null, "a", undefined, {}] },
    [],
    null,
    "x",
  ];
  const outcome = (run: () => void) =>
    thrown(() => {
      run();
      throw new Error("accepted");
    });
  for (const config of configs) {
    const check = (of: typeof ours | typeof official) =>
      outcome(() => of.ChromaBm25EmbeddingFunction.validateConfig(config as ours.ChromaBm25Config));
    expect(await check(ours), JSON.stringify(config)).toEqual(await check(official));
  }
  for (const update of [{}, { k: 2, stopwords: [] }, { include_tokens: true }, { k: 1, model: "x" }]) {
    const check = (of: typeof ours | typeof official) =>
      outcome(() => new of.ChromaBm25EmbeddingFunction().validateConfigUpdate(update));
    expect(await check(ours), JSON.stringify(update)).toEqual(await check(official));
  }
});

test("a stored configuration is built again by the registry, under both names", async () => {
  const client = new ChromaClient({ storage: "memory" });
  const stored = new ours.ChromaBm25EmbeddingFunction({ k: 2, stopwords: ["x"] });
  for (const name of [stored.name, "chroma-bm25"]) {
    const built = await getSparseEmbeddingFunction(client, { type: "known", name, config: stored.getConfig() });
    expect(built).toBeInstanceOf(ours.ChromaBm25EmbeddingFunction);
    expect(built?.getConfig?.()).toEqual(stored.getConfig());
    expect(knownSparseEmbeddingFunctions.get(name)).toBe(ours.ChromaBm25EmbeddingFunction);
    expect(() => registerSparseEmbeddingFunction(name, ours.ChromaBm25EmbeddingFunction)).toThrow("already registered");
  }
});

test("the entry of the package registers with its client", async () => {
  const program = `
    import { knownSparseEmbeddingFunctions } from "chromatid";
    import { ChromaBm25EmbeddingFunction } from "chromatid/bm25";
    console.log([...knownSparseEmbeddingFunctions].map(([name, one]) => name + (one === ChromaBm25EmbeddingFunction)).join());
  `;
  const options = ["--input-type=module", "--eval", program];
  const { stdout } = await promisify(execFile)(process.execPath, options, { cwd: ROOT });
  expect(stdout.trim()).toBe("chroma_bm25true,chroma-bm25true");
});
