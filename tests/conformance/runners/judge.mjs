/** Whether a step went as the corpus says. */

import { difference, sorted } from "../compare.mjs";
import { plain } from "../json.mjs";
import { classOf } from "./client.mjs";

/** @typedef {import("../steps.mjs").Step} Step */
/** @typedef {import("../steps.mjs").Refusal} Refusal */
/** @typedef {import("./client.mjs").ClientOutcome} ClientOutcome */
/** @typedef {import("./client.mjs").Thrown} Thrown */

const LOOSE = { exact: false };

/**
 * What was recorded of the server.
 * @param {Step} step
 * @returns {import("../steps.mjs").Outcome}
 */
export const recorded = (step) => (step.error ? { error: step.error } : { answer: step.answer });

/**
 * @param {Step} step
 * @param {import("../steps.mjs").Outcome} outcome of a server
 * @returns {string | null} how it differs
 */
export function judgeServer(step, outcome) {
  if (step.arbitrary) {
    return difference(step.error?.status, "error" in outcome ? outcome.error.status : undefined, LOOSE);
  }
  const [expected, actual] = [recorded(step), outcome].map((either) => (step.order === "any" ? sorted(either) : either));
  return difference(expected, actual, { exact: true });
}

/** What answers of `ours` may tell in part: a collection, and its indexing status. */
const IN_PART = new Set(["create_collection", "get_collection", "get_collection_by_id", "indexing_status"]);

/**
 * @param {Step} step
 * @param {import("../steps.mjs").Outcome} outcome of this package's HTTP server
 * @returns {string | null} how it differs
 */
export function judgeOurServer(step, outcome) {
  const { because: _, ...wanted } = /** @type {any} */ (step.ours ?? recorded(step));
  const [expected, actual] = [wanted, outcome].map((either) => (step.order === "any" ? sorted(either) : either));
  if (expected.error?.status === 422 && actual.error?.status === 422) {
    // How a fault of shape is worded is up to the parser.
    return difference(expected.error.name, actual.error.name, LOOSE);
  }
  const isInPart = IN_PART.has(step.call) && "answer" in expected && "answer" in actual;
  return difference(expected, isInPart ? { answer: onlyToldIn(expected.answer, actual.answer) } : actual, { exact: true });
}

/**
 * @param {object} told
 * @param {object} answer
 */
const onlyToldIn = (told, answer) => Object.fromEntries(Object.entries(answer).filter(([name]) => name in told));

/**
 * @param {Step} step
 * @param {ClientOutcome} outcome of this package
 * @returns {string | null} how it differs
 */
export function judgePackage(step, outcome) {
  const { because: _, ...expected } = /** @type {any} */ (step.package ?? step.client ?? step.ours ?? recorded(step));
  if ("cannot" in outcome || "cannot" in expected) {
    return difference(expected, outcome, LOOSE);
  }
  if ("error" in outcome && "error" in expected) {
    return expected.error.status === undefined ? differenceFromClient(expected.error, outcome.error) : differenceFromServer(
      expected.error,
      outcome.error,
    );
  }
  return differenceOfOutcomes(step, expected, outcome);
}

/**
 * The official client's own checks have their classes and messages; what it lets its code stumble over has none.
 * @param {Refusal} expected
 * @param {Thrown} thrown
 */
function differenceFromClient(expected, thrown) {
  if (!expected.name.startsWith("Chroma")) {
    return null;
  }
  const { name, message } = thrown;
  return difference(expected.name, name, LOOSE) ?? (name === "ChromaValueError" ? difference(expected.message, message, LOOSE) : null);
}

/**
 * The engine's error is the cause of the client's, whose class belongs to the status. Without a cause the message tells.
 * @param {Refusal} expected
 * @param {Thrown} thrown
 */
function differenceFromServer(expected, { name, message, engine }) {
  const wrong = difference(classOf(expected.status ?? 0), name, LOOSE);
  if (wrong !== null || expected.status === 422) {
    // How a fault of shape is worded is up to the parser.
    return wrong;
  }
  return engine ? difference(expected, engine, LOOSE) : message.endsWith(expected.message) ? null : difference(expected.message, message, LOOSE);
}

/**
 * Whether the official client made of a step what the server said.
 * @param {Step} step with what the server said
 * @param {ClientOutcome} outcome
 */
export function isServersAnswer(step, outcome) {
  const expected = recorded(step);
  if (!("error" in expected) || !("error" in outcome)) {
    return "answer" in expected && "answer" in outcome && differenceOfOutcomes(step, expected, outcome) === null;
  }
  const { name, message } = outcome.error;
  const { status = 0, message: told } = expected.error;
  // Its other classes have texts of their own.
  return name === classOf(status) && (name !== "ChromaClientError" || message.endsWith(told));
}

/**
 * @param {Step} step
 * @param {any} expected
 * @param {any} actual
 */
function differenceOfOutcomes(step, expected, actual) {
  const [left, right] = [plain(expected), plain(actual)].map((either) => (step.order === "any" ? sorted(either) : either));
  return difference(onlyShown(left, right), withSortedInclude(onlyShown(right, left)), LOOSE);
}

/**
 * Of collections and of their status, clients show some members: what they do not show cannot differ.
 * @param {any} expected
 * @param {any} actual
 * @returns {any}
 */
function onlyShown(expected, actual) {
  const [left, right] = [expected.answer, actual.answer];
  if (Array.isArray(left) && Array.isArray(right)) {
    return { answer: left.map((member, index) => shared(member, right[index])) };
  }
  return "answer" in expected ? withSortedInclude({ answer: shared(left, right) }) : expected;
}

/**
 * Clients name the sections in another order.
 * @param {any} outcome
 */
function withSortedInclude(outcome) {
  const { answer } = outcome;
  return answer?.include ? { answer: { ...answer, include: [...answer.include].sort() } } : outcome;
}

/**
 * @param {any} expected
 * @param {any} actual
 */
function shared(expected, actual) {
  if (![expected, actual].some((answer) => answer?.configuration_json !== undefined || answer?.total_ops !== undefined)) {
    return expected;
  }
  return Object.fromEntries(Object.entries(expected ?? {}).filter(([name]) => name in (actual ?? {})));
}
