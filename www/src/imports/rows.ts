import type { Format } from "./job";

/** One record of a table, or one section of a text. */
export interface Row {
  /** Where it is, as its owner counts: "line 12" */
  place: string;
  values: Readonly<Record<string, unknown>>;
}

/** What a parser gives at a time: rows, and those of the same stretch of the file that it could not read. */
export interface Piece {
  rows: Row[];
  /** How much of the file they come from, up to 1 at its end */
  share: number;
  bad: BadRow[];
}

export interface BadRow {
  place: string;
  message: string;
}

/** Reads a file piece by piece, each when it is asked for: a caller that waits keeps the file waiting. */
export type Parser = (file: File) => AsyncGenerator<Piece>;

/** The field that has the text, of formats that are nothing but text. */
export const TEXT_FIELD = "text";

/** The parser of a format; those that are large are loaded when they are needed. */
export async function parserOf(format: Format): Promise<Parser> {
  switch (format) {
    case "csv":
      return (await import("./formats/csv")).parseCsv;
    case "jsonl":
      return (await import("./formats/json-lines")).parseJsonLines;
    case "json":
      return (await import("./formats/json")).parseJson;
    case "markdown":
      return (await import("./formats/text")).parseMarkdown;
    case "text":
      return (await import("./formats/text")).parseText;
    case "html":
      return (await import(/* webpackChunkName: "import-html" */ "./formats/html")).parseHtml;
    case "parquet":
      return (await import(/* webpackChunkName: "import-parquet" */ "./formats/parquet")).parseParquet;
    case "pdf":
      return (await import(/* webpackChunkName: "import-pdf" */ "./formats/pdf")).parsePdf;
  }
}
