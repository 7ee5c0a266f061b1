/** A collection that is kept the same as a remote one. */

import type { Engine } from "../engine/engine.js";
import { newId } from "../engine/requests.js";
import { nextChange } from "../live.js";
import { findRemote, isNormalised } from "./connect.js";
import type { Context, Progress } from "./context.js";
import { Doorbell } from "./doorbell.js";
import { LinkPausedError, RemoteError } from "./errors.js";
import { follows } from "./follow.js";
import { type JournalEntry, journalRecord, readJournal } from "./journal.js";
import type { KnownRecord, LinkActivity, LinkEvents, LinkSettings, LinkStatus, ResolvedOptions } from "./options.js";
import type { LinkSides } from "./reads.js";
import { RemoteDatabase } from "./remote.js";
import { type CollectionPath, Replica } from "./replica.js";
import { prepareRelink, type Relink } from "./relink.js";
import { checkLife, runRound } from "./round.js";
import { type LinkState, newSession, readState, type Session } from "./state.js";
import { millisecondsOf, ServerClock, stampOf } from "./stamps.js";
import { sidecarName } from "./tombstones.js";
import { type Surroundings, Transport } from "./transport.js";
import { Turn } from "./turn.js";

/** What a paused link is told to do. */
export type LinkDecision = Relink | "accept" | "restore";

/** How soon edits made here are sent, in milliseconds; and to a remote that tells others of them at once. */
const AFTER_EDIT_MS = 2000;
const AFTER_EDIT_FOLLOWED_MS = 50;

/** How often a page synchronises that nobody sees, or that is told of changes, in milliseconds. */
const SELDOM_MS = 300_000;

const FIRST_PAUSE_MS = 500;
const LONGEST_PAUSE_MS = 300_000;

/** Default sizes: what a server takes in one body, and what it is good at. */
const SIZES = { batch: 5000, page: 2000, range: 5000, body: 16 * 1024 * 1024 };

/** What a link needs of the client that opened it. */
export interface LinkHome {
  engine: () => Promise<Engine>;
  path: CollectionPath;
  /** The name of the store, which tabs have in common. */
  store: string;
  surroundings: Surroundings;
}

/** What a tab may ask of the one that synchronises. */
interface Request {
  full: boolean;
  deep: boolean;
  decision: LinkDecision | undefined;
}

/** What a round works with once both ends are known. */
interface Connection {
  context: Context;
  session: Session;
}

export class Link {
  readonly settings: LinkSettings;
  readonly #home: LinkHome;
  readonly #options: ResolvedOptions;
  readonly #replica: Replica;
  readonly #transport: Transport;
  readonly #clock: ServerClock;
  readonly #turn: Turn;
  readonly #doorbell: Doorbell;
  readonly #ending = new AbortController();
  readonly #listeners = new Map<keyof LinkEvents, Set<(event: never) => void>>();
  #wake: (() => void) | undefined;
  #connection: Connection | undefined;
  #round: Promise<void> | undefined;
  #activity: LinkActivity = "starting";
  #message: string | undefined;
  #lastSync: number | undefined;
  #isComplete = false;
  #failures = 0;
  #pauseUntil = 0;
  #decision: LinkDecision | undefined;
  #full: "no" | "full" | "deep" = "no";
  #progress: Progress = nothingDone();
  #elsewhere: LinkStatus | undefined;
  readonly #running: Promise<void>;

  /** @ignore Links are opened by `ChromaClient.link`. */
  constructor(home: LinkHome, settings: LinkSettings, options: ResolvedOptions) {
    this.#home = home;
    this.settings = settings;
    this.#options = options;
    this.#replica = new Replica(home.engine, home.path);
    this.#transport = new Transport(options.places, home.surroundings);
    this.#transport.until(this.#ending.signal);
    this.#clock = new ServerClock(home.surroundings);
    this.#doorbell = new Doorbell(home.surroundings);
    this.#turn = new Turn(`chromatid-link:${home.store}:${home.path[2]}`, {
      onAsked: (request) => this.#obey(request as Request).then(() => null, (error: unknown) => (error as Error).message),
      onHello: () => this.#announce(),
      onStatus: (status) => this.#hearStatus(status as LinkStatus),
    });
    this.#running = this.#run();
  }

  /** The id of the local collection. */
  get collectionId(): string {
    return this.#home.path[2];
  }

  /** Whether it was not closed. */
  get isOpen(): boolean {
    return !this.#ending.signal.aborted;
  }

  /** @ignore What reads of the collection need that are not of this store alone. */
  _sides(): LinkSides {
    return { replica: this.#replica, transport: this.#transport, settings: this.settings };
  }

  /** Synchronises now; settles when a round is complete. With `full` the content of everything is compared, with `deep` embeddings too. */
  async sync({ full = false, deep = false }: { full?: boolean; deep?: boolean } = {}): Promise<void> {
    if (this.#ending.signal.aborted) {
      throw new LinkPausedError("refused", "The link is closed");
    }
    await this.#request({ full, deep, decision: undefined });
  }

  /** Lets the tab do it whose turn it is. */
  async #request(request: Request): Promise<void> {
    await ((await this.#turn.isElsewhere()) ? this.#turn.ask(request) : this.#obey(request));
  }

  async #obey({ full, deep, decision }: Request): Promise<void> {
    if (full || deep) {
      this.#full = deep ? "deep" : "full";
    }
    this.#decision = decision ?? this.#decision;
    // A round under way may have passed by what the caller has just written.
    await this.#round?.catch(() => undefined);
    await this.#start();
  }

  /** What the link does. */
  async status(): Promise<LinkStatus> {
    const [pending, refused] = this.settings.direction !== "pull"
      ? [await this.#replica.pending(), await this.#replica.refused()]
      : [0, []];
    const told = this.#turn.isOurs ? undefined : this.#elsewhere;
    return {
      state: told ? "elsewhere" : this.#activity,
      message: told ? told.message : this.#message,
      pending,
      refused,
      lastSync: told ? told.lastSync : this.#lastSync,
      isComplete: told ? told.isComplete : this.#isComplete,
      progress: { ...(told ? told.progress : this.#progress) },
      traffic: { ...(told ? told.traffic : this.#transport.traffic) },
    };
  }

  /** What is known about the replicas of records; nothing of those that have none yet. */
  async known(ids: readonly string[]): Promise<KnownRecord[]> {
    const rows = await this.#replica.rows([...new Set(ids)]);
    return [...rows.values()].map(({ id, edited, version, isPresent, isGone, refusal }) => ({
      id,
      isPending: edited !== undefined,
      isThere: isPresent,
      isDeleted: isGone,
      editedAt: version && millisecondsOf(version.stamp),
      editedBy: version?.replica,
      refusal,
    }));
  }

  /** Calls `listener` with each event; answers how to end that. */
  on<K extends keyof LinkEvents>(event: K, listener: (event: LinkEvents[K]) => void): () => void {
    const listeners = this.#listeners.get(event) ?? new Set();
    this.#listeners.set(event, listeners.add(listener));
    return () => listeners.delete(listener);
  }

  /** Versions that conflicts were decided against, and records that were deleted because the remote had lost them; latest first. */
  journal(): Promise<JournalEntry[]> {
    return readJournal(this.#replica);
  }

  /** Writes a version out of the journal again: an edit of now. */
  async restore(key: string): Promise<void> {
    const entry = await journalRecord(this.#replica, key);
    if (!entry) {
      throw new LinkPausedError("refused", `The journal has no entry ${key}`);
    }
    const row = (await this.#replica.rows([entry.id])).get(entry.id);
    const edited = Math.max(stampOf(this.#home.surroundings.now()), (row?.edited ?? 0) + 1);
    const change = { id: entry.id, edited: row?.edited, record: entry.record, row: { edited } };
    await this.#replica.commit([change], [{ id: key, row: null }]);
    this.#wake?.();
  }

  /**
   * Goes on after a pause. `accept`: so many deletions are right. `restore`: what the remote has lost is written there again. After the remote collection was
   * replaced: `adoptRemote` takes what is there, `pushLocal` writes what is here over it, `merge` takes both, and of each record what is there.
   */
  async resolve(decision: LinkDecision): Promise<void> {
    await this.#request({ full: false, deep: false, decision });
  }

  /** Stops synchronising here. The link stays, and goes on when it is opened again. */
  async close(): Promise<void> {
    this.#ending.abort();
    this.#wake?.();
    this.#turn.close();
    await this.#running;
    this.#become("ended", undefined);
  }

  async #run(): Promise<void> {
    const { signal } = this.#ending;
    const forget = this.#listen();
    const edits = this.#followEdits();
    try {
      await this.#turn.take(async () => {
        this.#elsewhere = undefined;
        while (!signal.aborted) {
          if (this.#options.interval > 0 || this.#isUrgent) {
            await this.#start().catch(() => undefined);
          }
          await this.#pause();
        }
      }, signal);
    } finally {
      forget();
      await edits;
    }
  }

  /** Whether something is to be done although nobody synchronises at intervals. */
  #isUrgent = false;

  /** Waits for the next round. */
  async #pause(): Promise<void> {
    const { surroundings } = this.#home;
    const waking = new AbortController();
    this.#wake = () => waking.abort();
    const { interval } = this.#options;
    const rest = this.#pauseUntil - surroundings.now();
    const isSeldom = isHidden() || (rest <= 0 && interval > 0 && this.#waitForRing(waking));
    const pause = rest > 0 ? rest : isSeldom ? Math.max(interval, SELDOM_MS) : interval;
    this.#isUrgent = false;
    if (!this.#ending.signal.aborted) {
      await surroundings.sleep(interval > 0 || rest > 0 ? pause : 2 ** 31 - 1, waking.signal);
    }
    waking.abort();
    this.#wake = undefined;
  }

  /** Lets a change at the remote end a pause, if it tells of changes; answers whether that is to be relied on. */
  #waitForRing(waking: AbortController): boolean {
    const connection = this.#connection;
    const { origin } = this.#transport;
    if (!connection || !this.#doorbell.isThere(connection, origin)) {
      return false;
    }
    void this.#doorbell.wait(connection, origin, waking.signal).then(() => waking.abort());
    return this.#doorbell.works;
  }

  /** Wakes the link a while after an edit: this tab's or another one's. */
  async #followEdits(): Promise<void> {
    const { surroundings } = this.#home;
    const { signal } = this.#ending;
    const end = aborted(signal);
    while (!signal.aborted) {
      try {
        const engine = await this.#home.engine();
        for (let seen = 0; ; seen = await Promise.race([nextChange(engine, seen), end])) {
          if (this.#options.interval > 0 && this.#pauseUntil <= surroundings.now() && (await this.#replica.pending()) > 0) {
            const isFollowed = this.#connection !== undefined && follows(this.#connection.context);
            await surroundings.sleep(isFollowed ? AFTER_EDIT_FOLLOWED_MS : AFTER_EDIT_MS, signal);
            if (this.#pauseUntil <= surroundings.now()) {
              this.#wake?.();
            }
          }
        }
      } catch {
        // The engine is lost, and opened again by whoever asks next; or the client is closed, and the link with it.
        await surroundings.sleep(AFTER_EDIT_MS, signal);
      }
    }
  }

  /** Lets the page's network and visibility wake the link. */
  #listen(): () => void {
    const page = globalThis as Partial<Pick<Window, "addEventListener" | "removeEventListener">>;
    const wake = (): void => {
      this.#pauseUntil = 0;
      this.#transport.prefer();
      this.#isUrgent = true;
      this.#wake?.();
    };
    page.addEventListener?.("online", wake);
    page.addEventListener?.("visibilitychange", wake);
    return () => {
      page.removeEventListener?.("online", wake);
      page.removeEventListener?.("visibilitychange", wake);
    };
  }

  #start(): Promise<void> {
    this.#round ??= this.#makeRound().finally(() => (this.#round = undefined));
    return this.#round;
  }

  async #makeRound(): Promise<void> {
    this.#become("syncing", undefined);
    try {
      await this.#connectAndRun();
      this.#failures = 0;
      this.#pauseUntil = 0;
      this.#lastSync = this.#home.surroundings.now();
      this.#isComplete = true;
      this.#become("idle", undefined);
    } catch (error) {
      this.#fail(error);
      throw error;
    } finally {
      this.#progress.phase = "idle";
    }
  }

  async #connectAndRun(): Promise<void> {
    const { context, session } = (this.#connection ??= await this.#connect());
    const state = await readState(this.#replica);
    const progress = nothingDone();
    this.#progress = progress;
    Object.assign(context, { progress, isRestored: this.#decision === "restore", mayShrink: this.#decision === "accept" });
    await this.#clock.measure(() => new RemoteDatabase(this.#transport).time());
    const full = this.#full;
    this.#full = "no";
    try {
      await this.#meetAndRun(context, state, session, full).catch(async (error: unknown) => {
        if (!(error instanceof RemoteError) || error.problem !== "gone") {
          throw error;
        }
        // It has another history than the one that was followed, or has forgotten that: everything is compared.
        session.life = undefined;
        state.cursor = undefined;
        await this.#meetAndRun(context, state, session, full);
      });
    } catch (error) {
      this.#full = full;
      throw error;
    }
    this.#decision = undefined;
  }

  /** Makes a round with a remote that is the one from before, or was restored from a copy. */
  async #meetAndRun(context: Context, state: LinkState, session: Session, full: "no" | "full" | "deep"): Promise<void> {
    if (session.life === undefined) {
      session.life = await checkLife(context, state, newId);
      if (session.life === "replaced") {
        throw new LinkPausedError("relink-required", RELINK);
      }
      context.isRestored ||= session.life === "restored";
    }
    const { scanInterval } = this.#options;
    await runRound(context, state, session, { full: full !== "no" || context.isRestored, deep: full === "deep", scanInterval });
  }

  async #connect(): Promise<Connection> {
    const { settings } = this;
    const { tenant, database } = settings.remote;
    const remotes = new RemoteDatabase(this.#transport, tenant, database);
    const engine = await this.#home.engine();
    const [localTenant, localDatabase, id] = this.#home.path;
    const local = settings.direction === "pull" ? undefined : await engine.getCollectionById(localTenant, localDatabase, id);
    const relink = asRelink(this.#decision);
    const info = await findRemote(remotes, settings.collection, relink ? undefined : settings.remoteId, local);
    if (relink || settings.remoteId === undefined) {
      if (relink) {
        await prepareRelink(engine, this.#replica, relink, this.#home.surroundings.now());
      }
      settings.remoteId = info.id;
      await engine.linkCollection(...this.#home.path, JSON.stringify(settings));
    }
    const limits = await remotes.limits();
    const batch = Math.min(limits.batch, this.#options.batch, SIZES.batch);
    const sidecar = await this.#sidecar(remotes);
    return {
      session: newSession(),
      context: {
        replica: this.#replica,
        remote: remotes.collection(info.id, limits),
        sidecar: sidecar === undefined ? undefined : remotes.collection(sidecar, limits),
        clock: this.#clock,
        name: settings.replica,
        direction: settings.direction,
        policy: this.#options.conflict,
        where: this.#options.where,
        adopt: this.#options.adopt,
        isNormalised: isNormalised(info),
        isRestored: false,
        mayShrink: false,
        own: new Set(),
        sizes: { ...SIZES, batch, page: Math.min(SIZES.page, this.#options.page), range: Math.min(SIZES.range, this.#options.page) },
        progress: this.#progress,
        step: () => this.#step(),
        decided: (decided, winner) => this.#emit("conflict", { id: decided, winner }),
      },
    };
  }

  /** The sidecar's id. Who only reads makes none; who may not make one goes on without. */
  async #sidecar(remotes: RemoteDatabase): Promise<string | undefined> {
    const name = sidecarName(this.settings.collection);
    const found = await remotes.find(name);
    if (found || this.settings.direction === "pull") {
      return found?.id;
    }
    try {
      return (await remotes.ensure(name, { metadata: { "chromatid:sidecar": true } })).id;
    } catch (error) {
      if (error instanceof RemoteError && ["forbidden", "quota", "refused"].includes(error.problem)) {
        return undefined;
      }
      throw error;
    }
  }

  #step(): void {
    if (this.#ending.signal.aborted) {
      throw new LinkPausedError("refused", "The link is closed");
    }
    this.#announce();
  }

  /** Says what a failed round means, and when it is tried again. */
  #fail(error: unknown): void {
    const { surroundings } = this.#home;
    this.#failures += 1;
    const longest = Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** this.#failures);
    const asked = error instanceof RemoteError ? (error.retryAfter ?? 0) : 0;
    const pause = Math.max(asked, surroundings.random() * longest);
    const { message } = error as Error;
    if (error instanceof LinkPausedError) {
      this.#connection = undefined;
      this.#hold(error.state, message);
    } else if (error instanceof RemoteError && error.problem === "missing") {
      // Which of the collections it is, and what can be done, the next connection tells.
      this.#connection = undefined;
      this.#pauseUntil = surroundings.now() + pause;
      this.#become("waiting", message);
    } else if (error instanceof RemoteError && error.problem === "unauthenticated") {
      this.#hold("auth-required", `${message}. Open the link again with headers or a token that the server takes.`);
    } else if (error instanceof RemoteError && error.problem === "forbidden") {
      this.#hold("forbidden", `${message}. The credentials of the link may not do this.`);
    } else {
      this.#pauseUntil = surroundings.now() + pause;
      this.#become(isOffline() ? "offline" : "waiting", message);
    }
  }

  /** Waits for the caller. */
  #hold(state: LinkPausedError["state"], message: string): void {
    this.#pauseUntil = this.#home.surroundings.now() + LONGEST_PAUSE_MS;
    this.#become(state, message);
  }

  #become(activity: LinkActivity, message: string | undefined): void {
    this.#activity = activity;
    this.#message = message;
    this.#announce();
  }

  /** Tells listeners and other tabs. */
  #announce(): void {
    const hasListeners = (this.#listeners.get("status")?.size ?? 0) > 0;
    if (!hasListeners && !this.#turn.isOurs) {
      return;
    }
    void this.status().then(
      (status) => {
        this.#turn.tell(status);
        this.#emit("status", status);
      },
      // A store that is closed has nobody to tell.
      () => undefined,
    );
  }

  #hearStatus(status: LinkStatus): void {
    if (!this.#turn.isOurs) {
      this.#elsewhere = status;
      this.#emit("status", { ...status, state: "elsewhere" });
    }
  }

  #emit<K extends keyof LinkEvents>(event: K, value: LinkEvents[K]): void {
    for (const listener of this.#listeners.get(event) ?? []) {
      (listener as (event: LinkEvents[K]) => void)(value);
    }
  }
}

const RELINK =
  'The remote collection is not the one that was linked. Call resolve("adoptRemote") to take what is there now, resolve("pushLocal") to write what is here, or resolve("merge").';

function nothingDone(): Progress {
  return { pushed: 0, operations: 0, pulled: 0, deleted: 0, conflicts: 0, phase: "idle", done: 0, total: 0 };
}

function asRelink(decision: LinkDecision | undefined): Relink | undefined {
  return decision === "accept" || decision === "restore" ? undefined : decision;
}

function aborted(signal: AbortSignal): Promise<never> {
  const end = new Promise<never>((_, reject) => signal.addEventListener("abort", () => reject(new Error("the link is closed"))));
  end.catch(() => undefined);
  return end;
}

function isHidden(): boolean {
  return (globalThis as { document?: Document }).document?.visibilityState === "hidden";
}

function isOffline(): boolean {
  return (globalThis as { navigator?: { onLine?: boolean } }).navigator?.onLine === false;
}
