// The part of the generated `wasm/chromatid.js` that this package uses.

/** Instantiates the module once; later calls answer the same instance. */
export default function init(options: {
  module_or_path: URL | BufferSource | WebAssembly.Module;
}): Promise<InitOutput>;

/** The same at once, from a module that is compiled. */
export function initSync(options: { module: WebAssembly.Module }): InitOutput;

export interface InitOutput {
  readonly memory: WebAssembly.Memory;
}

/** The engine's class; `src/engine/engine.ts` says what its instances do. */
export const Engine: {
  open(options: object): Promise<unknown>;
  destroy(storage: string, name: string): Promise<void>;
  /** Takes the module of regular expressions (`src/engine/patterns.ts`). */
  providePatterns(module: object): void;
};
