/** Pictures that were computed: in this page, and on this device where its store is readable there anyway. */

import type { Projection } from "./projection";

const NAME = "chromatid-console-maps";

/** Pictures that the page itself keeps. */
const HELD = 4;
const held = new Map<string, Projection>();

const addressOf = (collectionId: string, wanted: number): string => `/chromatid-map/${encodeURIComponent(collectionId)}?points=${String(wanted)}`;

/** Pages without a secure origin have no such storage; it may be blocked too. */
async function storage(): Promise<Cache | undefined> {
  try {
    return await caches.open(NAME);
  } catch {
    return undefined;
  }
}

/** `onDevice` also looks for what an earlier visit has kept. */
export async function findPicture(collectionId: string, wanted: number, onDevice: boolean): Promise<Projection | undefined> {
  const address = addressOf(collectionId, wanted);
  const known = held.get(address);
  if (known || !onDevice) return known;
  const response = await (await storage())?.match(address);
  const picture = response && decode(await response.arrayBuffer());
  if (picture) hold(address, picture);
  return picture;
}

export async function keepPicture(collectionId: string, wanted: number, onDevice: boolean, picture: Projection): Promise<void> {
  const address = addressOf(collectionId, wanted);
  hold(address, picture);
  // Nothing is lost if there is no room: it is computed again.
  if (onDevice) await (await storage())?.put(address, new Response(encode(picture))).catch(() => undefined);
}

/** Forgets the pictures of a collection, or of all. */
export async function forgetPictures(collectionId?: string): Promise<void> {
  if (collectionId === undefined) {
    held.clear();
    if ("caches" in globalThis) await caches.delete(NAME).catch(() => false);
    return;
  }
  const start = addressOf(collectionId, 0).replace(/\?.*$/, "?");
  for (const address of held.keys()) if (address.startsWith(start)) held.delete(address);
  const cache = await storage();
  if (!cache) return;
  const kept = await cache.keys();
  await Promise.all(kept.filter(({ url }) => new URL(url).pathname + "?" === start).map((request) => cache.delete(request)));
}

function hold(address: string, picture: Projection): void {
  held.delete(address);
  held.set(address, picture);
  const [oldest] = held.keys();
  if (held.size > HELD && oldest !== undefined) held.delete(oldest);
}

/** The length of what is told in JSON, that itself, and the places as they are. */
export function encode({ axes, neighbours, ...rest }: Projection): Blob {
  const told = new TextEncoder().encode(JSON.stringify({ ...rest, hasNeighbours: neighbours !== undefined }));
  return new Blob([new Uint32Array([told.length]), told, axes, ...(neighbours ? [neighbours] : [])]);
}

export function decode(bytes: ArrayBuffer): Projection | undefined {
  try {
    const length = new DataView(bytes).getUint32(0, true);
    const { hasNeighbours, ...rest } = JSON.parse(new TextDecoder().decode(bytes.slice(4, 4 + length))) as Omit<Projection, "axes" | "neighbours"> & { hasNeighbours: boolean };
    const size = rest.ids.length * 8;
    const at = 4 + length;
    if (bytes.byteLength !== at + size * (hasNeighbours ? 2 : 1)) return undefined;
    const places = (from: number): Float32Array<ArrayBuffer> => new Float32Array(bytes.slice(from, from + size));
    return { ...rest, axes: places(at), neighbours: hasNeighbours ? places(at + size) : undefined };
  } catch {
    // Of another version, or cut off.
    return undefined;
  }
}
