/** What pages that share a store do with exports. */

import type { Page } from "@playwright/test";

import type { ChromaClient } from "../../../pkg/src/index.js";

/** Records that make an export of some pieces. */
export const RECORDS = 3000;

/** How an export or import came out, and what a store has then. */
export interface Outcome {
  error: string | undefined;
  message?: string;
  /** Records that it tells of. */
  records: number | undefined;
}

declare global {
  interface Window {
    archives: {
      fill(client: ChromaClient): Promise<void>;
      /** Each collection with a digest of everything that it has. */
      contentOf(client: ChromaClient): Promise<Record<string, string>>;
      /** The bytes of a store that was made for this and filled, and its content. */
      file: Blob;
      content: Record<string, string>;
      /** Pieces that were read or taken in, of what is under way. */
      pieces: number;
      /** What is under way waits here before each piece, as long as there is something. */
      gate: Promise<void> | undefined;
      open: () => void;
      close: () => void;
      outcome: Promise<Outcome>;
      exported: Blob;
    };
  }
}

/** Gives a page what the tests of archives take. */
export async function prepare(page: Page): Promise<void> {
  await page.evaluate(async (records) => {
    const hex = (bytes: ArrayBuffer): string => Array.from(new Uint8Array(bytes), (byte) => byte.toString(16).padStart(2, "0")).join("");
    const archives = {
      pieces: 0,
      gate: undefined,
      open() {
        this.gate = undefined;
      },
      close() {
        this.gate = new Promise((resolve) => (this.open = () => ((this.gate = undefined), resolve())));
      },
      async fill(client) {
        const collection = await client.createCollection({ name: "filled", embeddingFunction: null, metadata: { about: "äöü" } });
        for (let start = 0; start < records; start += 500) {
          const numbers = Array.from({ length: 500 }, (_, place) => start + place);
          await collection.add({
            ids: numbers.map((n) => `id-${String(n)}`),
            embeddings: numbers.map((n) => Array.from({ length: 256 }, (_, k) => Math.sin(n * 0.7 + k))),
            documents: numbers.map((n) => `number ${String(n)} 🦊`),
            metadatas: numbers.map((n) => ({ n, even: n % 2 === 0 })),
          });
        }
      },
      async contentOf(client) {
        const content: Record<string, string> = {};
        for (const { name } of await client.listCollections()) {
          const collection = await client.getCollection({ name, embeddingFunction: undefined });
          const all = await collection.get({ include: ["documents", "embeddings", "metadatas", "uris"] });
          const text = JSON.stringify([collection.metadata, all.ids, all.documents, all.embeddings, all.metadatas]);
          const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text));
          content[name] = `${String(new Set(all.ids).size)} of ${String(all.ids.length)}: ${hex(digest)}`;
        }
        return content;
      },
    } as Window["archives"];
    window.archives = archives;
    const source = await window.chromatid.open({ storage: "memory" });
    await archives.fill(source);
    archives.content = await archives.contentOf(source);
    archives.file = await new Response(source.export()).blob();
    await source.close();
  }, RECORDS);
}

/** Begins an export of what the page shares, to be looked at by `outcomeOf`. */
export const beginExport = (page: Page): Promise<void> =>
  page.evaluate(() => {
    const { archives, shared } = window;
    archives.pieces = 0;
    const run = async (): Promise<Outcome> => {
      let records: number | undefined;
      const reader = shared.client.export({ onEnd: (exported) => (records = exported.records) }).getReader();
      const pieces: Uint8Array<ArrayBuffer>[] = [];
      try {
        for (let { done, value } = await reader.read(); !done; { done, value } = await reader.read()) {
          pieces.push(value as Uint8Array<ArrayBuffer>);
          archives.pieces += 1;
          await archives.gate;
        }
      } catch (error) {
        return { error: (error as Error).name, message: (error as Error).message, records };
      }
      archives.exported = new Blob(pieces);
      return { error: undefined, records };
    };
    archives.outcome = run();
  });

/** Begins an import of the page's file into what it shares. */
export const beginImport = (page: Page, existing: "refuse" | "merge"): Promise<void> =>
  page.evaluate((choice) => {
    const { archives, shared } = window;
    archives.pieces = 0;
    async function* source(): AsyncGenerator<Uint8Array> {
      const bytes = new Uint8Array(await archives.file.arrayBuffer());
      for (let start = 0; start < bytes.length; start += 300_000) {
        await archives.gate;
        yield bytes.subarray(start, start + 300_000);
        archives.pieces += 1;
      }
    }
    archives.outcome = shared.client.import(source(), { existing: choice }).then(
      ({ records }) => ({ error: undefined, records }),
      (error: Error) => ({ error: error.name, message: error.message, records: undefined }),
    );
  }, existing);

export const outcomeOf = (page: Page): Promise<Outcome> => page.evaluate(() => window.archives.outcome);

/** Waits until so many pieces are through. */
export const untilPieces = async (page: Page, count: number): Promise<void> => {
  await page.waitForFunction((least) => window.archives.pieces >= least, count);
};

export const contentOf = (page: Page): Promise<Record<string, string>> =>
  page.evaluate(() => window.archives.contentOf(window.shared.client));

/** What the last export of a page has, read into a store of its own. */
export const exportedContent = (page: Page): Promise<Record<string, string>> =>
  page.evaluate(async () => {
    const { archives, chromatid } = window;
    const copy = await chromatid.open({ storage: "memory" });
    await copy.import(archives.exported);
    const content = await archives.contentOf(copy);
    await copy.close();
    return content;
  });
