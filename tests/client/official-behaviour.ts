/**
 * What a user of the `chromadb` client relies on, as cases that run anywhere: in Node, in a page on
 * OPFS or IndexedDB, and, but for those marked `local`, with the official client against a server.
 * (Chroma 1.5.9 then has to be reset between cases: it shows list metadata of deleted collections in new ones.)
 */

import { beyondCases } from "./official-behaviour/beyond.js";
import { collectionCases } from "./official-behaviour/collections.js";
import { filterCases } from "./official-behaviour/filters.js";
import { queryCases } from "./official-behaviour/queries.js";
import { recordCases } from "./official-behaviour/records.js";
import { schemaCases } from "./official-behaviour/schemas.js";
import { searchCases } from "./official-behaviour/searches.js";
import { valueCases } from "./official-behaviour/values.js";

export type { Case, Client, Expect } from "./official-behaviour/case.js";
export { tinyExpect } from "./official-behaviour/expect.js";

export const cases = [
  ...collectionCases,
  ...schemaCases,
  ...recordCases,
  ...queryCases,
  ...filterCases,
  ...searchCases,
  ...valueCases,
  ...beyondCases,
];
