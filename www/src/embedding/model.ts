/** The models that texts can be embedded by, as people choose them. Plain data: it goes to workers and into what is kept of an import. */

import type { EmbeddingFunction } from "chromatid";
import { MiniLmStatic } from "./minilm-static";
import { Ollama } from "./ollama";
import { OpenAi } from "./openai";
import { Transformer } from "./transformer/transformer";
import { folderOf } from "./transformer/folder";

export type Model =
  | { kind: "built-in" }
  /** `source`: the address of a folder, or a name at Hugging Face */
  | { kind: "transformer"; source: string }
  | { kind: "ollama" | "openai"; address: string; model: string };

export type ModelKind = Model["kind"];

/** What is suggested for each kind. */
export const SUGGESTED: Readonly<Record<ModelKind, Model>> = {
  "built-in": { kind: "built-in" },
  transformer: { kind: "transformer", source: "Xenova/all-MiniLM-L6-v2" },
  ollama: { kind: "ollama", address: "http://localhost:11434", model: "nomic-embed-text" },
  openai: { kind: "openai", address: "https://api.openai.com/v1", model: "text-embedding-3-small" },
};

/** The embedding function of a model, whose configuration other clients of Chroma understand. */
export function functionOf(model: Model): EmbeddingFunction<Float32Array> {
  switch (model.kind) {
    case "built-in":
      return new MiniLmStatic();
    case "transformer":
      return new Transformer({ source: model.source.trim() });
    case "ollama":
      return new Ollama({ address: model.address.trim(), model: model.model.trim() });
    case "openai":
      return new OpenAi({ address: model.address.trim(), model: model.model.trim() });
  }
}

/** The server that a model is asked of, or comes from; none if that is this page. Throws if the address is none. */
export function serverOf(model: Model): string | undefined {
  if (model.kind === "built-in") return undefined;
  const { origin, protocol } = model.kind === "transformer" ? folderOf(model.source.trim()) : new URL(model.address.trim());
  if (protocol !== "http:" && protocol !== "https:") throw new TypeError(`${protocol} is no address of a server`);
  return origin === location.origin ? undefined : origin;
}

/** What is wrong with a choice; nothing if it can be tried. */
export function refuseModel(model: Model): string | undefined {
  if (model.kind === "built-in") return undefined;
  if (model.kind === "transformer" && model.source.trim() === "") return "Say which model: a folder, or a name at Hugging Face.";
  if (model.kind !== "transformer" && model.model.trim() === "") return "Say which model of the server.";
  try {
    serverOf(model);
    return undefined;
  } catch {
    return "The address takes the form http://host:port.";
  }
}
