import { saveFile } from "../lib/save-file";
import type { Store } from "./open-store";

/** Saves everything as a file among the browser's downloads, telling how many bytes there are so far. */
export async function exportFile(store: Store, tell: (bytes: number) => void): Promise<{ records: number; bytes: number }> {
  let records = 0;
  let bytes = 0;
  const reader = store.export({ onEnd: (exported) => (records = exported.records) }).getReader();
  const pieces: Blob[] = [];
  for (let { done, value } = await reader.read(); !done; { done, value } = await reader.read()) {
    // The browser may put a blob on disk.
    pieces.push(new Blob([value as Uint8Array<ArrayBuffer>]));
    bytes += value?.length ?? 0;
    tell(bytes);
  }
  saveFile(new Blob(pieces), `chromatid-${new Date().toISOString().slice(0, 10)}.chromatid`);
  return { records, bytes };
}
