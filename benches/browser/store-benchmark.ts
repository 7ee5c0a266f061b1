/** The measurements of one store with one set, in a browser of its own. */

import { loadavg } from "node:os";

import type { Page } from "@playwright/test";

import { BrowserProfile } from "../../tests/browser/support/profile";
import type { ColdOpen, Ingest, Memory, Row, Search, SmallWrite } from "../../www/src/benchmarks/results";
import { BrowserCosts } from "./browser-costs";
import { CodeSize } from "./code-size";
import type { Run } from "./plan";

declare global {
  interface Window {
    bench: {
      call(method: string, args: unknown[]): Promise<unknown>;
      storedBytes(): Promise<number>;
      /** When the navigation to this page began. */
      started: number;
    };
  }
}

interface Opened {
  knobs: Search["knob"][];
  filters: boolean;
}

type Measured = Omit<Search, "knob" | "filter" | "cpu_ms">;

const COLD_OPENS = 5;

/** Recall that users are content with, and that which more work does not raise. */
const ENOUGH = 0.95;
const EXACT = 0.998;

export class StoreBenchmark {
  readonly #run: Run;
  readonly #baseURL: string;
  readonly #row: Row;
  readonly #code = new CodeSize();
  #stage = "start";
  #page!: Page;
  #costs!: BrowserCosts;

  constructor(run: Run, baseURL: string) {
    this.#run = run;
    this.#baseURL = baseURL;
    const { store, set, n } = run;
    this.#row = {
      store: store.name,
      version: store.version,
      runs_in: store.runs_in,
      set,
      n,
      measured: new Date().toISOString(),
      load_average: loadavg()[0] ?? 0,
      failure: null,
      ingest: null,
      search: [],
      cold_search: null,
      more: null,
      remove: null,
      cold_open: null,
      memory: null,
      stored_bytes: null,
      code_bytes: null,
    };
  }

  /** Whatever a store does wrong is part of its row. */
  async measure(): Promise<{ row: Row; chromium: string }> {
    const profile = await BrowserProfile.create({ baseURL: this.#baseURL });
    let limit: NodeJS.Timeout | undefined;
    try {
      const context = await profile.launch();
      const browser = context.browser();
      if (!browser) {
        throw new Error("the context has no browser");
      }
      this.#page = context.pages()[0] ?? (await context.newPage());
      this.#costs = await BrowserCosts.of(browser);
      const chromium = browser.version();
      const { limit_seconds: seconds } = this.#run;
      const expired = new Promise<never>((_, reject) => {
        limit = setTimeout(() => reject(new Error(`the time limit of ${seconds} s was reached`)), seconds * 1000);
      });
      try {
        await Promise.race([this.#stages(), expired]);
      } catch (error) {
        this.#row.failure = { stage: this.#stage, message: messageOf(error) };
        // A renderer that is busy without end does not close when it is asked to.
        await profile.kill();
      }
      return { row: this.#row, chromium };
    } finally {
      clearTimeout(limit);
      await profile.remove();
    }
  }

  async #stages(): Promise<void> {
    await this.#load();
    await this.#prepare();
    const emptyBytes = await this.#costs.privateBytes();
    this.#code.watch(this.#page);
    this.#stage = "open";
    const { knobs, filters } = await this.#open(false);
    this.#stage = "ingest";
    this.#row.ingest = await this.#ingest(knobs.at(-1) ?? null);
    this.#stage = "search";
    await this.#searches(knobs, filters);
    this.#row.code_bytes = await this.#code.brotliBytes();
    this.#row.memory = await this.#memory(emptyBytes);
    this.#stage = "close";
    await this.#call("close");
    this.#stage = "reopen";
    await this.#load();
    this.#row.stored_bytes = await this.#page.evaluate(() => window.bench.storedBytes());
    this.#row.cold_open = await this.#coldOpens();
    this.#stage = "search after reopening";
    await this.#load();
    await this.#prepare();
    await this.#open(true);
    this.#row.cold_search = await this.#coldSearch(knobs);
    this.#row.memory.reopened_wasm_bytes = await this.#call<number>("wasmBytes");
    this.#stage = "small writes";
    this.#row.more = await this.#call<SmallWrite>("addMore");
    this.#row.remove = await this.#call<SmallWrite>("removeMore");
    await this.#call("close");
  }

  /** The setting is the most thorough one. */
  async #ingest(knob: Search["knob"]): Promise<Ingest> {
    const before = await this.#costs.cpuMilliseconds();
    const measured = await this.#call<Omit<Ingest, "cpu_ms">>("ingest", this.#run.limit_seconds / 2, knob);
    return { ...measured, cpu_ms: (await this.#costs.cpuMilliseconds()) - before };
  }

  /** Every setting without a filter, until the answers are exact; with one, from the setting that a user would take. */
  async #searches(knobs: Search["knob"][], filters: boolean): Promise<void> {
    await this.#searchUntil(EXACT, knobs, "all");
    const usual = knobs.slice(knobs.indexOf(this.#usualKnob(knobs)));
    for (const filter of filters ? (["tenth", "hundredth"] as const) : []) {
      await this.#searchUntil(ENOUGH, usual, filter);
    }
  }

  async #searchUntil(recall: number, knobs: Search["knob"][], filter: Search["filter"]): Promise<void> {
    for (const knob of knobs) {
      const before = await this.#costs.cpuMilliseconds();
      const { asked, ...search } = await this.#call<Measured & { asked: number }>("search", knob, filter);
      const cpu = (await this.#costs.cpuMilliseconds()) - before;
      this.#row.search.push({ knob, filter, ...search, cpu_ms: cpu / asked });
      if (search.recall >= recall) {
        return;
      }
    }
  }

  /** The first setting that finds enough without a filter, else the last. */
  #usualKnob(knobs: Search["knob"][]): Search["knob"] {
    const enough = this.#row.search.find(({ filter, recall }) => filter === "all" && recall >= ENOUGH);
    return enough ? enough.knob : (knobs.at(-1) ?? null);
  }

  async #coldSearch(knobs: Search["knob"][]): Promise<Search> {
    const knob = this.#usualKnob(knobs);
    return { knob, filter: "all", ...(await this.#call<Measured>("searchOnce", knob)), cpu_ms: null };
  }

  async #memory(emptyBytes: number | null): Promise<Memory> {
    const bytes = await this.#costs.privateBytes();
    return {
      wasm_bytes: await this.#call<number>("wasmBytes"),
      reopened_wasm_bytes: null,
      renderer_bytes: bytes === null || emptyBytes === null ? null : bytes - emptyBytes,
    };
  }

  /** In turns, so that what else the machine does falls on both. */
  async #coldOpens(): Promise<ColdOpen> {
    const { set, n, store } = this.#run;
    const empty: number[] = [];
    const first: number[] = [];
    for (let i = 0; i < COLD_OPENS; i += 1) {
      const emptyStarted = await this.#load();
      empty.push((await this.#prepare()) - emptyStarted);
      const started = await this.#load();
      first.push((await this.#call<number>("openToFirstAnswer", set, n, store.url)) - started);
      await this.#call("close");
    }
    const [emptyMs, firstMs] = [median(empty), median(first)];
    return { first_answer_ms: firstMs, empty_ms: emptyMs, ms: firstMs - emptyMs };
  }

  /** Loads the page without any store; answers when the navigation began. */
  async #load(): Promise<number> {
    await this.#page.goto(`/bench/index.html?in=${this.#run.store.runs_in}`);
    await this.#page.waitForFunction(() => "bench" in window);
    return this.#page.evaluate(() => window.bench.started);
  }

  /** Reads the set's queries; answers when that was done. */
  #prepare(): Promise<number> {
    return this.#call<number>("prepare", this.#run.set, this.#run.n);
  }

  #open(exists: boolean): Promise<Opened> {
    return this.#call<Opened>("open", this.#run.store.url, exists);
  }

  async #call<T>(method: string, ...args: unknown[]): Promise<T> {
    return (await this.#page.evaluate(([name, values]) => window.bench.call(name, values), [method, args] as const)) as T;
  }
}

function median(values: number[]): number {
  return values.sort((a, b) => a - b)[values.length >> 1] ?? NaN;
}

function messageOf(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  return text.replace(/^page\.evaluate: (Error: )?/, "").split("\n")[0] ?? text;
}
