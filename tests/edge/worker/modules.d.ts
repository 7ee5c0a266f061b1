/** The engine with its conformance suite: `support/bundle.ts` puts it there. */
declare module "conformance-engine" {
  export function initSync(options: { module: WebAssembly.Module }): unknown;
  export function run_storage_conformance(kind: string): Promise<string[]>;
}

declare module "conformance-engine.wasm" {
  const module: WebAssembly.Module;
  export default module;
}

/** The class of the package's README: `docs.spec.ts` puts it there. */
declare module "documented-articles" {
  export class Articles {
    readonly ctx: { storage: import("chromatid/cloudflare").SqlStorage };
    add(records: import("chromatid").RecordSet): Promise<void>;
    alarm(): Promise<void>;
  }
}
