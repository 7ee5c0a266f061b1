/** Errors of the engine reach users as those of the official client. */

import { expect, test } from "@playwright/test";

import * as chromatid from "../../pkg/src/index.js";
import { toChromaError } from "../../pkg/src/error-mapping.js";
import { connectionLost } from "../../pkg/src/engine/errors.js";
import { engineError, installConnector, thrown } from "./support/engine.js";
import { officialClient, withServer } from "./support/official.js";

const FAILURES: [name: string, code: number, message: string][] = [
  ["InvalidArgumentError", 400, "Collection expecting embedding with dimension of 2, got 3"],
  ["ChromaError", 403, "reset is disabled"],
  ["NotFoundError", 404, "Collection [x] does not exist"],
  ["ChromaError", 409, "Collection [x] already exists"],
  ["ChromaError", 422, "Failed to deserialize the JSON body into the target type: x"],
  ["ChromaError", 422, "Quota exceeded: too much"],
  ["ChromaError", 422, "Billing limit exceeded"],
  ["ChromaError", 429, "too many compactions"],
  ["CorruptionError", 500, "corrupt block 17: checksum; nothing was changed"],
  ["InternalError", 500, "a defect"],
  ["ChromaError", 501, "not in this build"],
  ["ChromaError", 503, "the store is closed"],
];

test("an error of the engine is what the official client makes of the same answer of a server", async () => {
  for (const [name, code, message] of FAILURES) {
    const body = { error: name, message };
    const theirs = await withServer(
      () => Response.json(body, { status: code }),
      () => thrown(() => officialClient().countCollections()),
    );
    installConnector({ countCollections: engineError(name, code, message) });
    const ours = await thrown(() => new chromatid.ChromaClient({ storage: "memory" }).countCollections());
    expect({ code, name: ours.name }).toEqual({ code, name: theirs.name });
    expect(ours.message).toBe(theirs.message.replace(/http:\/\/\S+/, "Chroma"));
    expect(ours.cause).toMatchObject({ name, message, code, retryable: false });
  }
});

test("every mapped error is an instance of its exported class", () => {
  const classes = [
    [400, chromatid.ChromaClientError],
    [401, chromatid.ChromaUnauthorizedError],
    [403, chromatid.ChromaForbiddenError],
    [404, chromatid.ChromaNotFoundError],
    [409, chromatid.ChromaUniqueError],
    [422, chromatid.ChromaClientError],
    [429, chromatid.ChromaRateLimitError],
    [500, chromatid.ChromaServerError],
    [507, chromatid.ChromaQuotaExceededError],
  ] as const;
  for (const [code, type] of classes) {
    expect(toChromaError(engineError("ChromaError", code, "x"))).toBeInstanceOf(type);
  }
});

test("a full disk is a quota error with the engine's words; a lost worker is a connection error", () => {
  const full = "storage quota exceeded while appending: delete records or free space, then try again";
  expect(toChromaError(engineError("StorageQuotaExceededError", 507, full))).toMatchObject({
    name: "ChromaQuotaExceededError",
    message: full,
  });
  expect(toChromaError(connectionLost("the worker stopped"))).toMatchObject({
    name: "ChromaConnectionError",
    message: "the worker stopped",
  });
});

test("errors that are not the engine's stay what they are", () => {
  for (const error of [new TypeError("x"), new chromatid.ChromaValueError("y"), "text"]) {
    expect(toChromaError(error)).toBe(error);
  }
});

test("createErrorByType knows the types of the official client", () => {
  expect(chromatid.createErrorByType("InvalidCollection", "x")).toBeInstanceOf(chromatid.InvalidCollectionError);
  expect(chromatid.createErrorByType("InvalidArgumentError", "x")).toBeInstanceOf(chromatid.InvalidArgumentError);
  expect(chromatid.createErrorByType("Other", "x")).toBeUndefined();
});
