/** One request to a server that embeds texts. */

import { expectAllowed } from "./access";
import { ModelError } from "./model-error";

/** A model that has to be loaded first takes its time; a server that hangs must not keep a search for ever. In milliseconds. */
const PATIENCE_MS = 120_000;

interface Asked {
  url: URL;
  body: unknown;
  /** Sent as a bearer token */
  key?: string | undefined;
  model: string;
}

/** Sends JSON and answers what came back. Errors are told in words, with the server they are about. */
export async function ask({ url, body, key, model }: Asked): Promise<unknown> {
  const { origin } = url;
  await expectAllowed(origin);
  const headers = { "content-type": "application/json", ...(key !== undefined && { authorization: `Bearer ${key}` }) };
  let response: Response;
  try {
    response = await fetch(url, { method: "POST", headers, body: JSON.stringify(body), signal: AbortSignal.timeout(PATIENCE_MS) });
  } catch (cause) {
    const isLate = cause instanceof DOMException && cause.name === "TimeoutError";
    throw new ModelError("unreachable", isLate ? `${origin} does not answer` : `${origin} cannot be reached, or does not let this page read its answers`, origin, { cause });
  }
  const answer = await textOf(response, origin);
  if (!response.ok) throw refusal(response.status, saidBy(answer), origin, model);
  try {
    return JSON.parse(answer) as unknown;
  } catch (cause) {
    throw new ModelError("answer", `${origin} answers something that is no JSON`, origin, { cause });
  }
}

async function textOf(response: Response, origin: string): Promise<string> {
  try {
    return await response.text();
  } catch (cause) {
    throw new ModelError("unreachable", `The answer of ${origin} broke off`, origin, { cause });
  }
}

function refusal(status: number, said: string, origin: string, model: string): ModelError {
  const words = said === "" ? "" : `: ${said}`;
  if (status === 401 || status === 403) return new ModelError("no-key", `${origin} wants a key, or another one (${status})${words}`, origin);
  if (status === 404) return new ModelError("no-model", `${origin} has no model “${model}”, or is no such server (404)${words}`, origin);
  return new ModelError("answer", `${origin} answers with ${status}${words}`, origin);
}

/** What a server says is wrong: `{error}` as a text (Ollama) or with a message (OpenAI). */
function saidBy(answer: string): string {
  try {
    const { error } = JSON.parse(answer) as { error?: unknown };
    const said = typeof error === "object" && error !== null ? (error as { message?: unknown }).message : error;
    return typeof said === "string" ? said : "";
  } catch {
    return "";
  }
}

/** The embeddings of an answer: as many as there were texts, of one length, of finite numbers. */
export function embeddingsOf(lists: unknown, count: number, origin: string): Float32Array[] {
  const unfit = (what: string): ModelError => new ModelError("answer", `${origin} answers ${what}`, origin);
  if (!Array.isArray(lists) || lists.length !== count) throw unfit(`${Array.isArray(lists) ? lists.length : "no"} embeddings for ${count} texts`);
  const embeddings = lists.map((list: unknown) => {
    if (!Array.isArray(list) || list.length === 0 || !list.every((component) => typeof component === "number")) throw unfit("something that is no embedding");
    return Float32Array.from(list);
  });
  if (embeddings.some(({ length }) => length !== embeddings[0]?.length)) throw unfit("embeddings of different lengths");
  if (embeddings.some((embedding) => !embedding.every(Number.isFinite))) throw unfit("an embedding with a component that is no number");
  return embeddings;
}

/** An address with a path added, whether or not it ends with a slash. */
export const below = (address: string, path: string): URL => new URL(`${address.replace(/\/+$/, "")}/${path}`);

/** What `make` answers of the texts, some at a time. */
export async function inParts(texts: readonly string[], size: number, make: (part: string[]) => Promise<Float32Array[]>): Promise<Float32Array[]> {
  const embeddings: Float32Array[] = [];
  for (let from = 0; from < texts.length; from += size) embeddings.push(...(await make(texts.slice(from, from + size))));
  return embeddings;
}
