/** A network between a client and the model that loses, holds, repeats and breaks what is sent over it. */

import type { ModelFetch, ModelInit } from "./server.js";

export type Fault =
  | { kind: "none" }
  /** The request is lost. */
  | { kind: "dropBefore" }
  /** The answer is lost. */
  | { kind: "dropAfter" }
  /** The request is held, and delivered even if the client gives up meanwhile. */
  | { kind: "delay"; ms: number }
  /** The answer is held. */
  | { kind: "delayAnswer"; ms: number }
  /** Delivered at once, and once more later; the first answer counts. */
  | { kind: "duplicate"; ms: number }
  /** Something in front of the server answers. */
  | { kind: "answer"; status: RefusalStatus; retryAfter?: number | string }
  /** The connection breaks within the answer, after this share of its text. */
  | { kind: "truncate"; share: number }
  /** As `truncate`, but nothing tells that the text is not whole. */
  | { kind: "cut"; share: number };

export type RefusalStatus = 401 | 403 | 429 | 503;

export interface Sent {
  method: string;
  url: string;
  body: string | undefined;
  /** 0 for the first request. */
  index: number;
}

/** What happens to a request. */
export type Schedule = (sent: Sent) => Fault;

/** Resolves after a time of the simulation. */
export type Sleep = (ms: number) => Promise<void>;

export function faulty(fetch: ModelFetch, schedule: Schedule, sleep: Sleep): ModelFetch {
  let index = 0;
  return (url, init = {}) => {
    const sent = { method: init.method ?? "GET", url, body: init.body, index };
    index += 1;
    if (init.signal?.aborted) {
      return fetch(url, init);
    }
    // A server does not know that a client has given up.
    const { signal, ...delivered } = init;
    return untilAborted(transmitted(() => fetch(url, delivered), schedule(sent), sleep), signal);
  };
}

async function transmitted(deliver: () => Promise<Response>, fault: Fault, sleep: Sleep): Promise<Response> {
  switch (fault.kind) {
    case "none":
      return deliver();
    case "dropBefore":
      throw networkError();
    case "dropAfter":
      await deliver();
      throw networkError();
    case "delay":
      await sleep(fault.ms);
      return deliver();
    case "delayAnswer": {
      const answer = await deliver();
      await sleep(fault.ms);
      return answer;
    }
    case "duplicate":
      return repeated(deliver, fault.ms, sleep);
    case "answer":
      return refusal(fault.status, fault.retryAfter);
    case "truncate":
      return shortened(await deliver(), fault.share, true);
    case "cut":
      return shortened(await deliver(), fault.share, false);
  }
}

/** What `fetch` rejects with. */
function networkError(): TypeError {
  return new TypeError("fetch failed");
}

function repeated(deliver: () => Promise<Response>, ms: number, sleep: Sleep): Promise<Response> {
  const first = deliver();
  void sleep(ms)
    .then(deliver)
    .catch(() => undefined);
  return first;
}

const REFUSALS: Record<RefusalStatus, [error: string, message: string]> = {
  401: ["ChromaError", "Unauthorized"],
  403: ["ChromaError", "Forbidden"],
  429: ["Backoff", "Backoff and retry"],
  503: ["ChromaError", "Service unavailable"],
};

function refusal(status: RefusalStatus, retryAfter: number | string | undefined): Response {
  const [error, message] = REFUSALS[status];
  const headers = { "content-type": "application/json", ...(retryAfter === undefined ? {} : { "retry-after": String(retryAfter) }) };
  return new Response(JSON.stringify({ error, message }), { status, headers });
}

async function shortened(answer: Response, share: number, breaks: boolean): Promise<Response> {
  const bytes = new Uint8Array(await answer.arrayBuffer());
  const kept = bytes.slice(0, Math.min(Math.floor(bytes.length * share), Math.max(bytes.length - 1, 0)));
  const { status } = answer;
  // An answer without a body cannot be shortened.
  if (bytes.length === 0) {
    return new Response(null, { status });
  }
  const headers = { "content-type": "application/json" };
  return new Response(breaks ? broken(kept) : kept, { status, headers });
}

function broken(bytes: Uint8Array): ReadableStream<Uint8Array> {
  let given = false;
  return new ReadableStream({
    pull(controller) {
      if (given) {
        controller.error(new TypeError("terminated"));
      } else {
        given = true;
        controller.enqueue(bytes);
      }
    },
  });
}

/** A client that gives up hears of it at once, whatever becomes of its request. */
function untilAborted(answer: Promise<Response>, signal: ModelInit["signal"]): Promise<Response> {
  if (!signal) {
    return answer;
  }
  return new Promise((resolve, reject) => {
    // eslint-disable-next-line @typescript-eslint/prefer-promise-reject-errors -- the reason of the signal, as `fetch` does
    const abort = () => reject(signal.reason);
    signal.addEventListener("abort", abort, { once: true });
    void answer.then(resolve, reject).finally(() => signal.removeEventListener("abort", abort));
  });
}

/** How likely each fault is; what is left is none. */
export interface Rates {
  dropBefore?: number;
  dropAfter?: number;
  delay?: number;
  delayAnswer?: number;
  duplicate?: number;
  /** A busy server: 429 and 503. */
  busy?: number;
  /** 401 and 403. */
  unauthorised?: number;
  truncate?: number;
  cut?: number;
}

/** Faults by chance, repeatable with a seeded generator. */
export function randomSchedule(random: () => number, rates: Rates, maxDelayMs: number): Schedule {
  const ms = () => Math.floor(random() * maxDelayMs);
  const either = (one: RefusalStatus, other: RefusalStatus) => (random() < 0.5 ? one : other);
  const faults: Record<keyof Rates, () => Fault> = {
    dropBefore: () => ({ kind: "dropBefore" }),
    dropAfter: () => ({ kind: "dropAfter" }),
    delay: () => ({ kind: "delay", ms: ms() }),
    delayAnswer: () => ({ kind: "delayAnswer", ms: ms() }),
    duplicate: () => ({ kind: "duplicate", ms: ms() }),
    busy: () => ({ kind: "answer", status: either(429, 503) }),
    unauthorised: () => ({ kind: "answer", status: either(401, 403) }),
    truncate: () => ({ kind: "truncate", share: random() }),
    cut: () => ({ kind: "cut", share: random() }),
  };
  return () => {
    let chance = random();
    for (const [name, fault] of Object.entries(faults) as [keyof Rates, () => Fault][]) {
      chance -= rates[name] ?? 0;
      if (chance < 0) {
        return fault();
      }
    }
    return { kind: "none" };
  };
}
