/** What an import is told to do, and how far it is. Plain data: it goes to the worker, and outlives a reload. */

import type { Model } from "../embedding/model";

export type Format = "csv" | "json" | "jsonl" | "parquet" | "markdown" | "text" | "html" | "pdf";

/** Tables have fields to choose from, of texts there is nothing but the text. */
export type Kind = "table" | "text";

const TEXTS: ReadonlySet<Format> = new Set<Format>(["markdown", "text", "html", "pdf"]);

export const kindOf = (format: Format): Kind => (TEXTS.has(format) ? "text" : "table");

/** What becomes of a field: part of the record, a property of a type (`as-is`: the type that the file has), or nothing. */
export const ROLES = ["document", "id", "vector", "as-is", "text", "number", "flag", "skip"] as const;
export type Role = (typeof ROLES)[number];

export interface FieldChoice {
  name: string;
  role: Role;
}

export interface Chunking {
  size: number;
  overlap: number;
  unit: "words" | "characters";
}

/** A collection that is to be made. With `model` texts are embedded here, with `file` the vectors come along. */
export interface NewCollection {
  vectors: "model" | "file";
  /** Absent: the one that is built in */
  model?: Model;
  space: "cosine" | "l2" | "ip";
}

export interface Options {
  collection: string;
  /** Absent for one that is there */
  create?: NewCollection;
  fields: readonly FieldChoice[];
  /** Absent: a record is one text, however long */
  chunking?: Chunking;
  /** Records that cannot be read are passed over instead of ending the import */
  passOver: boolean;
}

export interface JobFile {
  name: string;
  size: number;
  format: Format;
}

/** How far an import is. */
export interface Position {
  /** Which file is next */
  file: number;
  /** Rows of it that are done */
  row: number;
  /** Records that are stored, of all files */
  records: number;
  /** Rows without a text or vector, and those that could not be read */
  passedOver: number;
}

export const START: Position = { file: 0, row: 0, records: 0, passedOver: 0 };

export interface Job {
  id: string;
  files: readonly JobFile[];
  options: Options;
  position: Position;
  /** Whether the files were copied, so that a later page can go on */
  isKept: boolean;
}

/** An import as it is called: by its file, or by the number of them. */
export const nameOf = ({ files }: Pick<Job, "files">): string => (files.length === 1 ? (files[0]?.name ?? "") : `${files.length} files`);
