/** The page that measures, in a browser of its own on an empty profile. */

import { tmpdir } from "node:os";

import type { Page } from "@playwright/test";

import { BrowserProfile, wholeChromium } from "../../tests/browser/support/profile";
import type { ColdOpen, Memory } from "../../www/src/benchmarks/results";
import { BrowserCosts } from "./browser-costs";

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

const COLD_OPENS = 5;

export interface BenchPageOptions {
  baseURL: string;
  /** The module that measures, without its ending. */
  runner: "runner" | "text-runner";
  runs_in: "page" | "worker";
  limit_seconds: number;
}

export class BenchPage {
  readonly page: Page;
  readonly costs: BrowserCosts;
  readonly #options: BenchPageOptions;
  #emptyBytes: number | null = null;

  private constructor(page: Page, costs: BrowserCosts, options: BenchPageOptions) {
    this.page = page;
    this.costs = costs;
    this.#options = options;
  }

  /**
   * Runs `stages` in a browser that is gone afterwards. What they throw is answered, as is that they took too long: whatever a
   * store does wrong is part of what is measured.
   */
  static async use(
    options: BenchPageOptions,
    stages: (bench: BenchPage) => Promise<void>,
  ): Promise<{ chromium: string; problem: string | null }> {
    // On a disk, as people have it: what is durable has to cost what it costs.
    const profile = await BrowserProfile.create({ executablePath: wholeChromium(), baseURL: options.baseURL }, tmpdir());
    let limit: NodeJS.Timeout | undefined;
    try {
      const context = await profile.launch();
      const browser = context.browser();
      if (!browser) {
        throw new Error("the context has no browser");
      }
      const page = context.pages()[0] ?? (await context.newPage());
      const bench = new BenchPage(page, await BrowserCosts.of(browser), options);
      const chromium = browser.version();
      const { limit_seconds: seconds } = options;
      const expired = new Promise<never>((_, reject) => {
        limit = setTimeout(() => reject(new Error(`the time limit of ${seconds} s was reached`)), seconds * 1000);
      });
      try {
        await Promise.race([stages(bench), expired]);
        return { chromium, problem: null };
      } catch (error) {
        // A renderer that is busy without end does not close when it is asked to.
        await profile.kill();
        return { chromium, problem: messageOf(error) };
      }
    } finally {
      clearTimeout(limit);
      await profile.remove();
    }
  }

  /** Loads the page without any store; answers when the navigation began. */
  async load(): Promise<number> {
    const { runner, runs_in } = this.#options;
    await this.page.goto(`/bench/index.html?in=${runs_in}&runner=${runner}`);
    await this.page.waitForFunction(() => "bench" in window);
    return this.page.evaluate(() => window.bench.started);
  }

  /** Calls a method of the runner. */
  async call<T>(method: string, ...args: unknown[]): Promise<T> {
    return (await this.page.evaluate(([name, values]) => window.bench.call(name, values), [method, args] as const)) as T;
  }

  storedBytes(): Promise<number> {
    return this.page.evaluate(() => window.bench.storedBytes());
  }

  /** Remembers what the renderer takes before the store is there. */
  async noteEmpty(): Promise<void> {
    this.#emptyBytes = await this.costs.privateBytes();
  }

  async memory(): Promise<Memory> {
    const bytes = await this.costs.privateBytes();
    return {
      wasm_bytes: await this.call<number>("wasmBytes"),
      reopened_wasm_bytes: null,
      renderer_bytes: bytes === null || this.#emptyBytes === null ? null : bytes - this.#emptyBytes,
    };
  }

  /**
   * Opens the store that was left, several times, in turns with the page alone, so that what else the machine does falls on both.
   * Both methods of the runner answer when they were done.
   */
  async coldOpens(alone: () => Promise<number>, toFirstAnswer: () => Promise<number>): Promise<ColdOpen> {
    const empty: number[] = [];
    const first: number[] = [];
    for (let i = 0; i < COLD_OPENS; i += 1) {
      const emptyStarted = await this.load();
      empty.push((await alone()) - emptyStarted);
      const started = await this.load();
      first.push((await toFirstAnswer()) - started);
      await this.call("close");
    }
    const [emptyMs, firstMs] = [median(empty), median(first)];
    return { first_answer_ms: firstMs, empty_ms: emptyMs, ms: firstMs - emptyMs };
  }
}

function median(values: number[]): number {
  return values.sort((a, b) => a - b)[values.length >> 1] ?? NaN;
}

function messageOf(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  return text.replace(/^page\.evaluate: (Error: )?/, "").split("\n")[0] ?? text;
}
