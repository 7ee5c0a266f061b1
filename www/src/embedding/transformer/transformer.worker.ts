/** Runs sentence transformers beside whoever asks: neither a page nor an import stands still meanwhile. */

import { modelErrorOf } from "../model-error";
import { Encoder } from "./encoder";
import { forgetModel } from "./files";
import type { FromWorker, ToWorker } from "./messages";

const encoders = new Map<string, Promise<Encoder>>();

const tell = (message: FromWorker, transfer: Transferable[] = []): void => postMessage(message, { transfer });

/** One model a folder; one that could not be loaded is tried again by the next caller. */
function encoderOf(folder: string): Promise<Encoder> {
  const known = encoders.get(folder);
  if (known) return known;
  const loading = load(folder);
  encoders.set(folder, loading);
  loading.catch(() => encoders.delete(folder));
  return loading;
}

async function load(folder: string): Promise<Encoder> {
  try {
    return await Encoder.load(new URL(folder), (share) => tell({ folder, share }));
  } catch (error) {
    // Whoever mends the folder must not be answered from what was kept of it.
    if (modelErrorOf(error)?.fault === "files") await forgetModel(folder);
    throw error;
  }
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
