/** The figures of a store in Chromium on OPFS: `npm run bench`. */

import { test } from "@playwright/test";

import { BrowserProfile } from "../../tests/browser/support/profile";
import { StaticServer } from "../../tests/browser/support/server";

type Figures = Record<string, number>;

interface Bench {
  fill(n: number, data: string): Promise<Figures>;
  reopen(data: string): Promise<number>;
}

declare global {
  interface Window {
    bench: Bench;
  }
}

const COLD_OPENS = 5;

/** Real MiniLM vectors of 5,000 glosses, and a synthetic mixture of the same dimension. */
const SETS = [
  { data: "wordnet", n: 5_000 },
  { data: "mixture", n: 100_000 },
] as const;

const server = new StaticServer();
test.beforeAll(() => server.start());
test.afterAll(() => server.stop());

for (const { data, n } of SETS) {
  test(`${n} vectors of 384 dimensions (${data})`, async () => {
    const profile = await BrowserProfile.create({ baseURL: server.url });
    try {
      const figures = await measure(profile, data, n);
      print(`${n.toLocaleString("en")} × 384, ${data}, cosine, Chromium, OPFS, strict durability`, figures);
    } finally {
      await profile.remove();
    }
  });
}

async function measure(profile: BrowserProfile, data: string, n: number): Promise<Figures> {
  const context = await profile.launch();
  const page = context.pages()[0] ?? (await context.newPage());
  const load = async () => {
    await page.goto("/bench/index.html");
    await page.waitForFunction(() => "bench" in window);
  };
  await load();
  const figures = await page.evaluate(([count, name]) => window.bench.fill(count, name), [n, data] as const);
  const opens: number[] = [];
  for (let i = 0; i < COLD_OPENS; i += 1) {
    await load();
    opens.push(await page.evaluate((name) => window.bench.reopen(name), data));
  }
  opens.sort((a, b) => a - b);
  return { ...figures, "open to first answer, ms (median)": opens[COLD_OPENS >> 1] ?? NaN };
}

function print(title: string, figures: Figures): void {
  const width = Math.max(...Object.keys(figures).map((name) => name.length));
  const rows = Object.entries(figures).map(([name, value]) => {
    const digits = value < 100 ? 2 : 0;
    const text = value.toLocaleString("en", { minimumFractionDigits: digits, maximumFractionDigits: digits });
    return `  ${name.padEnd(width)}  ${text.padStart(14)}`;
  });
  console.log(`\n\n${title}\n${rows.join("\n")}\n`);
}
