/**
 * Regular expressions: a module of its own, loaded when a filter first has one, because the tables and automata that they need
 * are a quarter of the engine's size.
 */

import type { EngineMethod } from "./engine.js";

/** What `patterns.wasm` exports; addresses are in its own memory. */
interface Exports {
  memory: WebAssembly.Memory;
  buffer(length: number): number;
  output(): number;
  output_length(): number;
  compile(programBytes: number, cacheBytes: number, depth: number): number;
  is_match(handle: number, length: number): number;
  release(handle: number): void;
}

/** The methods that take filters, and where their requests are among the arguments. */
const FILTERED: ReadonlySet<EngineMethod> = new Set<EngineMethod>(["get", "query", "search", "delete"]);

/** The requests whose bodies are the longest, and have no filter. */
const UNFILTERED = /\/(add|upsert|update)$/;

/** Nesting that is looked through: more than the engine accepts. */
const MAX_DEPTH = 200;

/** Whether a call has a filter with a regular expression. */
export function usesPatterns(method: EngineMethod, args: readonly unknown[]): boolean {
  if (method === "handle") {
    const [head, body] = args as [{ path: string }, Uint8Array];
    return !UNFILTERED.test(head.path) && mentionsRegex(body);
  }
  return FILTERED.has(method) && mentionsPattern(args.at(-1), 0);
}

const REGEX = new TextEncoder().encode("regex");

/** Whether the text of a request has the word: more than those with a pattern do, and no one that has a pattern lacks it. */
function mentionsRegex(body: Uint8Array): boolean {
  // By its last letter, which texts seldom have: bodies are megabytes long.
  const end = REGEX.length - 1;
  const rare = REGEX[end] ?? 0;
  for (let at = body.indexOf(rare, end); at >= 0; at = body.indexOf(rare, at + 1)) {
    if (REGEX.every((byte, place) => body[at - end + place] === byte)) {
      return true;
    }
  }
  return false;
}

function mentionsPattern(value: unknown, depth: number): boolean {
  if (typeof value !== "object" || value === null || ArrayBuffer.isView(value) || depth > MAX_DEPTH) {
    return false;
  }
  if (Array.isArray(value)) {
    // Ids and vectors are no filters: where the first is no object, none is.
    return typeof value[0] === "object" && value.some((member) => mentionsPattern(member, depth + 1));
  }
  return Object.entries(value).some(
    ([key, member]) => key === "$regex" || key === "$not_regex" || mentionsPattern(member, depth + 1),
  );
}

/** The loaded module, as the engine calls it. Texts are copied from the engine's memory into its own. */
export class PatternModule {
  readonly #exports: Exports;
  readonly #engine: WebAssembly.Memory;
  readonly #encoder = new TextEncoder();

  private constructor(exports: Exports, engine: WebAssembly.Memory) {
    this.#exports = exports;
    this.#engine = engine;
  }

  /** Instantiates it for the engine with this memory. */
  static async load(source: BufferSource | WebAssembly.Module, engine: WebAssembly.Memory): Promise<PatternModule> {
    const instance =
      source instanceof WebAssembly.Module
        ? new WebAssembly.Instance(source)
        : (await WebAssembly.instantiate(source)).instance;
    return new PatternModule(instance.exports as unknown as Exports, engine);
  }

  /** A handle, or −1 for a pattern whose fault {@link answer} tells, −2 for one that is too large. */
  compile(source: string, programBytes: number, cacheBytes: number, depth: number): number {
    const bytes = this.#encoder.encode(source);
    this.#put(bytes);
    return this.#exports.compile(programBytes, cacheBytes, depth);
  }

  /** The last longer answer. */
  answer(): Uint8Array {
    const exports = this.#exports;
    return new Uint8Array(exports.memory.buffer, exports.output(), exports.output_length()).slice();
  }

  /** Whether a pattern matches a text that lies in the engine's memory: 1 or 0, and −1 if either does not exist. */
  isMatch(handle: number, address: number, length: number): number {
    this.#put(new Uint8Array(this.#engine.buffer, address, length));
    return this.#exports.is_match(handle, length);
  }

  release(handle: number): void {
    this.#exports.release(handle);
  }

  #put(bytes: Uint8Array): void {
    // The address first: making room may move the memory.
    const address = this.#exports.buffer(bytes.length);
    new Uint8Array(this.#exports.memory.buffer, address, bytes.length).set(bytes);
  }
}
