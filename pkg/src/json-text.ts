/**
 * JSON taken apart, its values left as they are written. Integers beyond 2^53 and floats such as `1.0` would not survive `JSON.parse`; what
 * is passed on as text does, and numbers that nobody looks at need not be read.
 */

/** The members of an object by their names. */
export function membersOf(text: string): Map<string, string> {
  const members = new Map<string, string>();
  const reader = new Reader(text);
  reader.each("{", "}", () => {
    const name = JSON.parse(reader.value()) as string;
    reader.expect(":");
    members.set(name, reader.value());
  });
  return members;
}

/** The elements of an array. */
export function elementsOf(text: string): string[] {
  const elements: string[] = [];
  const reader = new Reader(text);
  reader.each("[", "]", () => {
    elements.push(reader.value());
  });
  return elements;
}

/** Sixteen digits in a row: without them no number of a text is beyond 2^53, unless it is a float. */
const LONG_NUMBER = /\d{16}/;
const INTEGER = /^\s*-?\d+\s*$/;

/** Reads JSON; integers beyond 2^53 become bigints. */
export function parseExact(text: string): unknown {
  if (!LONG_NUMBER.test(text)) {
    return JSON.parse(text);
  }
  switch (/\S/.exec(text)?.[0]) {
    case "{":
      // fromEntries defines its members, so that no key reaches a setter of Object.prototype.
      return Object.fromEntries([...membersOf(text)].map(([name, value]) => [name, parseExact(value)]));
    case "[":
      return elementsOf(text).map(parseExact);
    default: {
      const value = JSON.parse(text) as unknown;
      const isRounded = typeof value === "number" && !Number.isSafeInteger(value) && INTEGER.test(text);
      return isRounded ? BigInt(text) : value;
    }
  }
}

/** Writes JSON; bigints become integers. */
export function stringifyExact(value: object): string {
  return hasBigint(value) ? (written(value) ?? "null") : JSON.stringify(value);
}

function hasBigint(value: unknown): boolean {
  if (typeof value !== "object" || value === null) {
    return typeof value === "bigint";
  }
  return Array.isArray(value) ? value.some(hasBigint) : Object.values(value).some(hasBigint);
}

function written(value: unknown): string | undefined {
  if (typeof value === "bigint") {
    return value.toString();
  }
  if (Array.isArray(value)) {
    return `[${value.map((element) => written(element) ?? "null").join(",")}]`;
  }
  if (typeof value === "object" && value !== null) {
    const members = Object.entries(value).flatMap(([name, member]) => {
      const text = written(member);
      return text === undefined ? [] : [`${JSON.stringify(name)}:${text}`];
    });
    return `{${members.join(",")}}`;
  }
  return JSON.stringify(value);
}

const SPACE = /[ \t\r\n]*/y;
const BRACKETS_AND_STRINGS = /["[\]{}]/g;
const QUOTES_AND_ESCAPES = /["\\]/g;
const SCALAR = /[^\s,:"[\]{}]+/y;

/** Reads a text that is JSON; of another one, what comes out is nothing or an error. */
class Reader {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  /** Reads the brackets and commas of a list. */
  each(open: string, close: string, read: () => void): void {
    this.expect(open);
    if (this.#peek() === close) {
      return;
    }
    do {
      read();
    } while (this.#take() === ",");
    this.#at -= 1;
    this.expect(close);
  }

  expect(sign: string): void {
    const found = this.#take();
    if (found !== sign) {
      throw new SyntaxError(`expected ${sign} at ${String(this.#at)}, found ${found || "the end"}`);
    }
  }

  /** The text of the value that is next. */
  value(): string {
    const first = this.#peek();
    const start = this.#at;
    if (first === '"') {
      this.#at = this.#endOfString(start);
    } else if (first === "[" || first === "{") {
      this.#at = this.#endOfNested(start);
    } else {
      this.#at = this.#match(SCALAR, start) ?? this.#text.length;
    }
    return this.#text.slice(start, this.#at);
  }

  #peek(): string {
    this.#at = this.#match(SPACE, this.#at) ?? this.#at;
    return this.#text.charAt(this.#at);
  }

  #take(): string {
    const sign = this.#peek();
    this.#at += 1;
    return sign;
  }

  #endOfNested(start: number): number {
    let depth = 0;
    for (let at = start; ; ) {
      const place = this.#find(BRACKETS_AND_STRINGS, at);
      const sign = this.#text.charAt(place);
      at = sign === '"' ? this.#endOfString(place) : place + 1;
      depth += sign === "[" || sign === "{" ? 1 : sign === "]" || sign === "}" ? -1 : 0;
      if (depth === 0) {
        return at;
      }
    }
  }

  #endOfString(start: number): number {
    let at = this.#find(QUOTES_AND_ESCAPES, start + 1);
    while (this.#text.charAt(at) === "\\") {
      at = this.#find(QUOTES_AND_ESCAPES, at + 2);
    }
    return at + 1;
  }

  /** Where a pattern is next. */
  #find(pattern: RegExp, from: number): number {
    pattern.lastIndex = from;
    const found = pattern.exec(this.#text);
    if (!found) {
      throw new SyntaxError("the text ends within a value");
    }
    return found.index;
  }

  /** Where what a pattern matches here ends. */
  #match(pattern: RegExp, from: number): number | undefined {
    pattern.lastIndex = from;
    return pattern.test(this.#text) ? pattern.lastIndex : undefined;
  }
}
