/** What contexts that share a store tell each other. Whatever does not have one of these shapes is passed over. */

import type { EngineErrorFields } from "../errors.js";
import type { Fallback } from "../fallback.js";
import type { StorageKind } from "../engine.js";
import type { SharedOptions } from "../options.js";

/** Contexts of different versions do not work together: their messages differ. */
export const PROTOCOL = 1;

/** What a follower is told of the store. */
export interface OpenStore {
  storage: StorageKind;
  fallbacks: Fallback[];
  /** What it was opened with: who takes over opens it with the same. */
  options: SharedOptions;
}

/** To all who share a store. */
export type Announcement =
  /** A follower wants to be let in. */
  | { kind: "hello"; protocol: number; follower: string; asked: SharedOptions; key: string | null }
  /** `line` names the channel that the leader has opened for the follower. */
  | { kind: "welcome"; follower: string; leader: string; line: string; store: OpenStore }
  | { kind: "refused"; follower: string; error: EngineErrorFields }
  /** Somebody is opening the store, or closing it. */
  | { kind: "busy" }
  /** A new leader has the store open. */
  | { kind: "leading"; leader: string }
  /** The leader cannot be seen, and may be frozen: one that can be seen had better lead. */
  | { kind: "offer" }
  /** A follower can be seen. */
  | { kind: "claim" }
  /** The leader answers no more. `trapped`: because of an internal error. */
  | { kind: "ended"; leader: string; trapped: boolean };

/** Between a follower and its leader, beside calls and answers. */
export type Sign = { sign: "ping" } | { sign: "pong" } | { sign: "bye" };

const MEMBERS: Record<Announcement["kind"], Record<string, (value: unknown) => boolean>> = {
  hello: { protocol: isNumber, follower: isText, asked: isObject, key: (value) => value === null || isText(value) },
  welcome: { follower: isText, leader: isText, line: isText, store: isObject },
  refused: { follower: isText, error: isObject },
  busy: {},
  offer: {},
  claim: {},
  leading: { leader: isText },
  ended: { leader: isText, trapped: (value) => typeof value === "boolean" },
};

/** An announcement; `undefined` for anything else. */
export function readAnnouncement(data: unknown): Announcement | undefined {
  if (!isObject(data) || !isText(data.kind) || !Object.hasOwn(MEMBERS, data.kind)) {
    return undefined;
  }
  const members = Object.entries(MEMBERS[data.kind as Announcement["kind"]]);
  return members.every(([name, fits]) => fits(data[name])) ? (data as unknown as Announcement) : undefined;
}

/** A sign; `undefined` for anything else. */
export function readSign(data: unknown): Sign | undefined {
  return isObject(data) && (data.sign === "ping" || data.sign === "pong" || data.sign === "bye")
    ? (data as unknown as Sign)
    : undefined;
}

/** The channel of all who share a store, and that of one follower with one leader. */
export const channelName = (store: string): string => `chromatid/${store}`;
export const lineName = (store: string, line: string): string => `chromatid/${store}/line/${line}`;

/** The lock of the leader, that of whoever takes over from a silent one, and that which a follower holds as long as it lives. */
export const leaderLock = (store: string): string => `chromatid/${store}`;
export const takeoverLock = (store: string): string => `chromatid/${store}/takeover`;
export const followerLock = (store: string, follower: string): string => `chromatid/${store}/follower/${follower}`;

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null;
}

function isText(value: unknown): value is string {
  return typeof value === "string";
}

function isNumber(value: unknown): value is number {
  return typeof value === "number";
}
