/** Projects vectors beside the page. */

import type { FromWorker, ToWorker } from "./messages";
import { Projector } from "./projector";

let projector: Projector | undefined;

const tell = (message: FromWorker, transfer: Transferable[] = []): void => self.postMessage(message, { transfer });

addEventListener("message", ({ data }: MessageEvent<ToWorker>) => {
  try {
    handle(data);
  } catch (error) {
    tell({ kind: "failed", message: error instanceof Error ? error.message : String(error) });
  }
});

function handle(message: ToWorker): void {
  if (message.kind === "begin") {
    projector = new Projector(message.dim, message.total, message.isCosine);
  } else if (message.kind === "rows") {
    const places = projector?.take(message.rows) ?? new Float32Array();
    tell({ kind: "taken", places }, [places.buffer]);
  } else {
    const late = projector?.flush() ?? new Float32Array();
    tell({ kind: "taken", places: late }, [late.buffer]);
    const arranged = projector?.arrange((share) => tell({ kind: "progress", share })) ?? new Float32Array();
    tell({ kind: "arranged", places: new Float32Array(arranged) });
  }
}
