import { ImportError } from "../import-error";
import type { Format } from "../job";

const BY_ENDING: Readonly<Record<string, Format>> = {
  csv: "csv",
  tsv: "csv",
  tab: "csv",
  json: "json",
  jsonl: "jsonl",
  ndjson: "jsonl",
  parquet: "parquet",
  md: "markdown",
  markdown: "markdown",
  mdx: "markdown",
  txt: "text",
  text: "text",
  log: "text",
  rst: "text",
  html: "html",
  htm: "html",
  xhtml: "html",
  pdf: "pdf",
};

/** What a chooser of files offers. */
export const ENDINGS: readonly string[] = Object.keys(BY_ENDING).map((ending) => `.${ending}`);

/** The format of a file, by its first bytes, else by the ending of its name. */
export async function formatOf(file: File): Promise<Format> {
  const head = new Uint8Array(await file.slice(0, 8).arrayBuffer());
  const magic = String.fromCharCode(...head);
  if (magic.startsWith("PAR1")) return "parquet";
  if (magic.startsWith("%PDF-")) return "pdf";
  const ending = /\.([^.]+)$/.exec(file.name)?.[1]?.toLowerCase() ?? "";
  const format = BY_ENDING[ending];
  if (ending === "chromatid") {
    throw new ImportError("unknown-format", `“${file.name}” is a backup of chromatid: it is imported under Storage, Backup`);
  }
  if (format === undefined) throw new ImportError("unknown-format", `“${file.name}” is in no format that is known here`);
  if (format === "parquet" || format === "pdf") throw new ImportError("malformed", `“${file.name}” is no ${format === "pdf" ? "PDF" : "Parquet file"}: its first bytes are others`);
  return format;
}
