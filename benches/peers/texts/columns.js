// The metadata of the records as columns.

export const COLUMNS = [
  { name: "pos", type: "string" },
  { name: "domain", type: "string" },
  { name: "lemma", type: "string" },
  { name: "synset", type: "integer" },
  { name: "definition_length", type: "integer" },
  { name: "log_freq", type: "float" },
  { name: "has_examples", type: "boolean" },
];

/** Those that somebody filters by and that few records share a value of: others are not worth an index. */
export const INDEXED = ["domain", "lemma", "synset", "definition_length"];
