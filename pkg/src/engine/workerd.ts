/** What the entry points for Cloudflare Workers have in common. */

/** Default budget of a store's block cache in bytes: all objects of an isolate together have 128 MB. */
export const CACHE_BYTES = 16 * 1024 * 1024;

/** What an import of a WebAssembly file is here: not its exports, which are what the generated types tell. */
export function compiled(imported: unknown): WebAssembly.Module {
  return (imported as { default: WebAssembly.Module }).default;
}
