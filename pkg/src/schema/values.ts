/** The types of values that a schema tells apart, each with the indexes that it may have. */

import {
  BoolInvertedIndexConfig,
  BoolInvertedIndexType,
  FloatInvertedIndexConfig,
  FloatInvertedIndexType,
  FtsIndexConfig,
  FtsIndexType,
  type IndexConfig,
  IntInvertedIndexConfig,
  IntInvertedIndexType,
  SparseVectorIndexConfig,
  SparseVectorIndexType,
  StringInvertedIndexConfig,
  StringInvertedIndexType,
  VectorIndexConfig,
  VectorIndexType,
} from "./indexes.js";

export class StringValueType {
  constructor(
    public ftsIndex: FtsIndexType | null = null,
    public stringInvertedIndex: StringInvertedIndexType | null = null,
  ) {}
}

export class FloatListValueType {
  constructor(public vectorIndex: VectorIndexType | null = null) {}
}

export class SparseVectorValueType {
  constructor(public sparseVectorIndex: SparseVectorIndexType | null = null) {}
}

export class IntValueType {
  constructor(public intInvertedIndex: IntInvertedIndexType | null = null) {}
}

export class FloatValueType {
  constructor(public floatInvertedIndex: FloatInvertedIndexType | null = null) {}
}

export class BoolValueType {
  constructor(public boolInvertedIndex: BoolInvertedIndexType | null = null) {}
}

/** What a key, or every key by default, has for each type of value; `null` where nothing is said. */
export class ValueTypes {
  string: StringValueType | null = null;
  floatList: FloatListValueType | null = null;
  sparseVector: SparseVectorValueType | null = null;
  intValue: IntValueType | null = null;
  floatValue: FloatValueType | null = null;
  boolean: BoolValueType | null = null;
}

/** An index of any kind. */
export interface AnyIndexType {
  enabled: boolean;
  config: IndexConfig;
}

/** A type of value as a record of its indexes. */
export type Indexes = Record<string, AnyIndexType | null>;

/** Where an index is, in objects and in JSON. */
export interface IndexPlace {
  /** The member of {@link ValueTypes}, and its name in JSON. */
  member: keyof ValueTypes;
  value: string;
  ValueType: new () => object;
  /** The member of the type of value, and its name in JSON. */
  indexMember: string;
  index: string;
  IndexType: new (enabled: boolean, config: never) => AnyIndexType;
  Config: new () => IndexConfig;
}

const STRING = { member: "string", value: "string", ValueType: StringValueType } as const;

/** Every index, in the order in which they are written. */
export const PLACES: readonly IndexPlace[] = [
  { ...STRING, indexMember: "ftsIndex", index: "fts_index", IndexType: FtsIndexType, Config: FtsIndexConfig },
  {
    ...STRING,
    indexMember: "stringInvertedIndex",
    index: "string_inverted_index",
    IndexType: StringInvertedIndexType,
    Config: StringInvertedIndexConfig,
  },
  {
    member: "floatList",
    value: "float_list",
    ValueType: FloatListValueType,
    indexMember: "vectorIndex",
    index: "vector_index",
    IndexType: VectorIndexType,
    Config: VectorIndexConfig,
  },
  {
    member: "sparseVector",
    value: "sparse_vector",
    ValueType: SparseVectorValueType,
    indexMember: "sparseVectorIndex",
    index: "sparse_vector_index",
    IndexType: SparseVectorIndexType,
    Config: SparseVectorIndexConfig,
  },
  {
    member: "intValue",
    value: "int",
    ValueType: IntValueType,
    indexMember: "intInvertedIndex",
    index: "int_inverted_index",
    IndexType: IntInvertedIndexType,
    Config: IntInvertedIndexConfig,
  },
  {
    member: "floatValue",
    value: "float",
    ValueType: FloatValueType,
    indexMember: "floatInvertedIndex",
    index: "float_inverted_index",
    IndexType: FloatInvertedIndexType,
    Config: FloatInvertedIndexConfig,
  },
  {
    member: "boolean",
    value: "bool",
    ValueType: BoolValueType,
    indexMember: "boolInvertedIndex",
    index: "bool_inverted_index",
    IndexType: BoolInvertedIndexType,
    Config: BoolInvertedIndexConfig,
  },
];

/** The indexes of a type of value; made when there are none. */
export function indexesOf(types: ValueTypes, { member, ValueType }: IndexPlace): Indexes {
  const members = types as unknown as Record<string, object | null>;
  return (members[member] ??= new ValueType()) as Indexes;
}

/** Switches an index; a config of no known class switches nothing. */
export function setIndex(types: ValueTypes, config: IndexConfig, enabled: boolean): void {
  const place = PLACES.find(({ Config }) => config instanceof Config);
  if (place) {
    indexesOf(types, place)[place.indexMember] = new place.IndexType(enabled, config as never);
  }
}
