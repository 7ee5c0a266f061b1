/** The worker that runs transformers: started when it is first asked, ended when it was not for a while. */

import { ModelError } from "../model-error";
import type { Encoded, FromWorker, ToWorker } from "./messages";

/** After this long without a question the model is let go of: it takes far more memory than the rest of the page. In milliseconds. */
const IDLE_MS = 120_000;

interface Call {
  resolve: (encoded: Encoded) => void;
  reject: (error: Error) => void;
}

/** How much of a model has been fetched, up to 1. */
export type Fetching = (folder: string, share: number) => void;

const listeners = new Set<Fetching>();

let worker: Worker | undefined;
let calls = new Map<number, Call>();
let lastId = 0;
let idle: ReturnType<typeof setTimeout> | undefined;

/** Tells of models as they are fetched; answers what ends that. */
export function onFetching(listener: Fetching): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/** Vectors of texts by the model of a folder. */
export function encode(question: Omit<ToWorker, "id">): Promise<Encoded> {
  worker ??= start();
  clearTimeout(idle);
  const id = ++lastId;
  const asked = worker;
  return new Promise<Encoded>((resolve, reject) => {
    calls.set(id, { resolve, reject });
    asked.postMessage({ ...question, id } satisfies ToWorker);
  }).finally(() => {
    calls.delete(id);
    if (calls.size === 0) idle = setTimeout(end, IDLE_MS);
  });
}

function start(): Worker {
  const made = new Worker(new URL(/* webpackChunkName: "transformer" */ "./transformer.worker.ts", import.meta.url), { type: "module" });
  made.onmessage = ({ data }: MessageEvent<FromWorker>) => receive(data);
  made.onerror = (event) => {
    const lost = calls;
    calls = new Map();
    end();
    lost.forEach(({ reject }) => reject(new ModelError("runtime", `The worker of the model has ended: ${event.message || "it did not start"}`)));
  };
  return made;
}

function end(): void {
  worker?.terminate();
  worker = undefined;
}

function receive(message: FromWorker): void {
  if ("share" in message) {
    listeners.forEach((listener) => listener(message.folder, message.share));
  } else if ("encoded" in message) {
    calls.get(message.id)?.resolve(message.encoded);
  } else {
    const { message: words, fault, server } = message.failure;
    calls.get(message.id)?.reject(fault ? new ModelError(fault, words, server) : new Error(words));
  }
}
