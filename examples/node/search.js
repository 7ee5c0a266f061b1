/** A store in files and in memory, without a server: what is added to the first is found after the program has ended. */

import { EphemeralClient, PersistentClient } from "chromatid/node";

const { CHROMA_PATH = "./chroma" } = process.env;

const client = new PersistentClient({ path: CHROMA_PATH });
const colours = await client.getOrCreateCollection({ name: "colours", embeddingFunction: null });
const before = await colours.count();
await colours.upsert({
  ids: ["red", "green", "blue"],
  embeddings: [[1, 0, 0], [0, 1, 0], [0, 0, 1]],
  documents: ["the colour of blood", "the colour of grass", "the colour of the sky"],
});
const { ids, documents } = await colours.query({ queryEmbeddings: [[0.9, 0.5, 0]], nResults: 2 });
console.log(`${before} before, nearest: ${ids[0]?.join(", ")} (${documents[0]?.[0]})`);

const scratch = new EphemeralClient();
const copy = await scratch.createCollection({ name: "copy", embeddingFunction: null });
const { ids: all, embeddings } = await colours.get({ whereDocument: { $contains: "sky" }, include: ["embeddings"] });
await copy.add({ ids: all, embeddings });
console.log(`in memory: ${(await copy.get()).ids.join(", ")}`);

await client.close();
await scratch.close();
