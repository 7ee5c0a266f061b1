/** What a store has to hold, in plain maps; and steps that change both. */

import type { ChromaClient } from "chromatid";

export interface StoredRecord {
  embedding: number[];
  document: string;
  metadata: Record<string, number>;
}

/** Collections by name, their records by id. */
export type Contents = Record<string, Record<string, StoredRecord>>;

export type Step =
  | { do: "create" | "drop"; on: string }
  | { do: "add" | "upsert"; on: string; ids: string[]; version: number }
  | { do: "delete"; on: string; ids: string[] }
  | { do: "compact" | "maintain" | "reopen" };

/** The record that a version of an id has. Components are small integers: distances are exact. */
export function recordOf(id: string, version: number): StoredRecord {
  const seed = [...id].reduce((sum, character) => sum * 31 + character.charCodeAt(0), version * 7);
  const embedding = Array.from({ length: 8 }, (_, place) => ((seed >> place) % 11) - 5 + place);
  return { embedding, document: `${id} in version ${version}`, metadata: { version } };
}

/** What the contents are after a step. */
export function after(contents: Contents, step: Step): Contents {
  const changed = structuredClone(contents);
  switch (step.do) {
    case "create":
      changed[step.on] = {};
      break;
    case "drop":
      delete changed[step.on];
      break;
    case "add":
    case "upsert":
      for (const id of step.ids) {
        (changed[step.on] ??= {})[id] = recordOf(id, step.version);
      }
      break;
    case "delete":
      for (const id of step.ids) {
        delete changed[step.on]?.[id];
      }
      break;
    default:
  }
  return changed;
}

/** Does a step; `reopen` is its caller's. */
export async function take(client: ChromaClient, step: Step): Promise<void> {
  switch (step.do) {
    case "create":
      await client.createCollection({ name: step.on, embeddingFunction: null });
      break;
    case "drop":
      await client.deleteCollection({ name: step.on });
      break;
    case "add":
    case "upsert": {
      const records = step.ids.map((id) => recordOf(id, step.version));
      const collection = await client.getCollection({ name: step.on });
      await collection[step.do]({
        ids: step.ids,
        embeddings: records.map(({ embedding }) => embedding),
        documents: records.map(({ document }) => document),
        metadatas: records.map(({ metadata }) => metadata),
      });
      break;
    }
    case "delete":
      await (await client.getCollection({ name: step.on })).delete({ ids: step.ids });
      break;
    case "compact":
      await client.compact();
      break;
    case "maintain":
      while (await client.maintain());
      break;
    case "reopen":
  }
}

/** What a store holds. Checks, too, that each record is found by its own vector and by its metadata. */
export async function contentsOf(client: ChromaClient): Promise<Contents> {
  const contents: Contents = {};
  for (const collection of await client.listCollections()) {
    const { ids, embeddings, documents, metadatas } = await collection.get({
      include: ["embeddings", "documents", "metadatas"],
    });
    const records: Record<string, StoredRecord> = {};
    ids.forEach((id, row) => {
      const [embedding, document, metadata] = [embeddings[row], documents[row], metadatas[row]];
      records[id] = { embedding: embedding ?? [], document: document ?? "", metadata: metadata as Record<string, number> };
    });
    contents[collection.name] = records;
    for (const [id, { embedding, metadata }] of Object.entries(records).slice(0, 3)) {
      const found = await collection.query({ queryEmbeddings: [embedding], nResults: 1, where: metadata });
      if (found.distances[0]?.[0] !== 0) {
        throw new Error(`${id} in ${collection.name} is not found by its vector`);
      }
    }
  }
  return contents;
}

/** The same for equal contents, in whatever order they were written. */
export function canonical(contents: Contents): string {
  const sorted = (object: object): [string, unknown][] =>
    Object.entries(object)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, value]) => [key, typeof value === "object" && !Array.isArray(value) ? sorted(value as object) : value]);
  return JSON.stringify(sorted(contents));
}
