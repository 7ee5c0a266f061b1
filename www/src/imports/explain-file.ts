import { modelErrorOf } from "../embedding/model-error";
import { explain } from "../store/problems";
import { ImportError, type ImportFault } from "./import-error";
import type { FileProblem } from "./messages";

const WORDS: Readonly<Record<ImportFault, readonly [title: string, advice: string]>> = {
  malformed: ["Something in the file cannot be read", "Mend it and drop the file again; or pass over what cannot be read."],
  "vector-length": ["Vectors of two lengths", "All vectors of a collection have the same length. Mend the file, or pass over such records."],
  "no-vector": ["A record has no vector", "Choose the field that has the vectors, a collection with a model, or pass over such records."],
  "no-documents": ["There is no text to embed", "Choose the field that has the text, or the one that has the vectors."],
  empty: ["Nothing to import", "Look at the preview: is the right field chosen as the text? A PDF of scanned pages has no text."],
  "unknown-format": ["This file is not for here", "CSV, JSON, JSON Lines, Parquet, Markdown, text, HTML and PDF can be imported."],
  mixed: ["These files are of two kinds", "Import tables (CSV, JSON, Parquet) and texts (Markdown, text, HTML, PDF) one after the other."],
  "too-large": ["The file is too large to be read whole", "Export it as JSON Lines, CSV or Parquet, which are read in parts; or divide it."],
  vanished: ["The file is gone", "It was moved, deleted or changed since it was chosen. Drop it again: what is stored is not stored twice."],
  "no-target": ["The collection is gone", "Drop the file again and choose another collection."],
};

/** Says what is wrong with a file, or with storing it, and what to do. */
export function explainFile(error: unknown): FileProblem {
  if (error instanceof ImportError) {
    const [title, advice] = WORDS[error.fault];
    const kind = error.fault === "vanished" ? "asset" : "refused";
    return { kind, title, detail: error.message, advice, canPassOver: error.isOfOneRecord, canTryAgain: false };
  }
  const problem = explain(error);
  const isDimension = /dimension/i.test(problem.detail);
  return {
    ...problem,
    ...(isDimension && { title: "The vectors do not fit the collection", advice: "Choose another collection, or a new one." }),
    canPassOver: false,
    canTryAgain: modelErrorOf(error) !== undefined,
  };
}
