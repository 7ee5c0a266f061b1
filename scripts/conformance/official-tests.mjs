/** The test suite of the Python package `chromadb`, against a Chroma server and against ours. */

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";

import { withOurs } from "../../tests/clients/server.mjs";
import { heading, say } from "../lib/log.mjs";
import { run } from "../lib/run.mjs";
import { ensureEnvironment } from "../setup/python.mjs";
import { withChroma } from "./server.mjs";

const API = ["chromadb.test.test_api"];

/** They compare a server with a model of it, by generated states. */
const PROPERTIES = ["test_add", "test_collections", "test_embeddings", "test_filtering"].map((name) => `chromadb.test.property.${name}`);

const PYTEST = ["-m", "pytest", "-q", "--tb=no", "-p", "no:cacheprovider", "--timeout=300", "--pyargs"];

/** Tests that pass against Chroma's server and fail against ours, with the reason. */
const KNOWN = {
  test_query_id_filtering_e2e: "a query among ids passes unknown ones over, as Chroma's distributed engine does; its single node answers with an internal error, which the test wants",
};

/**
 * @param {{ properties: boolean }} options whether the property tests are run too
 * @returns {Promise<boolean>} whether ours passes what Chroma's passes, but for what is known
 */
export async function officialTests({ properties }) {
  const modules = properties ? [...API, ...PROPERTIES] : API;
  const python = await ensureEnvironment({
    directory: ".venv-chroma-tests",
    requirements: "tests/clients/python/requirements.txt",
    what: "Chroma with what its tests need (about 700 MB)",
  });
  heading("Chroma");
  const chroma = await withChroma((_, port) => failuresOf([python, ...PYTEST, ...modules], port));
  heading("ours");
  const ours = await withOurs((_, port) => failuresOf([python, ...PYTEST, ...modules], port));
  const only = [...ours.failed].filter((test) => !chroma.failed.has(test));
  const isKnown = (/** @type {string} */ test) => Object.keys(KNOWN).some((name) => test.includes(name));
  say(`\nChroma: ${chroma.summary}\nours:   ${ours.summary}`);
  only.forEach((test) => say(isKnown(test) ? `known: ${test}` : `≠ ${test} fails against ours alone`));
  Object.entries(KNOWN).forEach(([name, because]) => say(`${name}: ${because}`));
  return only.every(isKnown);
}

/**
 * @param {string[]} command
 * @param {number} port
 * @returns {Promise<{ failed: Set<string>, summary: string }>}
 */
async function failuresOf(command, port) {
  // The suite leaves files where it runs.
  const cwd = mkdtempSync(path.join(tmpdir(), "chroma-tests-"));
  const env = {
    CHROMA_INTEGRATION_TEST_ONLY: "1",
    CHROMA_SERVER_HOST: "127.0.0.1",
    CHROMA_SERVER_HTTP_PORT: String(port),
    PROPERTY_TESTING_PRESET: "fast",
  };
  try {
    const { output } = await run(command, { cwd, env, capture: true });
    const failed = [...output.matchAll(/^(?:FAILED|ERROR) (\S+)/gm)].map(([, test = ""]) => test);
    return { failed: new Set(failed), summary: /^.*\b(?:passed|failed)\b.* in .*$/m.exec(output)?.[0] ?? "no summary" };
  } finally {
    rmSync(cwd, { recursive: true, force: true });
  }
}
