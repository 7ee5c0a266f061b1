/** The files of models: fetched once, and kept for times without a network. */

import { ModelError } from "../model-error";

const CACHE = "chromatid-models";

/** How much of a file has come, up to 1. */
export type OnShare = (share: number) => void;

/** A file of a folder; undefined if there is none. */
export async function fileOf(folder: URL, path: string, onShare: OnShare = () => undefined): Promise<ArrayBuffer | undefined> {
  const url = new URL(path, folder);
  const cache = await openCache();
  const kept = await cache?.match(url);
  if (kept) return contentOf(kept);
  const response = await get(url);
  // That a folder lacks a file is kept, too: the next visit needs no network to know it.
  if (response.status === 404) {
    await cache?.put(url, new Response(null, { status: 404 }));
    return undefined;
  }
  if (!response.ok) throw new ModelError("files", `${url.href} answers with ${response.status}`, url.origin);
  const counted = new Response(counting(response, onShare), { headers: { "content-type": "application/octet-stream" } });
  try {
    if (!cache) return await counted.arrayBuffer();
    await cache.put(url, counted);
  } catch (cause) {
    if (cause instanceof DOMException && cause.name === "QuotaExceededError") throw cause;
    throw new ModelError("unreachable", `${url.href} broke off`, url.origin, { cause });
  }
  return (await cache.match(url))?.arrayBuffer();
}

/** A file of a folder as JSON; undefined if there is none. */
export async function jsonOf(folder: URL, path: string): Promise<unknown> {
  const bytes = await fileOf(folder, path);
  if (!bytes) return undefined;
  try {
    return JSON.parse(new TextDecoder().decode(bytes)) as unknown;
  } catch (cause) {
    throw new ModelError("files", `${new URL(path, folder).href} is no JSON`, folder.origin, { cause });
  }
}

/** What is kept of models: a folder, and the bytes of its files. */
export async function keptModels(): Promise<{ folder: string; bytes: number }[]> {
  const cache = await openCache();
  const sizes = new Map<string, number>();
  for (const { url } of (await cache?.keys()) ?? []) {
    const response = await cache?.match(url);
    const folder = url.replace(/(onnx|1_Pooling)\/[^/]*$|[^/]*$/, "");
    sizes.set(folder, (sizes.get(folder) ?? 0) + ((await response?.blob())?.size ?? 0));
  }
  return [...sizes].map(([folder, bytes]) => ({ folder, bytes })).filter(({ bytes }) => bytes > 0);
}

/** Forgets the files of a folder, so that they are fetched again when they are next needed. */
export async function forgetModel(folder: string): Promise<void> {
  const cache = await openCache();
  for (const request of (await cache?.keys()) ?? []) {
    if (request.url.startsWith(folder)) await cache?.delete(request);
  }
}

/** Forgets the files of all models. */
export async function forgetModels(): Promise<void> {
  if ("caches" in globalThis) await caches.delete(CACHE).catch(() => false);
}

/** Undefined where the browser keeps nothing, or the page has no secure address. */
async function openCache(): Promise<Cache | undefined> {
  if (!("caches" in globalThis)) return undefined;
  return caches.open(CACHE).catch(() => undefined);
}

function contentOf(kept: Response): Promise<ArrayBuffer> | undefined {
  return kept.status === 404 ? undefined : kept.arrayBuffer();
}

async function get(url: URL): Promise<Response> {
  try {
    return await fetch(url);
  } catch (cause) {
    throw new ModelError("unreachable", `${url.href} cannot be reached, or ${url.origin} does not let this page read it`, url.origin, { cause });
  }
}

/** The bytes of a response, counted as they come. */
function counting(response: Response, onShare: OnShare): ReadableStream<Uint8Array<ArrayBuffer>> | null {
  const total = Number(response.headers.get("content-length") ?? 0);
  let done = 0;
  const counter = new TransformStream<Uint8Array<ArrayBuffer>, Uint8Array<ArrayBuffer>>({
    transform(piece, controller) {
      done += piece.byteLength;
      // A compressed answer is longer than its header says.
      if (total > 0) onShare(Math.min(1, done / total));
      controller.enqueue(piece);
    },
  });
  return response.body?.pipeThrough(counter) ?? null;
}
