/** ONNX Runtime Web, as it lies beside the page: loaded when a model is first used. */

import type * as Ort from "onnxruntime-web";
import { ModelError } from "../model-error";

export type Runtime = typeof Ort;
export type Session = Ort.InferenceSession;

/** A session, and the module whose tensors it takes. */
export interface Running {
  ort: Runtime;
  session: Session;
}

export type Device = "webgpu" | "wasm";

/** The graphics processor where there is one that pages may use, then the processor. */
export async function devices(): Promise<Device[]> {
  const gpu = (navigator as { gpu?: { requestAdapter(): Promise<unknown> } }).gpu;
  const adapter = await gpu?.requestAdapter().catch(() => null);
  return adapter ? ["webgpu", "wasm"] : ["wasm"];
}

/** Starts a model on a device. */
export async function startOn(device: Device, model: Uint8Array): Promise<Running> {
  const ort = await load(device);
  ort.env.logLevel = "error";
  const session = await ort.InferenceSession.create(model, { executionProviders: [device] });
  return { ort, session };
}

async function load(device: Device): Promise<Runtime> {
  // Its modules find their wasm beside themselves: they are served as they are.
  const url = new URL(`${ORT_FOLDER}/ort.${device}.bundle.min.mjs`, location.href);
  try {
    return (await import(/* webpackIgnore: true */ url.href)) as Runtime;
  } catch (cause) {
    throw new ModelError("runtime", `${url.href} could not be loaded: there is no connection and no copy of it here, or the page was put up without it`, undefined, { cause });
  }
}
