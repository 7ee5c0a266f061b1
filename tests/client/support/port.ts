/** A worker that is a message port with a host behind it: to send real messages, and to break it. */

import { serve } from "../../../pkg/src/engine/worker-host.js";
import type { EngineRuntime } from "../../../pkg/src/engine/fallback.js";

export interface FakeWorker {
  worker: Worker;
  /** What was posted to the worker. */
  posted: { message: { method: string; args: readonly unknown[] }; transfer: Transferable[] }[];
  /** The worker dies with this event. */
  fail(type: "error" | "messageerror", fields?: object): void;
  terminated(): boolean;
}

/** Without a runtime nobody answers. */
export function fakeWorker(runtime?: EngineRuntime): FakeWorker {
  const { port1, port2 } = new MessageChannel();
  const posted: FakeWorker["posted"] = [];
  let terminated = false;
  const post = port1.postMessage.bind(port1);
  const worker = Object.assign(port1, {
    postMessage(message: unknown, transfer: Transferable[] = []) {
      posted.push({ message: message as FakeWorker["posted"][number]["message"], transfer });
      post(message, transfer);
    },
    terminate() {
      terminated = true;
      port1.close();
    },
  });
  if (runtime) {
    serve(port2, runtime);
  }
  return {
    worker: worker as unknown as Worker,
    posted,
    fail: (type, fields = {}) => void port1.dispatchEvent(Object.assign(new Event(type), fields)),
    terminated: () => terminated,
  };
}
