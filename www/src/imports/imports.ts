import { allKeys } from "../embedding/access";
import type { Inspection } from "./fields";
import { explainFile } from "./explain-file";
import { START, type Job, type Options, type Position } from "./job";
import type { FileProblem, FromWorker, ToWorker } from "./messages";
import type { Advance } from "./run-job";
import type { StoreKey } from "../store/open-store";
import { readJob, writeJob } from "./saved-job";

export type ImportState =
  | { status: "idle" }
  | { status: "inspecting"; names: readonly string[] }
  | { status: "choosing"; files: readonly File[]; inspection: Inspection }
  | { status: "running" | "paused"; job: Job; advance: Advance; perSecond: number; secondsLeft: number | undefined; isStored: boolean; fetched?: number }
  /** Begun by an earlier page */
  | { status: "interrupted"; job: Job }
  | { status: "failed"; problem: FileProblem; job: Job | undefined }
  | { status: "done"; job: Job; position: Position; milliseconds: number };

/** Advances are told to the page this often at most, in milliseconds. */
const TELL_EVERY = 150;

/** The import of files: one at a time, in a worker. Outside React, so that it goes on whatever view is shown. */
export class Imports {
  #state: ImportState = { status: "idle" };
  readonly #listeners = new Set<() => void>();
  readonly #onStored: () => void;
  readonly #key: () => StoreKey;
  #worker: Worker | undefined;
  #port: MessagePort | undefined;
  #files: readonly File[] = [];
  #began = { time: 0, records: 0, share: 0 };
  #told = 0;
  #whenStopped: (() => void) | undefined;

  /** @param onStored is told when records have come; `key` opens the store for the worker */
  constructor(onStored: () => void, key: () => StoreKey) {
    this.#onStored = onStored;
    this.#key = key;
  }

  readonly subscribe = (notify: () => void): (() => void) => {
    this.#listeners.add(notify);
    return () => this.#listeners.delete(notify);
  };

  readonly getState = (): ImportState => this.#state;

  /** Finds what an earlier page left. An import that another tab has under way is no such thing. */
  async lookForInterrupted(): Promise<void> {
    const job = readJob();
    if (job?.isKept !== true || this.#state.status !== "idle") return;
    const { held = [] } = "locks" in navigator ? await navigator.locks.query() : {};
    if (held.some(({ name }) => name === lockOf(job))) return;
    this.#set({ status: "interrupted", job });
  }

  /** Whether new files can be taken: one import at a time. */
  get isFree(): boolean {
    return !["running", "paused", "interrupted", "inspecting"].includes(this.#state.status);
  }

  /** Whether one goes on, or is left to be gone on with, here or in another tab. */
  get isUnderWay(): boolean {
    return ["running", "paused", "interrupted"].includes(this.#state.status) || readJob() !== undefined;
  }

  inspect(files: readonly File[]): void {
    if (!this.isFree || files.length === 0) return;
    this.#files = files;
    this.#set({ status: "inspecting", names: files.map(({ name }) => name) });
    this.#send({ type: "inspect", files });
  }

  start(options: Options): void {
    if (this.#state.status !== "choosing") return;
    const { inspection } = this.#state;
    this.#run({ id: crypto.randomUUID(), files: inspection.files, options, position: START, isKept: false }, "start");
  }

  /** Goes on with an import of an earlier page. */
  continue(): void {
    if (this.#state.status === "interrupted") this.#run(this.#state.job, "continue");
  }

  /** Goes on after a failure, without the records that cannot be read. */
  passOver(): void {
    const { job } = this.#state as { job?: Job };
    if (this.#state.status !== "failed" || !job) return;
    this.#runAgain({ ...job, options: { ...job.options, passOver: true } });
  }

  /** Goes on after a failure that may be over. */
  tryAgain(): void {
    const { job } = this.#state as { job?: Job };
    if (this.#state.status === "failed" && job) this.#runAgain(job);
  }

  #runAgain(job: Job): void {
    this.#run(job, job.isKept ? "continue" : "start");
  }

  pause(): void {
    if (this.#state.status !== "running") return;
    this.#send({ type: "pause" });
    this.#set({ ...this.#state, status: "paused" });
  }

  goOn(): void {
    if (this.#state.status !== "paused") return;
    this.#send({ type: "go-on" });
    this.#begin(this.#state.advance);
    this.#set({ ...this.#state, status: "running" });
  }

  /** Ends the import where it is: what is stored stays. */
  async discard(): Promise<void> {
    const { status } = this.#state;
    const { job } = this.#state as { job?: Job };
    if (status === "running" || status === "paused") {
      await new Promise<void>((resolve) => {
        this.#whenStopped = resolve;
        this.#send({ type: "stop" });
      });
    }
    this.#end();
    writeJob(undefined);
    if (job) await import("./kept-files").then(({ forgetFiles }) => forgetFiles(job.id));
    this.#set({ status: "idle" });
    if (job) this.#onStored();
  }

  #run(job: Job, type: "start" | "continue"): void {
    this.#end();
    this.#save(job);
    const advance = { ...job.position, share: 0 };
    this.#begin(advance);
    this.#set({ status: "running", job, advance, perSecond: 0, secondsLeft: undefined, isStored: false });
    this.#hold(job);
    const order = { job, key: this.#key(), modelKeys: allKeys() };
    this.#send(type === "start" ? { type, ...order, files: this.#files } : { type, ...order });
  }

  /** Other tabs see by this lock that the import is under way. */
  #hold(job: Job): void {
    if (!("locks" in navigator)) return;
    void navigator.locks.request(lockOf(job), () => new Promise<void>((resolve) => (this.#letGo = resolve)));
  }

  #letGo: () => void = () => undefined;

  #begin({ records, share }: Advance): void {
    this.#began = { time: performance.now(), records, share };
  }

  #send(message: ToWorker): void {
    if (!this.#port) {
      const { port1, port2 } = new MessageChannel();
      this.#worker = new Worker(new URL(/* webpackChunkName: "import" */ "./import.worker.ts", import.meta.url), { type: "module" });
      this.#worker.onerror = (event) => this.#fail(explainFile(new Error(event.message || "the worker of the import did not start")));
      this.#worker.postMessage(undefined, [port2]);
      this.#port = port1;
      port1.onmessage = ({ data }: MessageEvent<FromWorker>) => this.#receive(data);
    }
    this.#port.postMessage(message);
  }

  #receive(message: FromWorker): void {
    const state = this.#state;
    const isRunning = state.status === "running" || state.status === "paused";
    switch (message.type) {
      case "inspected":
        this.#set({ status: "choosing", files: this.#files, inspection: message.inspection });
        return;
      case "kept":
        if (isRunning) this.#keep({ ...state, job: { ...state.job, isKept: message.isKept } });
        return;
      case "fetching":
        if (isRunning) this.#set({ ...state, fetched: message.share });
        return;
      case "advance":
        if (isRunning) this.#advance(state, message.advance);
        return;
      case "done":
        if (!isRunning) return;
        this.#end();
        writeJob(undefined);
        this.#set({ status: "done", job: state.job, position: message.position, milliseconds: message.milliseconds });
        this.#onStored();
        return;
      case "stopped":
        this.#whenStopped?.();
        return;
      case "failed":
        this.#whenStopped?.();
        this.#fail(message.problem);
    }
  }

  #keep(state: ImportState & { job: Job }): void {
    this.#save(state.job);
    this.#set(state);
  }

  /** What an encrypted store does not show is written nowhere else: its imports end with their page. */
  #save(job: Job): void {
    if (this.#key().passphrase === undefined) writeJob(job);
  }

  #advance(state: ImportState & { status: "running" | "paused" }, advance: Advance): void {
    const { share, ...position } = advance;
    const now = performance.now();
    const job = { ...state.job, position };
    const isFirst = !state.isStored;
    // A pause is told at once: nothing follows it.
    if (!isFirst && now - this.#told < TELL_EVERY && state.status === "running" && share < 1) {
      this.#state = { ...state, job, advance };
      return;
    }
    this.#told = now;
    const seconds = (now - this.#began.time) / 1000;
    const perSecond = (advance.records - this.#began.records) / seconds;
    const perShare = seconds / (share - this.#began.share);
    this.#keep({ ...state, job, advance, perSecond, secondsLeft: share > this.#began.share ? (1 - share) * perShare : undefined, isStored: true });
    // The collection may be new.
    if (isFirst) this.#onStored();
  }

  #fail(problem: FileProblem): void {
    const { job } = this.#state as { job?: Job };
    this.#end();
    if (job) this.#save(job);
    this.#set({ status: "failed", problem, job });
    if (job) this.#onStored();
  }

  #end(): void {
    this.#worker?.terminate();
    this.#port?.close();
    this.#worker = undefined;
    this.#port = undefined;
    this.#whenStopped = undefined;
    this.#letGo();
  }

  #set(state: ImportState): void {
    this.#state = state;
    this.#listeners.forEach((notify) => notify());
  }
}

const lockOf = ({ id }: Job): string => `console/import/${id}`;
