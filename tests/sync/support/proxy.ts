/** What may stand between a link and its server: an HTTP server that passes requests on, and loses, holds, repeats and breaks them as it is told. */

import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";

import type { Fault, Schedule } from "../model/faults";

/** A request that has come, whatever became of it. */
export interface Passed {
  /** Milliseconds, by a clock that nobody sets. */
  at: number;
  method: string;
  path: string;
  headers: IncomingMessage["headers"];
  fault: Fault["kind"];
}

/** What belongs to a connection, not to what is sent over it. */
const OF_CONNECTIONS = ["connection", "content-encoding", "content-length", "host", "keep-alive", "transfer-encoding"];

const PAGES = { "access-control-allow-origin": "*", "access-control-allow-headers": "*", "access-control-allow-methods": "*" };

export class Proxy {
  /** What happens to each request; all is well by default. */
  schedule: Schedule = () => ({ kind: "none" });
  /** Whether nothing is passed on, as if there were no network. */
  isDown = false;
  /** Of the requests that have come; those that ask for permission (`OPTIONS`) left out. */
  readonly requests: Passed[] = [];
  readonly #target: string;
  readonly #server: Server;
  #count = 0;

  private constructor(target: string) {
    this.#target = target;
    this.#server = createServer((request, response) => void this.#handle(request, response).catch(() => response.destroy()));
  }

  static async start(target: string): Promise<Proxy> {
    const proxy = new Proxy(target);
    await new Promise<void>((resolve) => proxy.#server.listen(0, "127.0.0.1", resolve));
    return proxy;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  async stop(): Promise<void> {
    await new Promise<void>((resolve) => {
      this.#server.close(() => resolve());
      this.#server.closeAllConnections();
    });
  }

  async #handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) {
      chunks.push(chunk as Buffer);
    }
    const { method = "GET", url: path = "/", headers } = request;
    const body = chunks.length === 0 ? undefined : Buffer.concat(chunks);
    if (this.isDown) {
      response.destroy();
      return;
    }
    const deliver = () => this.#deliver(method, path, headers, body);
    if (method === "OPTIONS") {
      answer(response, await deliver());
      return;
    }
    const fault = this.schedule({ method, url: path, body: body?.toString(), index: this.#count++ });
    this.requests.push({ at: performance.now(), method, path, headers, fault: fault.kind });
    await transmit(response, deliver, fault);
  }

  async #deliver(method: string, path: string, headers: IncomingMessage["headers"], body: Buffer | undefined): Promise<Answer> {
    const passed = Object.entries(headers).filter(([name]) => !OF_CONNECTIONS.includes(name));
    const reply = await fetch(this.#target + path, { method, headers: passed as [string, string][], ...(body && { body: new Uint8Array(body) }) });
    const bytes = Buffer.from(await reply.arrayBuffer());
    return { status: reply.status, headers: Object.fromEntries([...reply.headers].filter(([name]) => !OF_CONNECTIONS.includes(name))), bytes };
  }
}

interface Answer {
  status: number;
  headers: Record<string, string>;
  bytes: Buffer;
}

function answer(response: ServerResponse, { status, headers, bytes }: Answer): void {
  response.writeHead(status, { ...headers, "content-length": bytes.length });
  response.end(bytes);
}

async function transmit(response: ServerResponse, deliver: () => Promise<Answer>, fault: Fault): Promise<void> {
  switch (fault.kind) {
    case "none":
      return answer(response, await deliver());
    case "dropBefore":
      response.destroy();
      return;
    case "dropAfter":
      await deliver();
      response.destroy();
      return;
    case "delay":
      await sleep(fault.ms);
      return answer(response, await deliver());
    case "delayAnswer": {
      const late = await deliver();
      await sleep(fault.ms);
      return answer(response, late);
    }
    case "duplicate":
      answer(response, await deliver());
      await sleep(fault.ms);
      await deliver();
      return;
    case "answer": {
      const { status, retryAfter } = fault;
      const headers = { ...PAGES, ...(retryAfter !== undefined && { "retry-after": String(retryAfter) }) };
      return answer(response, { status, headers, bytes: Buffer.from(JSON.stringify({ error: "Backoff", message: "Backoff and retry" })) });
    }
    case "truncate": {
      const { status, headers, bytes } = await deliver();
      response.writeHead(status, { ...headers, "content-length": bytes.length });
      response.write(bytes.subarray(0, Math.floor(bytes.length * fault.share)), () => response.destroy());
      return;
    }
    case "cut": {
      const whole = await deliver();
      answer(response, { ...whole, bytes: whole.bytes.subarray(0, Math.min(Math.floor(whole.bytes.length * fault.share), whole.bytes.length - 1)) });
    }
  }
}
