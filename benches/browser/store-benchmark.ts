/** The measurements of one store with one set, in a browser of its own. */

import { loadavg } from "node:os";

import type { Ingest, Row, Search, SmallWrite } from "../../www/src/benchmarks/results";
import { BenchPage } from "./bench-page";
import { CodeSize } from "./code-size";
import type { Run } from "./plan";

interface Opened {
  knobs: Search["knob"][];
  filters: boolean;
}

type Measured = Omit<Search, "knob" | "filter" | "cpu_ms">;

/** Recall that users are content with, and that which more work does not raise. */
const ENOUGH = 0.95;
const EXACT = 0.998;

export class StoreBenchmark {
  readonly #run: Run;
  readonly #baseURL: string;
  readonly #row: Row;
  readonly #code = new CodeSize();
  #stage = "start";
  #bench!: BenchPage;

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
    const { store, limit_seconds } = this.#run;
    const options = { baseURL: this.#baseURL, runner: "runner", runs_in: store.runs_in, limit_seconds } as const;
    const { chromium, problem } = await BenchPage.use(options, (bench) => {
      this.#bench = bench;
      return this.#stages();
    });
    if (problem !== null) {
      this.#row.failure = { stage: this.#stage, message: problem };
    }
    return { row: this.#row, chromium };
  }

  async #stages(): Promise<void> {
    await this.#bench.load();
    await this.#prepare();
    await this.#bench.noteEmpty();
    this.#code.watch(this.#bench.page);
    this.#stage = "open";
    const { knobs, filters } = await this.#open(false);
    this.#stage = "ingest";
    this.#row.ingest = await this.#ingest(knobs.at(-1) ?? null);
    this.#stage = "search";
    await this.#searches(knobs, filters);
    this.#row.code_bytes = await this.#code.brotliBytes();
    this.#row.memory = await this.#bench.memory();
    this.#stage = "close";
    await this.#call("close");
    this.#stage = "reopen";
    await this.#bench.load();
    this.#row.stored_bytes = await this.#bench.storedBytes();
    this.#row.cold_open = await this.#coldOpen();
    this.#stage = "search after reopening";
    await this.#bench.load();
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
    const before = await this.#bench.costs.cpuMilliseconds();
    const measured = await this.#call<Omit<Ingest, "cpu_ms">>("ingest", this.#run.limit_seconds / 2, knob);
    return { ...measured, cpu_ms: (await this.#bench.costs.cpuMilliseconds()) - before };
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
      const before = await this.#bench.costs.cpuMilliseconds();
      const { asked, ...search } = await this.#call<Measured & { asked: number }>("search", knob, filter);
      const cpu = (await this.#bench.costs.cpuMilliseconds()) - before;
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

  #coldOpen(): Promise<NonNullable<Row["cold_open"]>> {
    const { set, n, store } = this.#run;
    return this.#bench.coldOpens(
      () => this.#prepare(),
      () => this.#call<number>("openToFirstAnswer", set, n, store.url),
    );
  }

  /** Reads the set's queries; answers when that was done. */
  #prepare(): Promise<number> {
    return this.#call<number>("prepare", this.#run.set, this.#run.n);
  }

  #open(exists: boolean): Promise<Opened> {
    return this.#call<Opened>("open", this.#run.store.url, exists);
  }

  #call<T>(method: string, ...args: unknown[]): Promise<T> {
    return this.#bench.call<T>(method, ...args);
  }
}
