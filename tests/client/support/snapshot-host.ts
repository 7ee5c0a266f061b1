/** A host of snapshots in this process: a target to publish to, and an HTTP server whose answers can be made wrong. */

import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

import type { RecordSet } from "chromatid";
import type { SnapshotTarget } from "chromatid/snapshots";

/** Components that no two numbers share. */
export const vectorOf = (n: number, dimension: number) =>
  Array.from({ length: dimension }, (_, k) => Math.fround(Math.sin(n * 0.9 + k * (1 + (n % 5)))));

/** Records with everything in them: `id-0` and so on. */
export function recordsOf(count: number, dimension: number): RecordSet {
  const numbers = Array.from({ length: count }, (_, n) => n);
  return {
    ids: numbers.map((n) => `id-${String(n)}`),
    embeddings: numbers.map((n) => vectorOf(n, dimension)),
    documents: numbers.map((n) => `number ${String(n)}`),
    metadatas: numbers.map((n) => ({ n })),
  };
}

/** Files by their names. */
export class Files implements SnapshotTarget {
  readonly files = new Map<string, Uint8Array<ArrayBuffer>>();
  /** Names in the order in which they were written. */
  readonly written: string[] = [];

  put(name: string, bytes: Uint8Array<ArrayBuffer>): Promise<void> {
    this.files.set(name, bytes.slice());
    this.written.push(name);
    return Promise.resolve();
  }

  get(name: string, start?: number, end?: number): Promise<Uint8Array<ArrayBuffer> | undefined> {
    return Promise.resolve(this.files.get(name)?.slice(start, end));
  }

  bytes(): number {
    return [...this.files.values()].reduce((sum, { length }) => sum + length, 0);
  }
}

/** One request and how it would be answered. */
export interface Exchange {
  name: string;
  /** What is asked for of the file. */
  range: { start: number; end: number } | undefined;
  file: Uint8Array<ArrayBuffer> | undefined;
  request: IncomingMessage;
  response: ServerResponse;
  /** How many requests there were before. */
  number: number;
  /** Answers as a good host does. */
  answer(): void;
}

export interface SnapshotHost {
  url: string;
  /** Names of the files that were asked for. */
  asked: string[];
  /** Methods of requests that were none for a file: what a browser asks first, where it has to. */
  others: string[];
  /** Answers in the place of a good host, until it is taken away. */
  fault: ((exchange: Exchange) => void) | undefined;
}

/** Runs with a host of the files. */
export async function withHost(files: Files, work: (host: SnapshotHost) => Promise<void>): Promise<void> {
  const host: SnapshotHost = { url: "", asked: [], others: [], fault: undefined };
  const server = createServer((request, response) => {
    response.setHeader("access-control-allow-origin", "*");
    if (request.method !== "GET") {
      host.others.push(request.method ?? "");
      response.writeHead(405).end();
      return;
    }
    const name = (request.url ?? "").slice(1);
    const number = host.asked.push(name) - 1;
    const file = files.files.get(name);
    const asked = /^bytes=(\d+)-(\d+)$/.exec(request.headers.range ?? "");
    const range = asked ? { start: Number(asked[1]), end: Number(asked[2]) + 1 } : undefined;
    const answer = (): void => good(response, file, range);
    if (host.fault) {
      host.fault({ name, range, file, request, response, number, answer });
    } else {
      answer();
    }
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  host.url = `http://127.0.0.1:${String((server.address() as AddressInfo).port)}/`;
  try {
    await work(host);
  } finally {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
}

function good(response: ServerResponse, file: Uint8Array | undefined, range: Exchange["range"]): void {
  if (!file) {
    response.writeHead(404).end();
  } else if (range) {
    const content = `bytes ${String(range.start)}-${String(range.end - 1)}/${String(file.length)}`;
    response.writeHead(206, { "content-range": content }).end(file.subarray(range.start, range.end));
  } else {
    response.writeHead(200).end(file);
  }
}
