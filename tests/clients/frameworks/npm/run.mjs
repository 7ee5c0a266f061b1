/** The Chroma stores of LangChain and LlamaIndex on a server: node run.mjs PORT. Prints a line of JSON for each step. */

import { Chroma } from "@langchain/community/vectorstores/chroma";
import { ChromaVectorStore } from "@llamaindex/chroma";
import { TextNode } from "@llamaindex/core/schema";
import { ChromaClient } from "chromadb";

const port = Number(process.argv[2]);
const client = new ChromaClient({ host: "127.0.0.1", port });

const ANIMALS = [
  { id: "cat", text: "a small feline", metadata: { legs: 4, home: true } },
  { id: "tiger", text: "a large feline", metadata: { legs: 4, home: false } },
  { id: "eagle", text: "a bird of prey", metadata: { legs: 2, home: false } },
];

/**
 * Embeds a text as how often some letters are in it.
 * @param {string} text
 */
const embed = (text) => [..."aeilnrs"].map((letter) => text.split(letter).length - 1);

/** As LangChain wants embeddings. */
const embeddings = {
  embedDocuments: async (/** @type {string[]} */ texts) => texts.map(embed),
  embedQuery: async (/** @type {string} */ text) => embed(text),
};

const found = (/** @type {[any, number][]} */ results) => results.map(([{ id, pageContent, metadata }, score]) => ({ id, pageContent, metadata, score }));

function langChain() {
  const options = { collectionName: "langchain", clientParams: { host: "127.0.0.1", port } };
  const store = new Chroma(/** @type {any} */ (embeddings), options);
  const documents = ANIMALS.map(({ text, metadata }) => ({ pageContent: text, metadata }));
  return {
    "add": () => store.addDocuments(documents, { ids: ANIMALS.map(({ id }) => id) }),
    "count": async () => (await store.ensureCollection()).count(),
    "search": async () => (await store.similaritySearch("feline", 2)).map(({ id, pageContent }) => [id, pageContent]),
    "search with scores": async () => found(await store.similaritySearchWithScore("a bird", 3)),
    "search with a filter": async () => found(await store.similaritySearchWithScore("a bird", 3, { legs: 4 })),
    "search with operators": async () => found(await store.similaritySearchWithScore("a bird", 3, { $and: [{ legs: { $gte: 2 } }, { home: false }] })),
    "retrieve": async () => (await store.asRetriever(1).invoke("prey")).map(({ pageContent }) => pageContent),
    "get by ids": async () => (await store.ensureCollection()).get({ ids: ["eagle", "cat"] }),
    "upsert": () => store.addDocuments([{ pageContent: "a big cat", metadata: { legs: 4, home: false, loc: { lines: { from: 1, to: 2 } } } }], { ids: ["tiger"] }),
    "what was upserted": async () => found(await store.similaritySearchWithScore("a big cat", 1)),
    "an existing collection": async () => {
      const other = await Chroma.fromExistingCollection(/** @type {any} */ (embeddings), options);
      return found(await other.similaritySearchWithScore("prey", 1));
    },
    "from texts": async () => {
      const other = await Chroma.fromTexts(["one", "two"], [{ n: 1 }, { n: 2 }], /** @type {any} */ (embeddings), { ...options, collectionName: "from-texts" });
      return (await other.similaritySearchWithScore("one", 2)).map(([{ pageContent, metadata }, score]) => ({ pageContent, metadata, score }));
    },
    "delete by ids": () => store.delete({ ids: ["cat"] }),
    "delete by a filter": () => store.delete({ filter: { legs: 2 } }),
    "what is left": async () => (await (await store.ensureCollection()).get()).ids,
    "delete nothing": () => store.delete(/** @type {any} */ ({})),
  };
}

function llamaIndex() {
  // It wants a model, and never asks it.
  const embeddingModel = /** @type {any} */ ({});
  const store = new ChromaVectorStore({ collectionName: "llamaindex", embeddingModel, chromaClientParams: { path: `http://127.0.0.1:${port}` } });
  const query = (/** @type {object} */ more) => store.query({ queryEmbedding: embed("a bird"), similarityTopK: 3, mode: /** @type {any} */ ("default"), ...more });
  const answer = (/** @type {any} */ { nodes, similarities, ids }) => ({
    ids,
    similarities,
    nodes: nodes.map((/** @type {any} */ node) => [node.id_, node.getContent(), node.metadata]),
  });
  return {
    "add": () => store.add(ANIMALS.map(({ id, text, metadata }) => new TextNode({ id_: id, text, metadata, embedding: embed(text) }))),
    "count": async () => (await store.getCollection()).count(),
    "search": async () => answer(await query({})),
    "search with a filter": async () => answer(await query({ filters: { filters: [{ key: "legs", value: 4, operator: "==" }] } })),
    "search with filters": async () => answer(await query({ filters: { condition: "or", filters: [{ key: "legs", value: 2, operator: "==" }, { key: "home", value: "true", operator: "==" }] } })),
    "get by ids": async () => (await store.getCollection()).get({ ids: ["eagle", "cat"] }),
    "delete": () => store.delete("cat"),
    "what is left": async () => (await (await store.getCollection()).get()).ids,
  };
}

/** @param {() => Promise<unknown>} step */
async function outcomeOf(step) {
  try {
    return { answer: (await step()) ?? null };
  } catch (error) {
    const { name, message } = /** @type {Error} */ (error);
    return { error: { name, message } };
  }
}

await client.reset();
for (const [framework, steps] of Object.entries({ LangChain: langChain(), LlamaIndex: llamaIndex() })) {
  for (const [name, step] of Object.entries(steps)) {
    console.log(JSON.stringify({ step: `${framework}: ${name}`, outcome: await outcomeOf(step) }));
  }
}
