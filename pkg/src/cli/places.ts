/** Where data are, as arguments name it: a directory, or the URL of a server. */

import path from "node:path";

import { openExisting, openForOneself } from "./directory.js";
import { localTransport, remoteTransport, type Transport } from "./rest/transport.js";

/** Whether an argument is the address of a server. */
export function isUrl(place: string): boolean {
  return /^https?:\/\//i.test(place);
}

export interface PlaceOptions {
  /** For a server. */
  token?: string;
  /** Whether a directory may be new. */
  create?: boolean;
}

/** A way to the API of a place. */
export async function connect(place: string, { token, create = false }: PlaceOptions = {}): Promise<Transport> {
  if (isUrl(place)) {
    return remoteTransport(place, token);
  }
  const directory = path.resolve(place);
  return localTransport(await (create ? openForOneself(directory) : openExisting(directory)), place);
}

/** Runs with a way to the API of a place, which is closed in the end. */
export async function withPlace<T>(place: string, options: PlaceOptions, run: (transport: Transport) => Promise<T>): Promise<T> {
  const transport = await connect(place, options);
  try {
    return await run(transport);
  } finally {
    await transport.close();
  }
}
