/** Records the corpus anew: every draft is run by a real server, and by the official client against it. */

import { ChromaClient, Schema } from "chromadb";

import { difference, sorted } from "../../tests/conformance/compare.mjs";
import { clearCases, readDrafts, writeCase } from "../../tests/conformance/corpus.mjs";
import { Num, ordered } from "../../tests/conformance/json.mjs";
import { isServersAnswer, recorded } from "../../tests/conformance/runners/judge.mjs";
import { NO_COLLECTION, runOnClient } from "../../tests/conformance/runners/client.mjs";
import { runOnServer } from "../../tests/conformance/runners/rest.mjs";
import { idsOnly } from "../../tests/conformance/steps.mjs";
import { say, SetupError } from "../lib/log.mjs";

/** @typedef {import("../../tests/conformance/steps.mjs").Draft} Draft */
/** @typedef {import("../../tests/conformance/steps.mjs").Request} Request */
/** @typedef {import("../../tests/conformance/steps.mjs").Step} Step */
/** @typedef {import("../../tests/conformance/runners/client.mjs").ClientOutcome} ClientOutcome */

/**
 * @param {string} url
 * @param {number} port
 */
export async function record(url, port) {
  const library = {
    connect: (/** @type {object} */ place) => new ChromaClient({ host: "127.0.0.1", port, ...place }),
    Schema,
  };
  const areas = await readDrafts();
  clearCases();
  for (const [area, drafts] of areas) {
    for (const { name, about, steps: requests } of drafts) {
      const outcomes = await runOnServer(url, requests);
      await runOnServer(url, []);
      const clients = await runOnClient(library, requests);
      const beyond = requests.some((request) => deletesKeys(request) || hasBigints(request.body));
      const steps = requests.map((request, index) => {
        try {
          return makeStep(request, outcomes[index], clients[index], beyond);
        } catch (error) {
          throw new SetupError(`${area}/${name}, step ${index + 1}: ${error instanceof Error ? error.message : String(error)}`);
        }
      });
      writeCase(area, name, { about, steps });
    }
    say(`recorded ${area}`);
  }
}

/**
 * @param {any} request
 * @param {any} outcome
 * @param {any} client
 * @param {boolean} beyond whether the scenario does what the official client cannot
 * @returns {Step}
 */
function makeStep({ expected, ours, package: packages, ...request }, outcome, client, beyond) {
  /** @type {Step} */
  const step = { ...request, ...(request.order === "any" ? sorted(outcome) : outcome) };
  const other = ours ?? modelled(step, expected);
  if (other && !request.arbitrary && difference(recorded(step), withoutReason(other), { exact: false }) === null) {
    throw new Error(`what is said to differ is what Chroma does: ${JSON.stringify(other)}`);
  }
  const clients = ofClient({ ...step, ours: other }, client, beyond);
  return { ...step, ...(other && { ours: other }), ...(clients && { client: ordered(clients) }), ...(packages && { package: packages }) };
}

/** @param {any} other */
const withoutReason = ({ because: _, ...outcome }) => outcome;

/**
 * Where the model of filters finds what the single node does not.
 * @param {Step} step
 * @param {string[]} [expected]
 */
function modelled(step, expected) {
  const answer = expected && idsOnly(expected);
  if (!answer || difference(recorded(step), { answer }, { exact: false }) === null) {
    return undefined;
  }
  const lists = /contains/.test(JSON.stringify(step.body.where));
  return { because: lists ? ONE_NUMBER : NO_FRACTION, answer };
}

const ONE_NUMBER = "1 and 1.0 are one number, in lists too";
const NO_FRACTION = "numbers compare as real numbers; the single node cuts an operand's fraction off to compare it with integers";

/**
 * The official client leaves nulls in metadata out. This package sends them, as the server understands them: what the official
 * client finds afterwards says nothing.
 * @param {Request} step
 */
const deletesKeys = ({ call, body }) =>
  ["update", "upsert"].includes(call) && Array.isArray(body.metadatas) && body.metadatas.some(
    (/** @type {object | null} */ metadata) => Object.values(metadata ?? {}).includes(null),
  );

/**
 * @param {any} value
 * @returns {boolean}
 */
const hasBigints = (value) =>
  value instanceof Num ? !/[.e]/.test(value.text) : typeof value === "object" && value !== null && Object.values(value).some(hasBigints);

/** What the official client throws before it sends anything. */
const REFUSALS = new Set(["ChromaValueError", "TypeError", "Error"]);

/**
 * What the official client makes of a step, when it is not what the server said.
 * @param {Step} step
 * @param {ClientOutcome} outcome
 * @param {boolean} beyond
 * @returns {any}
 */
function ofClient(step, outcome, beyond) {
  // Where ours is not the single node's answer, only what the client refuses itself says something.
  const unsaid = step.ours !== undefined || beyond;
  const refuses = "cannot" in outcome ? outcome.cannot !== NO_COLLECTION : "error" in outcome && REFUSALS.has(outcome.error.name) && !hasBigints(
    step.body,
  );
  return isServersAnswer(step, outcome) || (unsaid && !refuses) ? undefined : outcome;
}
