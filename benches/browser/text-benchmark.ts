/** The measurements of one store's filters and text search, in a browser of its own. */

import { loadavg } from "node:os";

import { BenchPage } from "./bench-page";
import type { TextRun } from "./plan";
import type { FilterTimes, RankingTimes, TextIngest, TextRow } from "./text-results";

/** What a store can do. */
interface Opened {
  filters: string[];
  rankings: RankingTimes["ranking"][];
}

const ANSWERS = ["ten", "all"] as const;

export class TextBenchmark {
  readonly #run: TextRun;
  readonly #baseURL: string;
  readonly #row: TextRow;
  #stage = "start";
  #bench!: BenchPage;

  constructor(run: TextRun, baseURL: string) {
    this.#run = run;
    this.#baseURL = baseURL;
    const { store, n } = run;
    this.#row = {
      store: store.name,
      version: store.version,
      holds: store.holds,
      runs_in: store.runs_in,
      n,
      measured: new Date().toISOString(),
      load_average: loadavg()[0] ?? 0,
      failure: null,
      ingest: null,
      filters: [],
      rankings: [],
      cold_open: null,
      memory: null,
      stored_bytes: null,
    };
  }

  /** Whatever a store does wrong is part of its row. */
  async measure(): Promise<{ row: TextRow; chromium: string }> {
    const { store, limit_seconds } = this.#run;
    const options = { baseURL: this.#baseURL, runner: "text-runner", runs_in: store.runs_in, limit_seconds } as const;
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
    await this.#bench.call("readRecords");
    await this.#bench.noteEmpty();
    this.#stage = "open";
    const can = await this.#open(false);
    this.#stage = "ingest";
    this.#row.ingest = await this.#bench.call<TextIngest>("ingest", this.#run.limit_seconds / 2);
    await this.#queries(can);
    this.#row.memory = await this.#bench.memory();
    this.#stage = "close";
    await this.#bench.call("close");
    this.#stage = "reopen";
    await this.#bench.load();
    this.#row.stored_bytes = await this.#bench.storedBytes();
    const { n, store } = this.#run;
    this.#row.cold_open = await this.#bench.coldOpens(
      () => this.#prepare(),
      () => this.#bench.call<number>("openToFirstAnswer", n, store.url),
    );
    this.#stage = "first queries after reopening";
    await this.#firstQueries();
    this.#row.memory.reopened_wasm_bytes = await this.#bench.call<number>("wasmBytes");
    await this.#bench.call("close");
  }

  async #queries({ filters, rankings }: Opened): Promise<void> {
    for (const operation of filters) {
      for (const answer of ANSWERS) {
        this.#stage = `${operation}, ${answer}`;
        const times = await this.#bench.call<Omit<FilterTimes, "operation" | "answer" | "first_ms">>("filter", operation, answer);
        this.#row.filters.push({ operation, answer, ...times, first_ms: null });
      }
    }
    for (const ranking of rankings) {
      this.#stage = ranking;
      const times = await this.#bench.call<Omit<RankingTimes, "ranking" | "first_ms">>("rank", ranking);
      this.#row.rankings.push({ ranking, ...times, first_ms: null });
    }
  }

  async #firstQueries(): Promise<void> {
    await this.#bench.load();
    await this.#prepare();
    await this.#open(true);
    for (const times of this.#row.filters) {
      times.first_ms = await this.#bench.call<number>("firstFilter", times.operation, times.answer);
    }
    for (const times of this.#row.rankings) {
      times.first_ms = await this.#bench.call<number>("firstRank", times.ranking);
    }
  }

  /** Reads the queries; answers when that was done. */
  #prepare(): Promise<number> {
    return this.#bench.call<number>("prepare", this.#run.n);
  }

  #open(exists: boolean): Promise<Opened> {
    return this.#bench.call<Opened>("open", this.#run.store.url, exists);
  }
}
