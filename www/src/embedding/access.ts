/**
 * Which servers may be sent texts, and with which keys. A collection brings the name of its model along, also one that came from elsewhere: a server is
 * asked once somebody here has said so, and not before. That is kept; keys are not, they end with the page.
 */

import { changeKept, readKept } from "../store/kept";
import { ModelError } from "./model-error";

const KEPT = "model-servers";

const keys = new Map<string, string>();

/** Those that were allowed where the browser keeps nothing. */
const allowedHere = new Set<string>();

const listeners = new Set<() => void>();
let version = 0;

/** Grows whenever another server may be asked, or a key is given: what failed for want of that can be tried again. */
export const accessVersion = (): number => version;

export function subscribeAccess(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

function changed(): void {
  version++;
  listeners.forEach((listener) => listener());
}

const listOf = (kept: unknown): string[] => (Array.isArray(kept) ? kept.filter((each) => typeof each === "string") : []);

/** The servers that may be asked, by their origins. */
export async function allowedServers(): Promise<string[]> {
  return [...new Set([...listOf(await readKept(KEPT)), ...allowedHere])].sort();
}

export async function allow(server: string): Promise<void> {
  allowedHere.add(server);
  await changeKept(KEPT, (before) => [...new Set([...listOf(before), server])]);
  changed();
}

export async function disallow(server: string): Promise<void> {
  allowedHere.delete(server);
  keys.delete(server);
  await changeKept(KEPT, (before) => listOf(before).filter((each) => each !== server));
}

/** As if nobody had ever allowed anything. */
export async function forgetServers(): Promise<void> {
  allowedHere.clear();
  keys.clear();
  await changeKept(KEPT, () => []);
}

/** Keys by the servers that they are for. */
export const allKeys = (): ReadonlyMap<string, string> => keys;

export const keyOf = (server: string): string | undefined => keys.get(server);

export function setKey(server: string, key: string): void {
  if (key === "") keys.delete(server);
  else keys.set(server, key);
  changed();
}

/** Takes over the keys of the page, in a worker of it. */
export const takeKeys = (given: ReadonlyMap<string, string>): void => given.forEach((key, server) => keys.set(server, key));

/** Rejects unless the server may be asked. The page's own always may. */
export async function expectAllowed(server: string): Promise<void> {
  if (server === location.origin || (await allowedServers()).includes(server)) return;
  throw new ModelError("not-allowed", `The model of this collection is at ${server}, which nobody here has allowed yet to be asked`, server);
}
