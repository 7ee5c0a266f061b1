/** What a case is, and the data that most of them start from. */

import type { ChromaClient, Collection } from "../../../pkg/src/index.js";

/** The part of the client that the official one has too. */
export type Client = Pick<
  ChromaClient,
  | "collection"
  | "countCollections"
  | "createCollection"
  | "deleteCollection"
  | "getCollection"
  | "getCollectionById"
  | "getCollectionByCrn"
  | "getCollections"
  | "getMaxBatchSize"
  | "getOrCreateCollection"
  | "getUserIdentity"
  | "heartbeat"
  | "listCollections"
  | "version"
>;

/** The few expectations that the cases need; each throws when it is not met. */
export interface Expect {
  /** Deep equality; members that are undefined count as absent. */
  equal(actual: unknown, expected: unknown): void;
  /** The promise rejects with an error of this name, whose message contains the text. */
  rejects(promise: Promise<unknown>, name: string, text?: string): Promise<void>;
}

export interface Case {
  name: string;
  /** Relies on what this package does beyond, or other than, the official client. */
  local?: boolean;
  run(client: Client, expect: Expect): Promise<void>;
}

let created = 0;

/** A name that no other case uses. */
export function uniqueName(): string {
  created += 1;
  return `case-${created}-${Date.now().toString(36)}`;
}

/** Runs a case on a collection of its own, and deletes that. */
export async function withCollection(
  client: Client,
  run: (collection: Collection) => Promise<void>,
  options: Partial<Parameters<Client["createCollection"]>[0]> = {},
): Promise<void> {
  const name = uniqueName();
  const collection = await client.createCollection({ name, embeddingFunction: null, ...options });
  try {
    await run(collection);
  } finally {
    await client.deleteCollection({ name: collection.name });
  }
}

/** Runs a case on a collection of five animals. */
export async function withAnimals(
  client: Client,
  run: (collection: Collection) => Promise<void>,
  options: Partial<Parameters<Client["createCollection"]>[0]> = {},
): Promise<void> {
  await withCollection(
    client,
    async (collection) => {
      await collection.add({
        ids: ["cat", "tiger", "dog", "eagle", "salmon"],
        embeddings: [[0, 0], [1, 0], [0, 2], [6, 0], [0, 9]],
        documents: ["a small feline", "a large feline", "a loyal canine", "a bird of prey", "a fish. It swims"],
        metadatas: [
          { legs: 4, weight: 4.5, home: true, sound: "meow" },
          { legs: 4, weight: 220.5, home: false, sound: "roar" },
          { legs: 4, weight: 30.25, home: true, sound: "bark" },
          { legs: 2, weight: 5.5, home: false },
          { legs: 0, weight: 3.5, home: false },
        ],
        uris: ["a://cat", "a://tiger", "a://dog", "a://eagle", "a://salmon"],
      });
      await run(collection);
    },
    options,
  );
}

/** A function that embeds a text as its numbers of vowels and of other letters. */
export class LetterCounts {
  readonly name = "letter-counts";
  calls: string[] = [];

  generate(texts: string[]): Promise<number[][]> {
    this.calls.push("generate");
    return Promise.resolve(texts.map(countLetters));
  }

  generateForQueries(texts: string[]): Promise<number[][]> {
    this.calls.push("generateForQueries");
    return Promise.resolve(texts.map(countLetters));
  }
}

function countLetters(text: string): number[] {
  const vowels = text.match(/[aeiou]/g)?.length ?? 0;
  return [vowels, (text.match(/[a-z]/g)?.length ?? 0) - vowels];
}
