// The part of the generated `wasm/server/chromatid.js` that this package uses: the engine with the HTTP API.

import type { InitOutput } from "../chromatid.js";

export default function init(options: {
  module_or_path: URL | Response | BufferSource | WebAssembly.Module;
}): Promise<InitOutput>;

export function initSync(options: { module: WebAssembly.Module }): InitOutput;

/** As that of `wasm/chromatid.js`; what it adds is in `src/server/host.ts`. */
export const Engine: {
  open(options: object): Promise<unknown>;
  destroy(storage: string, name: string): Promise<void>;
  providePatterns(module: object): void;
  version(): string;
  route(method: string, path: string, body?: Uint8Array): { action: string; tenant: string; database: string } | undefined;
};
