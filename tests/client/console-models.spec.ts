/** The models of the console: their configurations, which other clients read, and what is made of answers. */

import { expect, test } from "@playwright/test";
import { below, embeddingsOf, inParts } from "../../www/src/embedding/ask";
import { functionOf, SUGGESTED } from "../../www/src/embedding/model";
import { Ollama } from "../../www/src/embedding/ollama";
import { OpenAi } from "../../www/src/embedding/openai";
import { folderOf } from "../../www/src/embedding/transformer/folder";
import { normaliseRows, pool } from "../../www/src/embedding/transformer/pooling";
import { Transformer } from "../../www/src/embedding/transformer/transformer";

test.beforeAll(() => {
  Object.assign(globalThis, { location: new URL("https://site.example/app/") });
});

test("configurations are those of other clients, without a key", () => {
  expect(functionOf(SUGGESTED.ollama).getConfig?.()).toEqual({ url: "http://localhost:11434", model_name: "nomic-embed-text" });
  expect(functionOf(SUGGESTED.openai).getConfig?.()).toEqual({ model_name: "text-embedding-3-small", api_key_env_var: "OPENAI_API_KEY" });
  expect(functionOf({ kind: "openai", address: "https://other.example/v1", model: "m" }).getConfig?.()).toEqual({
    model_name: "m",
    api_key_env_var: "OPENAI_API_KEY",
    api_base: "https://other.example/v1",
  });
  expect(functionOf(SUGGESTED.transformer).getConfig?.()).toEqual({ model_name: "Xenova/all-MiniLM-L6-v2", device: "cpu", normalize_embeddings: true, kwargs: {} });
});

test("what another client has configured stays as it is", () => {
  const ollama = { url: "http://box:11434", model_name: "m" };
  expect(Ollama.buildFromConfig(ollama).getConfig()).toEqual(ollama);
  expect(Ollama.buildFromConfig({ url: "http://box:11434/api/embeddings", model_name: "m" }).getConfig()).toEqual(ollama);
  const openai = { model_name: "m", api_key_env_var: "MY_KEY", dimensions: 64 };
  expect(OpenAi.buildFromConfig(openai).getConfig()).toEqual(openai);
  const transformer = { model_name: "all-MiniLM-L6-v2", device: "cuda", normalize_embeddings: false, kwargs: { trust_remote_code: false } };
  expect(Transformer.buildFromConfig(transformer).getConfig()).toEqual(transformer);
  for (const build of [Ollama, OpenAi, Transformer]) expect(() => build.buildFromConfig({})).toThrow(/model_name/);
});

test("a model's folder is an address, or a name at Hugging Face", () => {
  for (const [source, href] of [
    ["Xenova/all-MiniLM-L6-v2", "https://huggingface.co/Xenova/all-MiniLM-L6-v2/resolve/main/"],
    ["all-MiniLM-L6-v2", "https://huggingface.co/sentence-transformers/all-MiniLM-L6-v2/resolve/main/"],
    ["https://models.example/mine", "https://models.example/mine/"],
    ["https://models.example/mine/?x=1#y", "https://models.example/mine/"],
    ["./models/mine", "https://site.example/app/models/mine/"],
    ["../mine", "https://site.example/mine/"],
    ["/mine/", "https://site.example/mine/"],
  ] as const) {
    expect(folderOf(source).href).toBe(href);
  }
  for (const source of ["javascript:alert(1)", "file:///etc", "https://"]) expect(() => folderOf(source)).toThrow();
});

test("answers that are no embeddings of the texts are refused", () => {
  expect(embeddingsOf([[1, 2], [3, 4]], 2, "s")).toEqual([Float32Array.of(1, 2), Float32Array.of(3, 4)]);
  for (const [lists, words] of [
    [undefined, /no embeddings for 2 texts/],
    [[[1]], /1 embeddings for 2 texts/],
    [[[1], [1, 2]], /different lengths/],
    [[[1], ["1"]], /no embedding/],
    [[[1], []], /no embedding/],
    [[[1], null], /no embedding/],
    [[[1], [1e39]], /no number/],
  ] as const) {
    expect(() => embeddingsOf(lists, 2, "s")).toThrow(words);
  }
});

test("requests go to the path of the API, whatever slash ends the address, and have some texts each", async () => {
  for (const address of ["http://box:1/v1", "http://box:1/v1/", "http://box:1/v1//"]) expect(below(address, "embeddings").href).toBe("http://box:1/v1/embeddings");
  const sizes: number[] = [];
  const make = (part: string[]) => Promise.resolve(part.map((text) => Float32Array.of(sizes.push(part.length) && Number(text))));
  const embeddings = await inParts(Array.from({ length: 7 }, (_, i) => String(i)), 3, make);
  expect(embeddings.map(([value]) => value)).toEqual([0, 1, 2, 3, 4, 5, 6]);
  expect(new Set(sizes)).toEqual(new Set([3, 1]));
});

test("a text's vector is the mean of its tokens', or the first, and what fills up does not count", () => {
  const values = Float32Array.of(1, 2, 3, 4, 9, 9, /* second text */ 5, 6, 9, 9, 9, 9);
  const mask = [1n, 1n, 0n, 1n, 0n, 0n] as const;
  const vectors = { values, mask, texts: 2, tokens: 3, dimension: 2 };
  expect([...pool(vectors, "mean")]).toEqual([2, 3, 5, 6]);
  expect([...pool(vectors, "cls")]).toEqual([1, 2, 5, 6]);
  expect([...normaliseRows(Float32Array.of(3, 4, 0, 0), 2)]).toEqual([Math.fround(0.6), Math.fround(0.8), 0, 0]);
});
