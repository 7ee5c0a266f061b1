/** A context of the origin as a candidate for leading a store: leader, follower, or waiting for either. */

import { attend } from "../caretaker.js";
import { connectionLost, EngineError } from "../errors.js";
import { type EngineRuntime, type OpenRequest, openWithFallback } from "../fallback.js";
import { contradiction, sharedOptions } from "../options.js";
import { newId } from "../requests.js";
import { Leader, PIECES_MS } from "./leader.js";
import { Link, LISTEN_MS, type Server, SILENCE_MS } from "./link.js";
import {
  type Announcement,
  channelName,
  followerLock,
  leaderLock,
  lineName,
  type OpenStore,
  PROTOCOL,
  readAnnouncement,
  takeoverLock,
} from "./messages.js";
import type { Channel, Platform } from "./platform.js";
import { HIDDEN_MS, Sight } from "./sight.js";
import { Turnstile } from "./turnstile.js";

/** How long a call without a leader waits at most, in milliseconds, and an opening that is not told otherwise. */
const SETTLE_MS = 10_000;

/** How long a hidden context that was given the lock stays out of the line for one that is seen, in milliseconds. */
const RELINE_MS = 50;

/** How often a follower that waits says hello, in milliseconds: what it said before there was a leader was not heard. */
const HELLO_MS = 250;

export class Candidate {
  readonly #runtime: EngineRuntime;
  readonly #platform: Platform;
  /** Names the store among those of the origin, with its storage. */
  readonly #name: string;
  /** Names this context among the followers, anew each time that it stands in line: nothing is confused with what it was before. */
  #id = newId();
  readonly #channel: Channel;
  /** Ends what waits in line. */
  #line = new AbortController();
  readonly #closing = new AbortController();
  #request: OpenRequest;
  /** What tells that two contexts have the same key; null without encryption. Made when it is first needed: that takes some tenths of a second. */
  #key: Promise<string | null> | undefined;
  #suspended = false;
  /** Calls that wait until this context goes on. */
  readonly #asleep: (() => void)[] = [];
  /** Whether this context holds the lock by which a leader knows that it lives. */
  #isPresent = false;
  readonly #sight: Sight;
  #isGreeting = false;
  /** Whether this leader would yield, but for an export or import under way. */
  #isWaitingToYield = false;
  /** Whether the channel is closed: an opening that is still under way has nobody to tell. */
  #isMute = false;
  #holdsLock = false;
  /** The opening under way, and for which place in line. */
  #opening: { line: AbortSignal; leader: Promise<Leader> } | undefined;
  /** When another context was last heard to be opening or closing the store. */
  #heard = 0;
  /** Who answers calls; calls wait here for one. */
  readonly #server = new Turnstile<Server>();

  constructor(runtime: EngineRuntime, platform: Platform, name: string, request: OpenRequest) {
    this.#runtime = runtime;
    this.#platform = platform;
    this.#sight = new Sight(platform);
    this.#name = name;
    this.#request = request;
    this.#channel = platform.channel(channelName(name));
    this.#channel.onmessage = ({ data }) => {
      const announcement = readAnnouncement(data);
      if (announcement) {
        this.#hear(announcement);
      }
    };
  }

  /** The context is about to be frozen or to end: whoever waits takes over. */
  suspend(): void {
    if (!this.#suspended) {
      this.#suspended = true;
      this.#leave().catch(() => undefined);
    }
  }

  /** The context goes on. */
  resume(): void {
    if (this.#suspended) {
      this.#suspended = false;
      this.compete();
      this.#asleep.splice(0).forEach((wake) => wake());
    }
  }

  /** The page can be seen no more. */
  hide(): void {
    this.#sight.hide();
    this.#platform.after(HIDDEN_MS, () => this.#offer());
  }

  /** The page can be seen. */
  show(): void {
    this.#sight.show();
    this.#claim();
  }

  get isClosed(): boolean {
    return this.#closing.signal.aborted;
  }

  async close(): Promise<void> {
    if (this.#closing.signal.aborted) {
      return;
    }
    this.#closing.abort();
    this.#asleep.splice(0).forEach((wake) => wake());
    try {
      await this.#leave();
    } finally {
      this.#server.fail(connectionLost("the store is closed"));
      this.#isMute = true;
      this.#channel.close();
    }
  }

  /** Stands in line to lead, and asks to follow in the meantime. */
  compete(): void {
    const line = new AbortController();
    this.#line.abort();
    this.#line = line;
    this.#id = newId();
    this.#platform.locks
      .request(leaderLock(this.#name), { signal: line.signal }, () => this.#lead(line))
      .catch(() => this.#lose(line.signal));
    this.#platform.locks
      .request(followerLock(this.#name, this.#id), { signal: line.signal }, async () => {
        this.#isPresent = true;
        void this.#hello();
        await whenAborted(line.signal);
        this.#isPresent = false;
      })
      .catch(() => undefined);
  }

  /** Gives up its place, whichever it is. */
  async #leave(): Promise<void> {
    this.#line.abort();
    const server = this.#server.take();
    if (server instanceof Leader) {
      await this.#whileBusy(server.end("closed"));
    } else if (server instanceof Link) {
      server.leave();
    }
  }

  /** Holds the lock: opens the store and answers until that ends. */
  async #lead(line: AbortController): Promise<void> {
    if (line.signal.aborted) {
      return;
    }
    if (this.#sight.isHidden && this.#sight.isOtherSeen) {
      // To the end of the line.
      line.abort();
      this.#platform.after(RELINE_MS, () => {
        if (hasLeft(this.#line.signal) && !this.#suspended && !this.isClosed) {
          this.compete();
        }
      });
      return;
    }
    this.#holdsLock = true;
    try {
      // Whoever had the lock has no part in it any more.
      this.#unlink(false);
      const leader = await this.#openFor(line.signal);
      await (hasLeft(line.signal) ? leader.end("closed") : this.#reign(leader));
    } catch (error) {
      line.abort();
      this.#server.refuse(error as Error);
    } finally {
      this.#holdsLock = false;
    }
  }

  /**
   * Opens the store, once at a time: this context may get the lock while it takes over from a silent leader. What was opened for a place in line
   * that was given up meanwhile is closed by who asked for it, and is not for the next place.
   */
  #openFor(line: AbortSignal): Promise<Leader> {
    const earlier = this.#opening;
    if (earlier?.line === line) {
      return earlier.leader;
    }
    const leader = this.#openAfter(earlier?.leader);
    const opening = { line, leader };
    this.#opening = opening;
    const done = (): void => {
      if (this.#opening === opening) {
        this.#opening = undefined;
      }
    };
    leader.then(done, done);
    return leader;
  }

  async #openAfter(earlier: Promise<Leader> | undefined): Promise<Leader> {
    await earlier?.catch(() => undefined);
    return this.#openHere();
  }

  async #openHere(): Promise<Leader> {
    const { engine, storage, fallbacks } = await this.#whileBusy(openWithFallback(this.#runtime, this.#request));
    const store: OpenStore = { storage: storage as OpenStore["storage"], fallbacks, options: sharedOptions(this.#request) };
    const attended = attend(engine, this.#request);
    return new Leader(this.#platform, this.#name, attended, store, (leader) => this.#server.take(leader));
  }

  /** Tells those who wait that this context is at it: it recovers a long log, waits for the files of one that has just ended, or ends a compaction. */
  async #whileBusy<T>(task: Promise<T>): Promise<T> {
    let stop: () => void = () => undefined;
    const tell = (): void => {
      this.#announce({ kind: "busy" });
      stop = this.#platform.after(LISTEN_MS, tell);
    };
    tell();
    try {
      return await task;
    } finally {
      stop();
    }
  }

  async #reign(leader: Leader): Promise<void> {
    this.#unlink(false);
    this.#server.put(leader);
    this.#announce({ kind: "leading", leader: leader.id });
    this.#offer();
    const ending = await leader.ended;
    this.#announce({ kind: "ended", leader: leader.id, trapped: ending === "trapped" });
    if (ending === "trapped") {
      // The module's memory cannot be trusted any more: this context can neither lead nor follow on.
      this.#closing.abort();
      this.#line.abort();
      this.#server.fail(connectionLost("the engine stopped after an internal error: open the store again"));
    } else if (ending !== "closed" && !this.isClosed && !this.#suspended) {
      this.#line.abort();
      this.compete();
    }
  }

  /** A leader that nobody sees would rather follow. */
  #offer(): void {
    if (this.#server.current instanceof Leader && this.#sight.isHidden) {
      this.#announce({ kind: "offer" });
    }
  }

  /** Lets another one lead; later, if that would cut off an export or import. */
  #yield(leader: Leader): void {
    if (!leader.isEngaged) {
      this.#whileBusy(leader.end("yielded")).catch(() => undefined);
    } else if (!this.#isWaitingToYield) {
      this.#isWaitingToYield = true;
      this.#platform.after(PIECES_MS, () => {
        this.#isWaitingToYield = false;
        this.#offer();
      });
    }
  }

  /** A follower that is seen would rather lead. */
  #claim(): void {
    if (this.#server.current instanceof Link && this.#sight.isSeen) {
      this.#announce({ kind: "claim" });
    }
  }

  /** The lock is gone: given back, or stolen. */
  #lose(line: AbortSignal): void {
    const server = this.#server.current;
    if (!line.aborted && server instanceof Leader) {
      server.end("fenced").catch(() => undefined);
    }
  }

  /** Says hello until it is answered, as long as somebody waits for that. */
  async #hello(): Promise<void> {
    try {
      const key = await this.#fingerprint();
      if (!this.#isPresent || this.#server.current) {
        return;
      }
      const { asked = {} } = this.#request;
      this.#announce({ kind: "hello", protocol: PROTOCOL, follower: this.#id, asked, key });
    } catch (error) {
      this.#server.refuse(error as Error);
    }
    if (!this.#isGreeting && this.#server.waiting > 0) {
      this.#isGreeting = true;
      this.#platform.after(HELLO_MS, () => {
        this.#isGreeting = false;
        void this.#hello();
      });
    }
  }

  #fingerprint(): Promise<string | null> {
    const { encryption } = this.#request;
    this.#key ??= encryption
      ? import("./fingerprint.js").then(({ fingerprintOf }) => fingerprintOf(encryption))
      : Promise.resolve(null);
    return this.#key;
  }

  #hear(announcement: Announcement): void {
    const { current } = this.#server;
    switch (announcement.kind) {
      case "hello":
        if (current instanceof Leader) {
          void this.#receive(current, announcement);
        }
        break;
      case "welcome":
        if (announcement.follower === this.#id && !current && this.#isPresent) {
          this.#follow(announcement);
        }
        break;
      case "refused":
        if (announcement.follower === this.#id && !current) {
          this.#line.abort();
          this.#server.fail(new EngineError(announcement.error));
        }
        break;
      case "busy":
        this.#heard = this.#platform.now();
        break;
      case "offer":
        this.#claim();
        break;
      case "claim":
        this.#sight.heed();
        if (current instanceof Leader && this.#sight.isHidden) {
          this.#yield(current);
        }
        break;
      case "leading":
        if (!(current instanceof Leader)) {
          this.#unlink(false);
          void this.#hello();
        }
        break;
      case "ended":
        if (current instanceof Link && current.leader === announcement.leader) {
          this.#unlink(announcement.trapped);
        }
    }
  }

  /** Lets a follower in whose options are those of the store. */
  async #receive(leader: Leader, { follower, asked, protocol, key }: Announcement & { kind: "hello" }): Promise<void> {
    const { name } = this.#request;
    const ownKey = await this.#fingerprint();
    if (this.#server.current !== leader) {
      return;
    }
    let message = contradiction(name, asked, leader.store.options);
    if (protocol !== PROTOCOL) {
      message = `The store '${name}' is open in another tab with another version of chromatid: reload that tab`;
    } else if (key !== ownKey) {
      message = `The store '${name}' is open already, with another key or passphrase`;
    }
    if (message !== undefined) {
      const error = { name: "InvalidArgumentError", message, code: 400, retryable: false };
      this.#announce({ kind: "refused", follower, error });
      return;
    }
    const line = leader.welcome(follower);
    this.#announce({ kind: "welcome", follower, leader: leader.id, line, store: leader.store });
  }

  #follow({ leader, line, store }: Announcement & { kind: "welcome" }): void {
    // Who takes over opens the store as it was: what a follower did not ask for was the leader's choice.
    this.#request = { ...this.#request, ...definedOf(store.options) };
    const channel = this.#platform.channel(lineName(this.#name, line));
    const link = new Link(this.#platform, channel, leader, store, () => this.#replace(link));
    this.#server.put(link);
    this.#claim();
  }

  /** The leader that this one follows is gone. */
  #unlink(trapped: boolean): void {
    const { current } = this.#server;
    if (current instanceof Link) {
      this.#server.take();
      current.end(trapped);
    }
  }

  /** A leader stays silent: it hangs, or was frozen without a warning. One of those who wait for it takes its place. */
  #replace(silent: Link): void {
    if (this.#server.current === silent) {
      this.#unlink(false);
      if (this.#platform.now() - this.#heard >= SILENCE_MS) {
        this.#takeOver();
      }
    }
  }

  /** Opens the store without the lock, which only orders, and then takes that too. */
  #takeOver(): void {
    const line = this.#line.signal;
    void this.#platform.locks.request(takeoverLock(this.#name), { ifAvailable: true }, async (lock) => {
      if (!lock || this.#server.current || line.aborted) {
        return;
      }
      let leader: Leader;
      try {
        leader = await this.#openFor(line);
      } catch (error) {
        // Its handles are still held: it may yet wake up.
        this.#server.refuse(error as Error);
        return;
      }
      if (this.#holdsLock) {
        return;
      }
      if (hasLeft(line)) {
        await leader.end("closed");
        return;
      }
      this.#line.abort();
      const stolen = (this.#line = new AbortController());
      this.#platform.locks
        .request(leaderLock(this.#name), { steal: true }, () => this.#reign(leader))
        .catch(() => this.#lose(stolen.signal));
    });
  }

  /** Who answers, waited for as long as that makes sense, or for so many milliseconds. */
  async server(within = SETTLE_MS): Promise<Server> {
    const { current } = this.#server;
    if (current) {
      return current;
    }
    if (this.#closing.signal.aborted) {
      throw connectionLost("the store is closed");
    }
    if (this.#suspended) {
      await new Promise<void>((resolve) => this.#asleep.push(resolve));
      return this.server(within);
    }
    if (this.#line.signal.aborted) {
      this.compete();
    }
    const waited = this.#server.wait();
    void this.#hello();
    const stop = this.#whenSilent(() => this.#takeOver());
    const inTime = this.#platform.after(within, () => this.#server.refuse(noLeader(this.#request.name)));
    try {
      return await waited;
    } finally {
      stop();
      inTime();
    }
  }

  /** Calls back when no context has been heard to open or close the store for a while. */
  #whenSilent(callback: () => void): () => void {
    const begun = this.#platform.now();
    let stop: () => void = () => undefined;
    const listen = (): void => {
      const silence = this.#platform.now() - Math.max(begun, this.#heard);
      if (silence >= SILENCE_MS) {
        callback();
      } else {
        // Whole milliseconds: a rest too small to move the clock would be waited for again and again.
        stop = this.#platform.after(Math.ceil(SILENCE_MS - silence), listen);
      }
    };
    listen();
    return () => stop();
  }

  #announce(announcement: Announcement): void {
    const isLastWord = announcement.kind === "ended" || announcement.kind === "busy";
    if (!this.#isMute && (!this.isClosed || isLastWord)) {
      this.#channel.postMessage(announcement);
    }
  }
}

/** Whether its place in line was given up, perhaps while something else was waited for. */
function hasLeft(line: AbortSignal): boolean {
  return line.aborted;
}

function whenAborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) {
      resolve();
    } else {
      signal.addEventListener("abort", () => resolve(), { once: true });
    }
  });
}

/** Options that are set. */
function definedOf<T extends object>(options: T): Partial<T> {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)) as Partial<T>;
}

function noLeader(name: string): EngineError {
  const message = `the store '${name}' is in use by another tab, worker or process that does not answer: close it or reload it`;
  return new EngineError({ name: "StorageLockedError", message, code: 500, retryable: true });
}
