/** The part of the platform that the Workers of the tests use. */

import type { BlockBucket, SqlStorage } from "chromatid/cloudflare";

export interface ObjectState {
  id: { toString(): string };
  storage: SqlStorage;
  /** Ends this instance of the object, with whatever it is doing; the next request starts another. */
  abort(reason: string): void;
}

export interface Bindings {
  STORES: {
    idFromName(name: string): object;
    get(id: object): { fetch(url: string, init: RequestInit): Promise<Response> };
  };
  BUCKET: BlockBucket;
}

/** A JSON answer of what `work` answers; its error as text, with status 500, if it throws. */
export async function answered(work: () => Promise<unknown>): Promise<Response> {
  try {
    return Response.json((await work()) ?? null);
  } catch (error) {
    const { name, message } = error as Error;
    return new Response(`${name}: ${message}`, { status: 500 });
  }
}

/** Asks a Durable Object, as {@link answered} answers. */
export async function askObject({ STORES }: Bindings, name: string, body: string): Promise<unknown> {
  const response = await STORES.get(STORES.idFromName(name)).fetch("http://object/", { method: "POST", body });
  if (!response.ok) {
    throw new Error(await response.text());
  }
  return response.json();
}
