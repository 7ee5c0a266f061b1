/** A server of models as Ollama and OpenAI have them, and a folder of a transformer; all give the embeddings of the console's own table. */

import { readFileSync } from "node:fs";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import path from "node:path";

import { StaticTable } from "../../../www/src/embedding/static-table";
import { WordPiece } from "../../../www/src/embedding/wordpiece";
import { tableAsTransformer } from "./onnx";

const DATA = path.join(import.meta.dirname, "../../../www/data/minilm-static");

function readTable(): StaticTable {
  const scales = new Uint8Array(readFileSync(path.join(DATA, "minilm-static-256.scale.f32.bin")));
  const rows = new Int8Array(readFileSync(path.join(DATA, "minilm-static-256.i8.bin")));
  return new StaticTable(new WordPiece(readFileSync(path.join(DATA, "vocab.txt"), "utf8")), rows, new Float32Array(scales.buffer));
}

export const MODEL = "table";
export const KEY = "sk-test";

export class ModelServer {
  /** Paths that were asked for. */
  readonly asked: string[] = [];
  /** Whether pages of other origins may read the answers. */
  isOpenToPages = true;
  readonly #table = readTable();
  readonly #files = tableAsTransformer();
  /** Whether the folder `/models/late/` has the transformer, too. */
  isLateThere = false;
  #server: Server | undefined;
  #port = 0;

  get url(): string {
    return `http://127.0.0.1:${this.#port}`;
  }

  async start(): Promise<void> {
    const server = createServer((request, response) => {
      this.#answer(request, response).catch((error: unknown) => response.destroy(error as Error));
    });
    await new Promise<void>((resolve) => server.listen(this.#port, "127.0.0.1", resolve));
    this.#port = (server.address() as AddressInfo).port;
    this.#server = server;
  }

  async stop(): Promise<void> {
    const server = this.#server;
    this.#server = undefined;
    await new Promise<void>((resolve) => {
      if (!server) return resolve();
      server.close(() => resolve());
      server.closeAllConnections();
    });
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (this.isOpenToPages) {
      response.setHeader("access-control-allow-origin", "*");
      response.setHeader("access-control-allow-headers", "content-type, authorization");
    }
    if (request.method === "OPTIONS") {
      response.writeHead(204).end();
      return;
    }
    const url = request.url ?? "/";
    this.asked.push(url);
    if (request.method === "GET") {
      const [, name = "", path = ""] = /^\/models\/(\w+)\/(.*)$/.exec(url) ?? [];
      const file = name === "table" || (name === "late" && this.isLateThere) ? this.#files.get(path) : undefined;
      response.writeHead(file ? 200 : 404, file && { "content-length": file.length }).end(file);
      return;
    }
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const { model, input } = JSON.parse(Buffer.concat(chunks).toString("utf8")) as { model: string; input: string[] };
    const [status, answer] = this.#embed(url, request.headers.authorization, model, input);
    response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(answer));
  }

  #embed(url: string, authorization: string | undefined, model: string, input: string[]): [status: number, answer: unknown] {
    const isOllama = url === "/api/embed";
    if (!isOllama && authorization !== `Bearer ${KEY}`) return [401, { error: { message: "Incorrect API key provided" } }];
    if (model !== MODEL) return [404, { error: isOllama ? `model "${model}" not found, try pulling it first` : { message: `The model ${model} does not exist` } }];
    const embeddings = input.map((text) => [...this.#table.embed(text)]);
    // OpenAI promises no order, but a number for each.
    return [200, isOllama ? { model, embeddings } : { data: embeddings.map((embedding, index) => ({ object: "embedding", index, embedding })).reverse() }];
  }
}
