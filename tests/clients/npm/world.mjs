/** What the steps of a chapter work on: the official client against one server, and what earlier steps have left. */

import * as chroma from "chromadb";

/** @typedef {(world: World) => unknown} Step its outcome is what it returns or throws */
/** @typedef {Record<string, Step>} Steps */

/** Five records in two dimensions, and one of every kind of value. */
export const ANIMALS = {
  ids: ["cat", "tiger", "dog", "eagle", "salmon"],
  embeddings: [[0, 0], [1, 0], [0, 2], [6, 0], [0, 9]],
  documents: ["a small feline", "a large feline", "a loyal canine", "a bird of prey", "a fish. It swims"],
  metadatas: [
    { legs: 4, weight: 4.5, home: true, sound: "meow", tags: ["pet", "fur"] },
    { legs: 4, weight: 220.5, home: false, sound: "roar", tags: ["wild", "fur"] },
    { legs: 4, weight: 30.25, home: true, sound: "bark", tags: ["pet"] },
    { legs: 2, weight: 5.5, home: false },
    { legs: 0, weight: 3.5, home: false },
  ],
  uris: ["a://cat", "a://tiger", "a://dog", "a://eagle", "a://salmon"],
};

/** A function that embeds a text as its numbers of vowels and of other letters. */
export class LetterCounts {
  name = "letter-counts";

  /** @param {string[]} texts */
  generate(texts) {
    return Promise.resolve(texts.map((text) => {
      const vowels = text.match(/[aeiou]/g)?.length ?? 0;
      return [vowels, (text.match(/[a-z]/g)?.length ?? 0) - vowels];
    }));
  }

  getConfig() {
    return { counts: "letters" };
  }

  defaultSpace() {
    return /** @type {const} */ ("l2");
  }

  supportedSpaces() {
    return /** @type {("l2" | "cosine" | "ip")[]} */ (["l2", "cosine", "ip"]);
  }

  /** @param {object} _config */
  static buildFromConfig(_config) {
    return new LetterCounts();
  }
}

/** A function that embeds a text as the lengths of its words, by their places. */
export class WordLengths {
  name = "word-lengths";

  /** @param {string[]} texts */
  generate(texts) {
    return Promise.resolve(texts.map((text) => {
      const values = text.split(" ").map((word) => word.length);
      return { indices: values.map((_, place) => place), values };
    }));
  }

  getConfig() {
    return {};
  }

  /** @param {object} _config */
  static buildFromConfig(_config) {
    return new WordLengths();
  }
}

// Once in a process: what is registered stays.
chroma.registerEmbeddingFunction("letter-counts", LetterCounts);
chroma.registerSparseEmbeddingFunction("word-lengths", WordLengths);

export class World {
  chroma = chroma;
  /** @type {Record<string, any>} collections and ids of earlier steps */
  kept = {};

  /**
   * @param {string} host
   * @param {number} port
   */
  constructor(host, port) {
    this.place = { host, port };
    this.client = this.connect();
    this.admin = new chroma.AdminClient({ ...this.place, ssl: false });
  }

  /** @param {object} [more] arguments of the client beside its place */
  connect(more = {}) {
    return new chroma.ChromaClient({ ...this.place, ...more });
  }

  /**
   * Makes a collection and keeps it.
   * @param {string} name
   * @param {object} [more]
   */
  async make(name, more = {}) {
    this.kept[name] = await this.client.createCollection({ name, embeddingFunction: null, ...more });
    return this.kept[name];
  }

  /**
   * A collection of {@link ANIMALS}.
   * @param {string} name
   * @param {object} [more]
   */
  async makeAnimals(name, more) {
    const collection = await this.make(name, more);
    await collection.add(ANIMALS);
    return collection;
  }
}
