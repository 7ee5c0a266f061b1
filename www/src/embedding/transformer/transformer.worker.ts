/** Runs sentence transformers beside whoever asks: neither a page nor an import stands still meanwhile. */

import { modelErrorOf } from "../model-error";
import { Encoder } from "./encoder";
import type { FromWorker, ToWorker } from "./messages";

const encoders = new Map<string, Promise<Encoder>>();

const tell = (message: FromWorker, transfer: Transferable[] = []): void => postMessage(message, { transfer });

/** One model a folder; one that could not be loaded is tried again by the next caller. */
function encoderOf(folder: string): Promise<Encoder> {
  const known = encoders.get(folder);
  if (known) return known;
  const loading = Encoder.load(new URL(folder), (share) => tell({ folder, share }));
  encoders.set(folder, loading);
  loading.catch(() => encoders.delete(folder));
  return loading;
}

async function answer({ id, folder, texts, isNormalised }: ToWorker): Promise<void> {
  try {
    const encoded = await (await encoderOf(folder)).encode(texts, isNormalised);
    tell({ id, encoded }, [encoded.values.buffer]);
  } catch (error) {
    const { fault, server } = modelErrorOf(error) ?? {};
    const message = error instanceof Error ? error.message : String(error);
    tell({ id, failure: { message, ...(fault && { fault }), ...(server !== undefined && { server }) } });
  }
}

/** A session runs one thing at a time. */
let queue = Promise.resolve();

addEventListener("message", ({ data }: MessageEvent<ToWorker>) => {
  queue = queue.then(() => answer(data));
});
