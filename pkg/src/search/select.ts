/** What of the records found is answered, besides their ids. */

import { Key } from "./key.js";

export type SelectKeyInput = string | Key;

export type SelectInput =
  | Select
  | Iterable<SelectKeyInput>
  | { keys?: Iterable<SelectKeyInput> }
  | null
  | undefined;

/** Fields, each once, in the order in which they were named. */
export class Select {
  readonly values: string[];

  constructor(keys: Iterable<SelectKeyInput> = []) {
    const names = [...(keys as Iterable<unknown>)].map((key) => (key instanceof Key ? key.name : key));
    this.values = [...new Set(names)].map((name) => {
      if (typeof name !== "string") {
        throw new TypeError(`Expected selected keys to be strings or Keys, but got ${typeof name}`);
      }
      return name;
    });
  }

  static from(input: SelectInput): Select {
    if (input instanceof Select) {
      return new Select(input.values);
    }
    if (input === null || input === undefined) {
      return new Select();
    }
    // A string is a list of its characters here, as any other that can be iterated.
    if (Symbol.iterator in Object(input)) {
      return new Select(input as Iterable<SelectKeyInput>);
    }
    if (typeof input === "object" && "keys" in input) {
      return new Select(input.keys ?? []);
    }
    throw new TypeError(`Expected selected keys to be a list, but got ${typeof input}`);
  }

  /** Everything that records have. */
  static all(): Select {
    return new Select([Key.DOCUMENT, Key.EMBEDDING, Key.METADATA, Key.SCORE]);
  }

  toJSON(): { keys: string[] } {
    return { keys: [...this.values] };
  }
}
