/** Collections as they are made in the target of a copy. */

import { isDeepStrictEqual } from "node:util";

import type { CollectionText, DatabaseClient } from "../rest/client.js";
import { membersOf } from "../../json-text.js";

/** Metadata that configures a collection in Chroma's older way. */
const LEGACY_PREFIX = "hnsw:";

/** Makes a collection like one of the source, or finds that of its name; `notes` say what the target did otherwise. */
export async function createLike(
  collection: CollectionText,
  target: DatabaseClient,
): Promise<{ created: CollectionText; notes: string[] }> {
  const created = await target.createCollection(creationOf(collection));
  const isSame = isDeepStrictEqual(JSON.parse(created.configuration), JSON.parse(collection.configuration));
  return { created, notes: isSame ? [] : [`the target keeps another configuration: ${created.configuration}`] };
}

/**
 * The schema says everything about a collection, the configuration what servers know that have no schemas. Together they are refused, and so
 * is a schema beside metadata that configures: that was then all the configuration which the collection was created with.
 */
function creationOf({ name, metadata, schema, configuration }: CollectionText): string {
  const keys = metadata === "null" ? [] : [...membersOf(metadata).keys()];
  const isLegacy = keys.some((key) => key.startsWith(LEGACY_PREFIX));
  const settings = schema === "null" || isLegacy ? `"configuration":${configuration}` : `"schema":${schema}`;
  return `{"name":${JSON.stringify(name)},"get_or_create":true,"metadata":${metadata},${settings}}`;
}
