/** Outcomes of steps as JSON that two runs, on two servers, can be compared by. */

import { ordered } from "../conformance/json.mjs";

/** @typedef {{ answer: any } | { error: { name: string, message: string } }} Outcome */

const UUID = /[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/g;

/** What begins with zeros the steps name themselves. */
const GIVEN = "00000000-";

export class Reader {
  #port;

  /** @param {number} port of the server, which differs from run to run */
  constructor(port) {
    this.#port = port;
  }

  /**
   * @param {() => unknown} run
   * @returns {Promise<Outcome>}
   */
  async outcomeOf(run) {
    try {
      return this.read({ answer: shown(await run()) });
    } catch (error) {
      const { name, message } = error instanceof Error ? error : { name: typeof error, message: String(error) };
      return this.read({ error: { name, message } });
    }
  }

  /**
   * What a run writes of an outcome, without what is new in every run.
   * @param {any} outcome
   * @returns {any}
   */
  read(outcome) {
    const text = JSON.stringify(ordered(outcome))
      .replaceAll(`127.0.0.1:${this.#port}`, "<server>")
      // Where in the text of the body a fault lies depends on how the client writes it.
      .replaceAll(/ at line \d+ column \d+/g, "")
      .replaceAll(/("nanosecond heartbeat":)\d+/g, "$1\"<now>\"")
      // Chroma tells some sets in any order.
      .replaceAll(/( length|for the collection:) \[.*?\]/g, "$1 […]")
      .replaceAll(UUID, (id) => (id.startsWith(GIVEN) ? id : "<id>"));
    return JSON.parse(text);
  }
}

/**
 * What a client answers, as JSON.
 * @param {any} value
 * @returns {any}
 */
function shown(value) {
  if (typeof value === "number" && !Number.isFinite(value)) {
    return String(value);
  }
  if (value === undefined) {
    return null;
  }
  if (typeof value !== "object" || value === null) {
    return value;
  }
  if (Array.isArray(value)) {
    return value.map(shown);
  }
  if (typeof value.serializeToJSON === "function") {
    return shown(value.serializeToJSON());
  }
  if (typeof value.getIndexingStatus === "function") {
    const { name, id, tenant, database, metadata, configuration, embeddingFunction, schema } = value;
    return shown({ id, name, tenant, database, metadata, configuration, embeddingFunction: embeddingFunction?.name, schema });
  }
  const members = Object.entries(value).filter(([name, member]) => member !== undefined && typeof member !== "function" && name !== CORES);
  return Object.fromEntries(members.map(([name, member]) => [name, shown(member)]));
}

/** As many as the machine has. */
const CORES = "num_threads";
