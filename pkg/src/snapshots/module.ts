/** The module `snapshots.wasm`: the format, the index and the searches. It reads nothing itself. */

import { loadBytes } from "../engine/module.js";
import { parseExact, stringifyExact } from "../json-text.js";
import { errorOf, SnapshotError } from "./errors.js";

/** What `snapshots.wasm` exports; addresses are in its memory, handles count from 0, and −1 is an error that the output tells. */
interface Exports {
  memory: WebAssembly.Memory;
  buffer(length: number): number;
  output(): number;
  output_length(): number;
  open_snapshot(length: number): number;
  close_snapshot(snapshot: number): void;
  start_nearest(snapshot: number, length: number, maxBytes: number, maxRequests: number): number;
  start_get(snapshot: number, length: number, maxBytes: number, maxRequests: number): number;
  start_contents(snapshot: number): number;
  step(reading: number): number;
  supply(reading: number, pack: number, offset: number, length: number): number;
  plan(reading: number): number;
  cost(reading: number): number;
  end_reading(reading: number): void;
  new_builder(length: number): number;
  add_records(builder: number, jsonLength: number, length: number): number;
  build_packs(builder: number, snapshot: number, contents: number): number;
  next_pack(builder: number): number;
  encode_manifest(builder: number, signed: number): number;
  seal_manifest(builder: number, length: number): number;
  built(builder: number): number;
  end_builder(builder: number): void;
}

/** Where a part lies, and the hash of its bytes. */
export interface Part {
  pack: number;
  offset: number;
  length: number;
  hash: string;
}

/** One request: bytes from `start` up to `end` of a pack, with the parts in it. */
export interface Range {
  pack: number;
  start: number;
  end: number;
  parts: Part[];
}

/** What a manifest says. */
export interface ManifestJson {
  name: string;
  epoch: string;
  generation: number;
  /** Metadata and configuration of the collection, as JSON. */
  collection: string;
  dimension: number;
  space: "l2" | "cosine" | "ip";
  count: number;
  layers: number;
  packs: { name: string; length: number }[];
  signature: { key: string; signature: string } | null;
  /** How many bytes from the first on the signature is of. */
  signedBytes: number;
}

/** What a read has cost over the network. */
export interface Cost {
  /** Times that it had to wait for what it asked for next. */
  hops: number;
  requests: number;
  bytes: number;
}

/** Bounds of what a read may cost. */
export interface Budget {
  maxBytes: number;
  maxRequests: number;
}

/** A record as rows have it. */
export interface RowJson {
  id: string;
  document: string | null;
  uri: string | null;
  metadata: object | null;
  embedding?: number[];
  distance?: number;
}

let loading: Promise<SnapshotModule> | undefined;

/** The module, loaded on first use, and again only after that failed. */
export function snapshotModule(): Promise<SnapshotModule> {
  loading ??= instantiate().catch((error: unknown) => {
    loading = undefined;
    const reason = error instanceof Error ? error.message : String(error);
    throw new SnapshotError(`the module of snapshots could not be loaded: ${reason}`, error);
  });
  return loading;
}

async function instantiate(): Promise<SnapshotModule> {
  // Written out in full: bundlers recognise exactly this form.
  const url = new URL("../../wasm/snapshots.wasm", import.meta.url);
  const { instance } = await WebAssembly.instantiate(await loadBytes(url));
  return new SnapshotModule(instance.exports as unknown as Exports);
}

/** Its functions with values in the place of addresses. */
export class SnapshotModule {
  readonly #exports: Exports;
  readonly #encoder = new TextEncoder();
  readonly #decoder = new TextDecoder();

  constructor(exports: Exports) {
    this.#exports = exports;
  }

  /** Opens a manifest; the handle is to be closed. */
  open(file: Uint8Array): { handle: number; manifest: ManifestJson } {
    const handle = this.#checked(this.#exports.open_snapshot(this.#put(file)));
    return { handle, manifest: this.#json() as ManifestJson };
  }

  close(snapshot: number): void {
    this.#exports.close_snapshot(snapshot);
  }

  /** Begins a read; the handle is to be ended. */
  start(kind: "nearest" | "get", snapshot: number, request: object, { maxBytes, maxRequests }: Budget): number {
    const length = this.#put(this.#encoder.encode(stringifyExact(request)));
    const start = kind === "nearest" ? "start_nearest" : "start_get";
    return this.#checked(this.#exports[start](snapshot, length, maxBytes, maxRequests));
  }

  /** Begins to read which records there are. */
  startContents(snapshot: number): number {
    return this.#checked(this.#exports.start_contents(snapshot));
  }

  /** Goes on: the result, or the parts that it needs. */
  step(reading: number): { result: unknown } | { parts: Part[] } {
    const isDone = this.#checked(this.#exports.step(reading)) === 1;
    return isDone ? { result: this.#json() } : { parts: this.#json() as Part[] };
  }

  /** Gives a read the bytes of a part, which are verified. */
  supply(reading: number, part: Part, bytes: Uint8Array): void {
    this.#checked(this.#exports.supply(reading, part.pack, part.offset, this.#put(bytes)));
  }

  /** How to fetch what is still missing, counted as cost. */
  plan(reading: number): Range[] {
    this.#checked(this.#exports.plan(reading));
    return this.#json() as Range[];
  }

  cost(reading: number): Cost {
    this.#checked(this.#exports.cost(reading));
    return this.#json() as Cost;
  }

  end(reading: number): void {
    this.#exports.end_reading(reading);
  }

  /** Begins a snapshot; the handle is to be ended. */
  newBuilder(identity: object): number {
    return this.#checked(this.#exports.new_builder(this.#put(this.#encoder.encode(JSON.stringify(identity)))));
  }

  /** Adds records, given as a JSON array, with their vectors. */
  addRecords(builder: number, records: string, vectors: Float32Array): void {
    const text = this.#encoder.encode(records);
    const bytes = new Uint8Array(text.length + vectors.byteLength);
    bytes.set(text);
    bytes.set(new Uint8Array(vectors.buffer, vectors.byteOffset, vectors.byteLength), text.length);
    this.#checked(this.#exports.add_records(builder, text.length, this.#put(bytes)));
  }

  /** Makes packs of all records, or of what differs from a snapshot whose contents were read. */
  buildPacks(builder: number, old?: { snapshot: number; contents: number }): "packs" | "unchanged" | "rewrite" {
    const made = this.#checked(this.#exports.build_packs(builder, old?.snapshot ?? -1, old?.contents ?? -1));
    return made === 1 ? "packs" : made === 2 ? "rewrite" : "unchanged";
  }

  /** The packs, one after the other, each given up by the module. */
  *packs(builder: number): Generator<{ name: string; bytes: Uint8Array<ArrayBuffer> }> {
    for (let length = this.#next(builder); length > 0; length = this.#next(builder)) {
      const output = this.#output();
      yield { name: this.#decoder.decode(output.subarray(length)), bytes: output.slice(0, length) };
    }
  }

  #next(builder: number): number {
    return this.#checked(this.#exports.next_pack(builder));
  }

  /** The manifest's file. `sign` is given what is to be signed, and answers the public key and the signature. */
  async manifest(builder: number, sign?: (bytes: Uint8Array<ArrayBuffer>) => Promise<Uint8Array>): Promise<Uint8Array<ArrayBuffer>> {
    this.#checked(this.#exports.encode_manifest(builder, sign ? 1 : 0));
    const signature = sign ? await sign(this.#output().slice()) : new Uint8Array();
    this.#checked(this.#exports.seal_manifest(builder, this.#put(signature)));
    return this.#output().slice();
  }

  built(builder: number): { count: number; layers: number; packs: string[] } {
    this.#checked(this.#exports.built(builder));
    return this.#json() as { count: number; layers: number; packs: string[] };
  }

  endBuilder(builder: number): void {
    this.#exports.end_builder(builder);
  }

  #put(bytes: Uint8Array): number {
    // The address first: making room may move the memory.
    const address = this.#exports.buffer(bytes.length);
    new Uint8Array(this.#exports.memory.buffer, address, bytes.length).set(bytes);
    return bytes.length;
  }

  #output(): Uint8Array<ArrayBuffer> {
    const exports = this.#exports;
    return new Uint8Array(exports.memory.buffer, exports.output(), exports.output_length());
  }

  #json(): unknown {
    return parseExact(this.#decoder.decode(this.#output()));
  }

  #checked(answer: number): number {
    if (answer < 0) {
      throw errorOf(this.#json() as { name: string; message: string });
    }
    return answer;
  }
}
