/** The part of a Durable Object's storage that is used here: types of its own, so that the package needs none of the platform's. */

/** What a column holds. */
export type SqlValue = ArrayBuffer | string | number | null;

/** `sql` of a Durable Object's storage. */
export interface SqlDatabase {
  exec(query: string, ...bindings: SqlValue[]): Iterable<Record<string, SqlValue>>;
  /** Bytes of the database. */
  readonly databaseSize: number;
}

/** `ctx.storage` of a Durable Object whose class is SQLite-backed. */
export interface SqlStorage {
  readonly sql: SqlDatabase;
  /** Runs a function whose statements take effect together, or, if it throws, not at all. */
  transactionSync<T>(transaction: () => T): T;
  /** Resolves when everything written before is on disk. */
  sync(): Promise<void>;
}

/**
 * Bytes of one row's content, at most. The platform takes rows of 2 MB, in production only: the local runtime takes larger ones, so the limit
 * is kept here.
 */
export const ROW_BYTES = 1024 * 1024;

/** The pieces of a content of any length, in order, each of which fits a row; an empty content is one empty piece. */
export function* pieces(bytes: Uint8Array): Generator<ArrayBuffer> {
  if (bytes.length <= ROW_BYTES) {
    yield bufferOf(bytes);
    return;
  }
  for (let start = 0; start < bytes.length; start += ROW_BYTES) {
    yield bufferOf(bytes.subarray(start, start + ROW_BYTES));
  }
}

/** Some bytes of a piece. */
export interface PieceSlice {
  /** The number of the piece; the first is 0. */
  piece: number;
  offset: number;
  length: number;
}

/** The pieces of a content in which `length` bytes from `offset` on lie, in order; at least one. */
export function slicesOf(offset: number, length: number): PieceSlice[] {
  const slices: PieceSlice[] = [];
  let start = offset;
  do {
    // Nothing at the end of a piece is in that piece: there may be no next one.
    const piece = length === 0 ? Math.max(Math.ceil(start / ROW_BYTES) - 1, 0) : Math.floor(start / ROW_BYTES);
    const inside = start - piece * ROW_BYTES;
    const taken = Math.min(ROW_BYTES - inside, offset + length - start);
    slices.push({ piece, offset: inside, length: taken });
    start += taken;
  } while (start < offset + length);
  return slices;
}

/** The buffer of an array, copied only if it holds more than that. */
export function bufferOf(bytes: Uint8Array): ArrayBuffer {
  const { buffer, byteOffset, byteLength } = bytes;
  if (buffer instanceof ArrayBuffer && byteOffset === 0 && byteLength === buffer.byteLength) {
    return buffer;
  }
  return bytes.slice().buffer;
}

/** What was cut into pieces, whole again. */
export function joined(parts: ArrayBuffer[]): Uint8Array {
  const [first] = parts;
  if (first && parts.length === 1) {
    return new Uint8Array(first);
  }
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.byteLength, 0));
  let end = 0;
  for (const part of parts) {
    whole.set(new Uint8Array(part), end);
    end += part.byteLength;
  }
  return whole;
}

/** The same error, or one named `QuotaExceededError` if it says that the database can grow no more. */
export function withQuotaName(error: unknown): unknown {
  const message = error instanceof Error ? error.message : String(error);
  if (!/SQLITE_FULL|database or disk is full/.test(message)) {
    return error;
  }
  const full = new Error(`the Durable Object has no room left: ${message}`, { cause: error });
  full.name = "QuotaExceededError";
  return full;
}
