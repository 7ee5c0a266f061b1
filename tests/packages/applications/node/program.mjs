import { EphemeralClient, PersistentClient } from "PACKAGE";

const filter = { whereDocument: { $regex: "c(her|ar)r" } };
const records = { ids: ["red", "green"], embeddings: [[1, 0], [0, 1]], documents: ["cherries", "grass"] };
const client = new PersistentClient({ path: "./colours" });
const colours = await client.getOrCreateCollection({ name: "colours", embeddingFunction: null });
await colours.upsert(records);
const { ids } = await colours.get(filter);
const { storage } = await client.info();
await client.close();
const scratch = new EphemeralClient();
const count = await scratch.countCollections();
await scratch.close();
console.log(JSON.stringify({ ids, storage, count }));
