import type { Metadata } from "chromatid";
import { chunksOf } from "./chunks";
import { ImportError } from "./import-error";
import { kindOf, type JobFile, type Options } from "./job";
import { TEXT_FIELD, type Row } from "./rows";
import { propertyOf, textOf, vectorOf } from "./values";

/** A record as it is stored. */
export interface ImportRecord {
  id: string;
  document: string | undefined;
  embedding: Float32Array | undefined;
  metadata: Metadata;
}

/**
 * Makes records of the rows of one file. Ids follow from the file alone, so that what is stored a second time takes the place of
 * the first; therefore rows have to come from the first one on.
 */
export class RecordMaker {
  readonly #options: Options;
  readonly #file: JobFile;
  #rows = 0;
  #chunks = 0;
  #dimension: number | undefined;

  constructor(file: JobFile, options: Options) {
    this.#file = file;
    this.#options = options;
  }

  /** The records of a row; none if it has nothing to be found by. */
  take(row: Row): ImportRecord[] {
    const number = this.#rows++;
    return kindOf(this.#file.format) === "text" ? this.#ofText(row) : this.#ofTable(row, number);
  }

  #ofText({ values }: Row): ImportRecord[] {
    const { [TEXT_FIELD]: text, ...rest } = values;
    return this.#chunked(textOf(text)).map((document) => {
      const chunk = this.#chunks++;
      return { id: `${this.#file.name}#${chunk}`, document, embedding: undefined, metadata: { ...(rest as Metadata), source: this.#file.name, chunk } };
    });
  }

  #ofTable(row: Row, number: number): ImportRecord[] {
    const value = (role: string): unknown => row.values[this.#options.fields.find((field) => field.role === role)?.name ?? ""];
    const text = value("document");
    const document = text === undefined || text === null || text === "" ? undefined : textOf(text);
    const embedding = this.#vector(value("vector"), row.place);
    if (document === undefined && embedding === undefined) return [];
    const given = value("id");
    const id = given === undefined || given === null || given === "" ? `${this.#file.name}#${number}` : textOf(given);
    const metadata = this.#metadata(row);
    const chunks = document !== undefined && !embedding && this.#options.chunking ? this.#chunked(document) : [];
    if (chunks.length === 0) return [{ id, document, embedding, metadata }];
    return chunks.map((part, chunk) => ({ id: `${id}#${chunk}`, document: part, embedding: undefined, metadata: { ...metadata, source: id, chunk } }));
  }

  #chunked(text: string): string[] {
    return this.#options.chunking ? chunksOf(text, this.#options.chunking) : [text];
  }

  #metadata({ values }: Row): Metadata {
    const metadata: Metadata = {};
    for (const { name, role } of this.#options.fields) {
      if (role === "document" || role === "id" || role === "vector" || role === "skip") continue;
      const value = propertyOf(values[name], role);
      if (value !== undefined) metadata[name] = value;
    }
    // The client takes no metadata that are empty.
    return Object.keys(metadata).length > 0 ? metadata : { source: this.#file.name };
  }

  #vector(value: unknown, place: string): Float32Array | undefined {
    const vector = vectorOf(value, place);
    if (!vector) return undefined;
    this.#dimension ??= vector.length;
    if (vector.length === this.#dimension) return vector;
    throw new ImportError("vector-length", `${place}: its vector has ${vector.length} numbers, those before have ${this.#dimension}`);
  }
}
