import type { EmbeddingFunction, EmbeddingFunctionSpace } from "chromatid";
import { fetchAsset } from "../data/assets";
import { StaticTable } from "./static-table";
import { WordPiece } from "./wordpiece";

/** The name under which the function is registered, and which collections keep in their configuration. */
export const MINILM_STATIC = "minilm-static";

const FOLDER = "data/minilm-static";

/** Milliseconds of embedding after which `generate` lets the page breathe. */
const SLICE = 12;

let shared: Promise<StaticTable> | undefined;

/** The table, fetched once for all instances; a failed fetch is tried again by the next caller. */
function loadTable(): Promise<StaticTable> {
  shared ??= fetchTable().catch((error: unknown) => {
    shared = undefined;
    throw error;
  });
  return shared;
}

async function fetchTable(): Promise<StaticTable> {
  const [vocabulary, rows, scales] = await Promise.all([
    fetchAsset(`${FOLDER}/vocab.txt`),
    fetchAsset(`${FOLDER}/minilm-static-256.i8.bin`),
    fetchAsset(`${FOLDER}/minilm-static-256.scale.f32.bin`),
  ]);
  const tokeniser = new WordPiece(new TextDecoder().decode(vocabulary));
  return new StaticTable(tokeniser, new Int8Array(rows), new Float32Array(scales));
}

/** The embedding function `minilm-static`: 256-d, made for cosine distance, no network once its table is cached. */
export class MiniLmStatic implements EmbeddingFunction<Float32Array> {
  readonly name = MINILM_STATIC;

  static buildFromConfig(): MiniLmStatic {
    return new MiniLmStatic();
  }

  getConfig(): Record<string, never> {
    return {};
  }

  defaultSpace(): EmbeddingFunctionSpace {
    return "cosine";
  }

  supportedSpaces(): EmbeddingFunctionSpace[] {
    return ["cosine"];
  }

  async generate(texts: string[]): Promise<Float32Array[]> {
    const table = await loadTable();
    const embeddings: Float32Array[] = [];
    let sliceEnd = performance.now() + SLICE;
    for (const text of texts) {
      if (performance.now() > sliceEnd) {
        await new Promise((resume) => setTimeout(resume));
        sliceEnd = performance.now() + SLICE;
      }
      embeddings.push(table.embed(text));
    }
    return embeddings;
  }
}
