import { modelErrorOf } from "../embedding/model-error";
import { browsed } from "./browsed";
import { explainModel } from "./model-problems";

/** An error as the page tells it: what happened, and what can be done about it. */
export interface Problem {
  kind: "locked" | "corrupt" | "full" | "unsupported" | "asset" | "refused" | "other";
  title: string;
  detail: string;
  advice: string;
  /** What the server of a model wants before it can be asked */
  access?: { server: string; wants: "permission" | "key" };
}

/** What the client puts before the reason of a refusal. */
const REQUEST_PREFIX = /^Bad request to .*? with status: (Validation error: )?/;

/** Error names and messages of an error and its causes: the client keeps the engine's error as `cause`. */
function chainOf(error: unknown): { names: string[]; message: string } {
  const names: string[] = [];
  let message = "";
  for (let link = error, depth = 0; link instanceof Error && depth < 8; link = link.cause, depth++) {
    names.push(link.name);
    message ||= link.message;
    if (/in use by another/i.test(link.message)) names.push("Locked");
    if (/is not available here/i.test(link.message)) names.push("Unsupported");
  }
  return { names, message: message || String(error) };
}

/** What a server has said: the client puts it below an error of its own. */
function causeOf(error: unknown): string | undefined {
  return error instanceof Error && error.cause instanceof Error ? error.cause.message : undefined;
}

/** Says what went wrong and what to do. */
export function explain(error: unknown): Problem {
  const modelError = modelErrorOf(error);
  if (modelError) return explainModel(modelError);
  const { names, message } = chainOf(error);
  const has = (...wanted: string[]) => wanted.some((name) => names.includes(name));
  if (has("Locked")) {
    return {
      kind: "locked",
      title: "Another tab does not let go of these data",
      detail: "Tabs of this page share its database. The one that has it open does not answer: it may be frozen, or of another version.",
      advice: "Close or reload the other tab, then try again.",
    };
  }
  if (has("OthersStayError")) {
    return {
      kind: "locked",
      title: "Another tab does not let go of these data",
      detail: "Nobody may write while this is done, but a tab of this page, or an import of one, is still at it. Nothing was changed.",
      advice: "Close or reload the other tabs, then try again.",
    };
  }
  if (has("InUseError")) {
    return {
      kind: "locked",
      title: "Another page has the data open",
      detail: `${message}. Nothing was changed.`,
      advice: "Close it, or reload it if it is an older version of this page, then try again.",
    };
  }
  if (has("LeftoverError")) {
    return {
      kind: "other",
      title: "The old copy could not be deleted yet",
      detail: `The new one is whole and in use. ${message}.`,
      advice: "Close other pages of this address and reload this one: the old copy is deleted then.",
    };
  }
  if (has("ImportUnderWayError")) {
    return {
      kind: "locked",
      title: "An import is under way",
      detail: `${message}. Nothing was changed.`,
      advice: "Wait until it is done, or end it, then try again.",
    };
  }
  if (has("WaitingEditsError")) {
    return {
      kind: "refused",
      title: "Some edits are only here",
      detail: `${message}. Nothing was changed.`,
      advice: "Synchronise the collection or unlink it (Sync), then try again.",
    };
  }
  if (has("CopyError")) {
    return {
      kind: "other",
      title: "The copy was not good",
      detail: `${message}. It was deleted; your data are as they were.`,
      advice: "Look for damage (Storage), then try again.",
    };
  }
  if (has("NoRoomError")) {
    return {
      kind: "full",
      title: "There is no room for that",
      detail: `${message}. Nothing was changed.`,
      advice: "Delete a collection, or free space on this device, then try again.",
    };
  }
  if (has("CorruptionError")) {
    return {
      kind: "corrupt",
      title: "The stored data cannot be read",
      detail: message,
      advice: "Nothing was changed. You can reload to try again, or delete the data and start anew.",
    };
  }
  if (has("StorageQuotaExceededError", "ChromaQuotaExceededError", "QuotaExceededError")) {
    return {
      kind: "full",
      title: "There is no room left",
      detail: message,
      advice: "Delete a collection, or free space on this device, then try again. What was stored is safe.",
    };
  }
  if (has("Unsupported")) {
    return {
      kind: "unsupported",
      title: "This browser does not let the page store data",
      detail: message,
      advice: "Leave private browsing or allow site data for this page, then reload.",
    };
  }
  if (has("AssetError")) {
    return { kind: "asset", title: "A file of this page is missing", detail: message, advice: "Check the connection, then try again." };
  }
  if (has("NoResultsError")) {
    return { kind: "refused", title: "These are no results", detail: message, advice: "Choose the results.json of `npm run bench`." };
  }
  if (has("ChromaAuthError")) {
    return {
      kind: "refused",
      title: "Nobody is let in without a key",
      detail: causeOf(error) ?? message,
      advice: "Open the address that the terminal shows, or give the program another token.",
    };
  }
  if (has("ChromaForbiddenError")) {
    return { kind: "refused", title: "That is not allowed", detail: causeOf(error) ?? message, advice: "It takes a token that is for this." };
  }
  if (has("ChromaConnectionError") && browsed) {
    return { kind: "other", title: "There is no answer", detail: message, advice: "See whether `chromatid browse` still runs, then try again." };
  }
  if (has("ChromaUniqueError")) {
    return { kind: "refused", title: "That name is taken", detail: message, advice: "Choose another name." };
  }
  if (has("ChromaClientError", "ChromaValueError")) {
    return { kind: "refused", title: "That is not accepted", detail: message.replace(REQUEST_PREFIX, ""), advice: "Change it and try again." };
  }
  return { kind: "other", title: "That did not work", detail: message, advice: "Try again; if it stays, reload the page." };
}

/** The same about a file that was to be imported. */
export function explainImport(error: unknown): Problem {
  const { names } = chainOf(error);
  if (names.includes("ChromaUniqueError")) {
    // The client keeps what the engine said as the cause.
    const { message = "" } = error instanceof Error && error.cause instanceof Error ? error.cause : {};
    const [, name] = /^Collection \[(.*?)\] already exists/.exec(message) ?? [];
    return {
      kind: "refused",
      title: "A collection is there already",
      detail: `${name === undefined ? "One of those in the file" : `“${name}”`} already exists here. Nothing was changed.`,
      advice: "Choose what becomes of it, then import the file again.",
    };
  }
  const problem = explain(error);
  return problem.kind === "refused"
    ? { ...problem, title: "This file cannot be imported", advice: "Choose a file that was exported from chromatid. Nothing was changed." }
    : problem;
}
