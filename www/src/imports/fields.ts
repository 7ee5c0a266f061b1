import { countWords } from "./chunks";
import type { FieldChoice, Format, Kind, Role } from "./job";
import type { Row } from "./rows";
import { flagOf, numberOf, textOf, vectorOf } from "./values";

export type FieldType = "text" | "long text" | "number" | "yes or no" | "list" | "vector" | "empty";

export interface Field {
  name: string;
  type: FieldType;
  /** Numbers of a vector */
  dimension?: number;
}

/** What a file looks like, by its first rows. */
export interface Inspection {
  files: readonly { name: string; size: number; format: Format }[];
  kind: Kind;
  fields: readonly Field[];
  /** First rows as they are shown */
  rows: readonly (readonly string[])[];
  choices: readonly FieldChoice[];
  /** Words of a usual document */
  words: number;
}

const SHOWN_LENGTH = 160;

export function fieldsOf(rows: readonly Row[]): Field[] {
  const names = new Set(rows.flatMap(({ values }) => Object.keys(values)));
  return [...names].map((name) => fieldOf(name, rows.map(({ values }) => values[name]).filter((value) => value !== undefined && value !== null && value !== "")));
}

function fieldOf(name: string, values: readonly unknown[]): Field {
  const all = (test: (value: unknown) => boolean) => values.every(test);
  if (values.length === 0) return { name, type: "empty" };
  if (all((value) => numberOf(value) !== undefined || typeof value === "bigint")) return { name, type: "number" };
  if (all((value) => flagOf(value) !== undefined)) return { name, type: "yes or no" };
  const dimension = dimensionOf(values[0]);
  if (dimension > 0 && all((value) => dimensionOf(value) > 0)) return { name, type: "vector", dimension };
  if (all((value) => typeof value === "object")) return { name, type: "list" };
  const words = values.reduce<number>((sum, value) => sum + countWords(textOf(value)), 0) / values.length;
  return { name, type: words > 6 ? "long text" : "text" };
}

/** Numbers in a list of more than one of them; 0 for what is no such list. */
function dimensionOf(value: unknown): number {
  if (typeof value === "string" && !/^\s*[[(]/.test(value)) return 0;
  if (typeof value !== "string" && typeof value !== "object") return 0;
  try {
    const length = vectorOf(value, "")?.length ?? 0;
    return length > 1 ? length : 0;
  } catch {
    return 0;
  }
}

const DOCUMENT = /^(documents?|text|content|body|text_chunk|page_content|description|abstract|summary|title|name)$/i;
const ID = /^(_?ids?|uuid|key|uri|url)$/i;
const VECTOR = /^(embeddings?|vectors?|values)$/i;

/** What a person would most likely choose. */
export function guessChoices(fields: readonly Field[], isTyped: boolean): FieldChoice[] {
  const texts = fields.filter(({ type }) => type === "text" || type === "long text");
  const document = best(texts, DOCUMENT) ?? texts.find(({ type }) => type === "long text") ?? texts.find(({ name }) => !ID.test(name));
  const id = fields.find(({ name, type }) => ID.test(name) && type !== "vector" && type !== "list");
  const vectors = fields.filter(({ type }) => type === "vector");
  const vector = vectors.find(({ name }) => VECTOR.test(name)) ?? vectors.find(({ dimension = 0 }) => dimension >= 16);
  return fields.map((field): FieldChoice => {
    if (field === document) return { name: field.name, role: "document" };
    if (field === id) return { name: field.name, role: "id" };
    if (field === vector) return { name: field.name, role: "vector" };
    return { name: field.name, role: propertyRole(field, isTyped) };
  });
}

/** The first by the order of the names in the pattern, not of the fields. */
function best(fields: readonly Field[], pattern: RegExp): Field | undefined {
  const long = fields.filter(({ name, type }) => pattern.test(name) && type === "long text");
  return long[0] ?? fields.find(({ name }) => pattern.test(name));
}

function propertyRole({ type }: Field, isTyped: boolean): Role {
  if (type === "empty") return "skip";
  if (isTyped) return "as-is";
  return type === "number" ? "number" : type === "yes or no" ? "flag" : "text";
}

export function previewOf(rows: readonly Row[], fields: readonly Field[]): string[][] {
  return rows.map(({ values }) =>
    fields.map(({ name }) => {
      const value = values[name];
      const text = value === undefined || value === null ? "" : textOf(value);
      return text.length > SHOWN_LENGTH ? `${text.slice(0, SHOWN_LENGTH)}…` : text;
    }),
  );
}
