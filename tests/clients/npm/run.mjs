/** Runs every step of the official npm client on a server. */

import { Reader } from "../outcomes.mjs";
import { steps as admin } from "./steps/admin.mjs";
import { steps as collections } from "./steps/collections.mjs";
import { steps as queries } from "./steps/queries.mjs";
import { steps as records } from "./steps/records.mjs";
import { steps as relatives } from "./steps/relatives.mjs";
import { steps as schemas } from "./steps/schemas.mjs";
import { steps as searches } from "./steps/searches.mjs";
import { steps as system } from "./steps/system.mjs";
import { World } from "./world.mjs";

const CHAPTERS = { system, admin, collections, records, queries, searches, schemas, relatives };

/**
 * @param {number} port of a server of this machine that may be reset
 * @returns {Promise<import("../suite.mjs").Outcomes>}
 */
export async function runNpmClient(port) {
  const { warn } = console;
  // The client warns of functions that are not installed, and of arguments that are out of date.
  console.warn = () => undefined;
  try {
    return await runChapters(port);
  } finally {
    console.warn = warn;
  }
}

/** @param {number} port */
async function runChapters(port) {
  const outcomes = new Map();
  for (const [chapter, steps] of Object.entries(CHAPTERS)) {
    const world = new World("127.0.0.1", port);
    const reader = new Reader(port);
    await world.client.reset();
    for (const [name, step] of Object.entries(steps)) {
      outcomes.set(`${chapter}: ${name}`, await reader.outcomeOf(() => step(world)));
    }
  }
  return outcomes;
}
