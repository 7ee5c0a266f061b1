/** Something about a file that its owner can change; `explainFile` says how. */

export type ImportFault =
  | "malformed"
  | "vector-length"
  | "no-vector"
  | "no-documents"
  | "empty"
  | "unknown-format"
  | "mixed"
  | "too-large"
  | "vanished"
  | "no-target";

export class ImportError extends Error {
  override readonly name = "ImportError";

  constructor(
    readonly fault: ImportFault,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }

  /** Whether it is about one record, so that the others can be imported without it. */
  get isOfOneRecord(): boolean {
    return this.fault === "malformed" || this.fault === "vector-length" || this.fault === "no-vector";
  }
}
