import type { Schema } from "chromatid";

/** Types of values that a key may have. */
export type ValueType = "text" | "number" | "flag";

/** A metadata key that can be filtered by. */
export interface SchemaKey {
  name: string;
  types: readonly ValueType[];
}

/** The key whose sparse vectors can be searched by text: it has an index, and a function that makes them. */
export function sparseKey(schema: Schema | undefined): string | undefined {
  return Object.entries(schema?.keys ?? {}).find(([, { sparseVector }]) => {
    const index = sparseVector?.sparseVectorIndex;
    return index?.enabled && index.config.embeddingFunction;
  })?.[0];
}

/** The metadata keys that a schema reports as indexed, by name. */
export function filterKeys(schema: Schema | undefined): SchemaKey[] {
  return Object.entries(schema?.keys ?? {})
    .filter(([name]) => !name.startsWith("#"))
    .map(([name, { string, intValue, floatValue, boolean }]) => {
      const types: ValueType[] = [];
      if (string?.stringInvertedIndex?.enabled) types.push("text");
      if (intValue?.intInvertedIndex?.enabled || floatValue?.floatInvertedIndex?.enabled) types.push("number");
      if (boolean?.boolInvertedIndex?.enabled) types.push("flag");
      return { name, types };
    })
    .filter(({ types }) => types.length > 0)
    .sort((a, b) => a.name.localeCompare(b.name));
}
