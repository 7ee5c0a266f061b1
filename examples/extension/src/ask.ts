/** Asks the store, which lives in the offscreen document, and opens that document where it is missing. */

import type { Answer, Argument, CallName, Request, Response } from "./messages";

/** Attempts, and the pause after each, which grows by itself: five seconds in all. */
const ATTEMPTS = 12;
const PAUSE_MS = 80;

const PAGE = "offscreen.html";

/** The store refused what was asked. */
export class StoreError extends Error {
  constructor(
    override readonly name: string,
    message: string,
  ) {
    super(message);
  }
}

/**
 * Asks for a call until it is answered. The document may be missing, still loading, or end before it answers; then it is opened and asked again, which is
 * harmless: a call that is made twice does no more than once.
 */
export async function ask<N extends CallName>(call: N, argument: Argument<N>): Promise<Answer<N>> {
  const request: Request<N> = { to: "store", call, argument };
  for (let attempt = 1; ; attempt += 1) {
    const response = await send(request);
    if (response && "answer" in response) {
      return response.answer;
    }
    if (response) {
      throw new StoreError(response.error.name, response.error.message);
    }
    if (attempt === ATTEMPTS) {
      throw new StoreError("StoreUnavailable", "The store does not answer. Turn the extension off and on again.");
    }
    await openDocument();
    await new Promise((resolve) => setTimeout(resolve, PAUSE_MS * (attempt - 1)));
  }
}

/** Undefined if nobody has answered. */
async function send<N extends CallName>(request: Request<N>): Promise<Response<N> | undefined> {
  try {
    return (await chrome.runtime.sendMessage<Request<N>, Response<N> | undefined>(request)) ?? undefined;
  } catch {
    return undefined;
  }
}

/** One is enough: of several contexts that open it at once, the others are told that it is there. */
async function openDocument(): Promise<void> {
  const contexts = await chrome.runtime.getContexts({ contextTypes: ["OFFSCREEN_DOCUMENT"] });
  if (contexts.length > 0) {
    return;
  }
  try {
    await chrome.offscreen.createDocument({
      url: PAGE,
      reasons: ["WORKERS"],
      justification: "The database of kept pages runs in a worker.",
    });
  } catch {
    // Another context was faster, or the browser could not: the next attempt tells.
  }
}
