/** What links do, in plain words. */

import type { LinkSettings, LinkStatus } from "chromatid";
import type { LinkEntry, Trouble } from "../../store/links";
import { explain, type Problem } from "../../store/problems";

export type Tone = "good" | "busy" | "wait" | "bad" | "off";

/** The state of a link: a colour, and words that say the same. */
export interface StateWords {
  tone: Tone;
  label: string;
}

const STATES: Readonly<Record<LinkStatus["state"], StateWords>> = {
  starting: { tone: "busy", label: "Starting" },
  syncing: { tone: "busy", label: "Synchronising" },
  idle: { tone: "good", label: "In sync" },
  offline: { tone: "wait", label: "Offline" },
  waiting: { tone: "wait", label: "Waiting for the remote" },
  elsewhere: { tone: "good", label: "Another tab synchronises" },
  ended: { tone: "off", label: "Closed" },
  "auth-required": { tone: "bad", label: "Needs a token" },
  forbidden: { tone: "bad", label: "Not allowed" },
  refused: { tone: "bad", label: "Refused" },
  "relink-required": { tone: "bad", label: "Needs a decision" },
  "remote-shrank": { tone: "bad", label: "Needs a decision" },
};

export function describeState({ status, trouble, isPaused, link, settings, error }: LinkEntry): StateWords {
  if (isPaused) return { tone: "off", label: "Paused" };
  if (error !== undefined) return { tone: "bad", label: "Not open" };
  if (!link) return settings.needsCredentials ? { tone: "wait", label: "Waits for its token" } : STATES.starting;
  if (!status) return STATES.starting;
  // A retry is a matter of a moment: what the link waits for is still the case.
  if (trouble && (status.state === "syncing" || status.state === "starting")) return STATES[trouble.state];
  if (trouble && status.state === "elsewhere") return { tone: "wait", label: "Another tab waits" };
  if (status.state === "idle" && status.pending > 0) return { tone: "busy", label: "Edits are about to be sent" };
  if (status.state === "idle" && status.refused.length > 0) return { tone: "wait", label: "In sync but for what was refused" };
  return STATES[status.state];
}

export const PHASES: Readonly<Record<LinkStatus["progress"]["phase"], string>> = {
  idle: "Preparing",
  pushing: "Sending",
  pulling: "Receiving",
  comparing: "Comparing",
};

export const DIRECTIONS: Readonly<Record<LinkSettings["direction"], string>> = {
  "two-way": "Both ways",
  pull: "Only receives",
  push: "Only sends",
};

export const POLICIES = {
  lastWriterWins: "The later edit wins",
  remoteWins: "The remote wins",
  localWins: "This browser wins",
  mergeMetadata: "Metadata are merged key by key",
} as const;

export type Policy = keyof typeof POLICIES;

export function describePolicy(conflict: string): string {
  return conflict in POLICIES ? POLICIES[conflict as Policy] : "A function decides";
}

/** Milliseconds between rounds that are offered. */
export const INTERVALS: readonly (readonly [number, string])[] = [
  [5_000, "Every 5 seconds"],
  [15_000, "Every 15 seconds"],
  [60_000, "Every minute"],
  [300_000, "Every 5 minutes"],
  [0, "Only when asked"],
];

export function describeInterval(interval: number): string {
  return INTERVALS.find(([value]) => value === interval)?.[1] ?? `Every ${String(interval / 1000)} seconds`;
}

/** The address of a remote, as the client makes it. */
export function addressOf({ host = "localhost", port, ssl = false }: LinkSettings["remote"]): string {
  return `${ssl ? "https" : "http"}://${host}:${String(port ?? (ssl ? 443 : 8000))}`;
}

/** What the package tells programs to call. */
const CALLS = /,? ?(If that is right, call|Call|Open the link again with) .*$/u;

/** How the package says that no answer came: which of the causes it was, a browser does not tell. */
const UNREACHABLE = /^(\S+) cannot be reached/u;

const PATIENCE = "It is tried again by itself, and edits made here wait.";

/** A problem of a link; `isUnreachable` when it may be one of the remote's CORS settings. */
export interface LinkProblem extends Problem {
  isUnreachable: boolean;
}

/** What keeps a link from going on, and what to do. */
export function explainTrouble({ state, message }: Trouble): LinkProblem {
  const detail = message.replace(CALLS, "");
  const unreachable = UNREACHABLE.exec(message);
  const told = (title: string, advice: string): LinkProblem => ({ kind: "other", title, detail, advice, isUnreachable: false });
  switch (state) {
    case "auth-required":
      return told("The remote wants to know who asks", "Enter a token that it takes. Edits made here wait meanwhile.");
    case "forbidden":
      return told("The remote does not allow this", "Use a token that may do it, or change the direction of the link to one that the token may use.");
    case "relink-required":
      return told("The remote collection is not the one that was linked", "Decide how to go on. Nothing is changed on either side until then.");
    case "remote-shrank":
      return told("Many records are gone from the remote", "Decide what that means. Nothing is deleted here until then.");
    case "refused":
      return told("The remote does not accept this", "Change the link, then synchronise again.");
    default:
      if (state === "elsewhere" && CALLS.test(message)) {
        return told("The link waits in another tab", "Decide there how to go on: it is the tab that synchronises.");
      }
      return unreachable
        ? { ...unreachableProblem(unreachable[1] ?? ""), advice: PATIENCE }
        : told("The last attempt failed", PATIENCE);
  }
}

/** What went wrong when a link was to be opened. */
export function explainLinkError(error: unknown): LinkProblem {
  const { name, message } = error instanceof Error ? error : { name: "", message: "" };
  const unreachable = UNREACHABLE.exec(message);
  if (unreachable) return unreachableProblem(unreachable[1] ?? "");
  if (name === "ChromaNotFoundError") {
    return {
      kind: "refused",
      title: "There is no such collection",
      detail: message,
      advice: "Enter the name of a collection that the remote has, and its tenant and database; or choose a collection of this browser, which is then made there.",
      isUnreachable: false,
    };
  }
  if (name === "ChromaRemoteError") {
    return { kind: "refused", title: "The remote does not accept this", detail: message, advice: "Change it and try again.", isUnreachable: false };
  }
  return { ...explain(error), isUnreachable: false };
}

function unreachableProblem(address: string): LinkProblem {
  return {
    kind: "other",
    title: "The remote cannot be reached",
    detail: `${address} does not answer this page.`,
    advice: "Check the address, and that the server runs there.",
    isUnreachable: true,
  };
}
