/** Requests about the records of one collection. */

import * as body from "./body.js";
import type { Body, Section } from "./body.js";
import { checkDimensions, type Kind, type ModelCollection, type ModelRecord, type Row, select, write } from "./collection.js";
import { internal, invalid, tooManyVariables } from "./errors.js";
import { both, type Filter, parseWhere, parseWhereDocument } from "./filter.js";
import { arrayText, objectText, singleText } from "./json.js";
import { checkRecordKeys, isHidden, type Value, valueText } from "./values.js";

export interface Limits {
  /** Told by `pre-flight-checks`, and never enforced. */
  batch: number;
  /** Variables of an SQL statement. */
  variables: number;
  /** Bytes of a request's body. */
  body: number;
}

/** Finds the collection once the shape of a request is known to be right, and before its values are looked at. */
export type Find = () => ModelCollection;

/** Of every statement: the segment, the limit and the offset. */
const FIXED_VARIABLES = 3;

const ABSENT: undefined[] = [];

export function writeRecords(kind: Kind, request: Body, find: Find): void {
  const ids = body.required(request, "ids", body.texts);
  const decode = body.embeddings(request, kind === "update");
  const documents = body.optionalTexts(request, "documents");
  const uris = body.optionalTexts(request, "uris");
  const changes = body.changes(request, "metadatas", kind !== "add");
  const collection = find();
  const vectors = decode?.();
  body.checkVectors(vectors ?? ABSENT);
  checkRecordKeys(changes ?? ABSENT);
  // Before the rest is looked at: a write that fails can give a collection its dimension.
  checkDimensions(collection, vectors ?? ABSENT);
  if ([vectors, documents, uris, changes].some((column) => column && column.length !== ids.length)) {
    throw invalid("Inconsistent number of IDs, embeddings, documents, URIs and metadatas");
  }
  if (ids.includes("")) {
    throw invalid("Empty ID, ID must have at least one character");
  }
  const rows = ids.map((id, index): Row => {
    return { id, embedding: vectors?.[index], document: documents?.[index], uri: uris?.[index], change: changes?.[index] };
  });
  write(collection, kind, rows);
}

function filterOf(request: Body): Filter | undefined {
  return both(parseWhere(request.get("where")), parseWhereDocument(request.get("where_document")));
}

function variablesOf(ids: readonly string[] | undefined, filter: Filter | undefined): number {
  return FIXED_VARIABLES + (ids?.length ?? 0) + (filter?.variables ?? 0);
}

/** @returns how many are said to be deleted */
export function deleteRecords(request: Body, find: Find, limits: Limits): number {
  const ids = body.texts(request, "ids");
  const limit = body.count(request, "limit");
  const collection = find();
  const filter = filterOf(request);
  if (ids?.length === 0 && !filter) {
    throw invalid("Validation error: ids, where: Either ids or where must be specified");
  }
  if (limit !== undefined && !filter) {
    throw invalid("Validation error: limit, where: limit can only be specified when a where clause is provided");
  }
  const doomed = filter ? matchesOf(collection, ids, filter, limit, limits) : (ids ?? []);
  for (const id of doomed) {
    collection.records.delete(id);
  }
  // Ids that are not looked up first are counted whether or not they are there.
  return doomed.length;
}

function matchesOf(collection: ModelCollection, ids: string[] | undefined, filter: Filter, limit = Infinity, limits: Limits): string[] {
  if (variablesOf(ids, filter) > limits.variables) {
    const cause = tooManyVariables().message.replace("Error executing plan:", "Failed to resolve records for deletion:");
    throw internal(cause);
  }
  return select(collection, { ids, filter, limit, offset: 0 }).map(({ id }) => id);
}

/** @returns the answer */
export function getRecords(request: Body, find: Find, limits: Limits, random: () => number): string {
  const ids = body.texts(request, "ids");
  const limit = body.count(request, "limit") ?? Infinity;
  const offset = body.count(request, "offset") ?? 0;
  const sections = body.include(request);
  const collection = find();
  const filter = filterOf(request);
  if (variablesOf(ids, filter) > limits.variables) {
    throw tooManyVariables();
  }
  const records = select(collection, { ids, filter, limit, offset });
  // Lists are in a table of their own, from where they are fetched by the offsets of all these rows.
  if (records.length > limits.variables && (sections.includes("metadatas") || sections.includes("uris"))) {
    throw tooManyVariables();
  }
  return answerOf(records, sections, random);
}

function answerOf(records: ModelRecord[], sections: Section[], random: () => number): string {
  const section = (name: Section, write: (record: ModelRecord) => string): [string, string] => {
    return [name, sections.includes(name) ? arrayText(records.map(write)) : "null"];
  };
  return objectText([
    ["ids", JSON.stringify(records.map(({ id }) => id))],
    section("embeddings", ({ embedding }) => arrayText(Array.from(embedding, singleText))),
    section("documents", ({ document }) => JSON.stringify(document ?? null)),
    section("uris", ({ uri }) => JSON.stringify(uri ?? null)),
    section("metadatas", (record) => metadataText(record, random)),
    ["include", JSON.stringify(sections)],
  ]);
}

/** A uri is metadata that is hidden afterwards, so that what is left of nothing else is `{}`. */
function metadataText({ metadata, uri }: ModelRecord, random: () => number): string {
  if (metadata.size === 0 && uri === undefined) {
    return "null";
  }
  return membersText(Array.from(metadata).filter(([key]) => !isHidden(key)), random);
}

/** In any order, as from the server's hash maps. */
export function membersText(members: [string, Value][], random: () => number): string {
  const shuffled = members.map((member) => ({ member, place: random() })).sort((one, other) => one.place - other.place);
  return objectText(shuffled.map(({ member: [key, value] }) => [key, valueText(value)]));
}

