/** Which part of what a search finds is answered. */

export interface LimitOptions {
  /** So many are left out; default none. */
  offset?: number;
  /** No more than so many are answered; default all. */
  limit?: number | null | undefined;
}

export type LimitInput = Limit | number | LimitOptions | null | undefined;

/** A page of the records found. */
export class Limit {
  readonly offset: number;
  readonly limit?: number;

  constructor({ offset = 0, limit }: LimitOptions = {}) {
    if (!Number.isInteger(offset) || offset < 0) {
      throw new TypeError(`Expected the offset to be a non-negative integer, but got ${offset}`);
    }
    if (limit !== null && limit !== undefined && (!Number.isInteger(limit) || limit <= 0)) {
      throw new TypeError(`Expected the limit to be a positive integer, but got ${limit}`);
    }
    this.offset = offset;
    this.limit = limit ?? undefined;
  }

  /** The offset counts beside a plain number only: what else is given has its own. */
  static from(input: LimitInput, offset?: number): Limit {
    if (typeof input === "number") {
      return new Limit({ limit: input, offset: offset ?? 0 });
    }
    const options: unknown = input ?? {};
    if (typeof options !== "object") {
      throw new TypeError(`Expected the limit to be a number or an object, but got ${typeof options}`);
    }
    return new Limit(options as LimitOptions);
  }

  toJSON(): { offset: number; limit?: number } {
    return { offset: this.offset, ...(this.limit !== undefined && { limit: this.limit }) };
  }
}
