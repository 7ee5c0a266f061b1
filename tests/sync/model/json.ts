/**
 * JSON that keeps numbers as they are written: `1` and `1.0` are different values to a Chroma server, and its integers go beyond 2^53.
 * On purpose not what the package reads JSON with: the model must not share its mistakes.
 */

/** A number by its text. */
export class JsonNumber {
  constructor(readonly text: string) {}

  /** As the server reads it: not always the float that is nearest to the text. */
  get float(): number {
    const { text } = this;
    return text.length <= EXACT_LENGTH && !/e/i.test(text) ? Number(text) : floatOf(text);
  }
}

/** Up to here digits fit the 53 bits of a float, so that there is one rounding only. */
const EXACT_LENGTH = 16;
const U64_MAX = 2n ** 64n - 1n;
const MAX_POWER = 308;

/**
 * The server's parser takes as many digits as fit an integer of 64 bits, and multiplies that with a power of ten, which rounds twice: about
 * one in ten floats of 17 digits becomes a neighbour.
 */
function floatOf(text: string): number {
  const [, sign = "", whole = "", fraction = "", exponent = "0"] = /^(-?)(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d+))?$/.exec(text) ?? [];
  const head = take(0n, whole);
  const tail = take(head.taken, fraction);
  const power = head.left - (fraction.length - tail.left) + Number(exponent);
  const size = scaled(Number(tail.taken), power);
  return sign === "" ? size : -size;
}

/** Digits appended to an integer for as long as it fits, and how many were left. */
function take(start: bigint, digits: string): { taken: bigint; left: number } {
  let taken = start;
  for (const [index, digit] of Array.from(digits).entries()) {
    const next = taken * 10n + BigInt(digit);
    if (next > U64_MAX) {
      return { taken, left: digits.length - index };
    }
    taken = next;
  }
  return { taken, left: 0 };
}

function scaled(significand: number, power: number): number {
  let value = significand;
  let rest = power;
  while (rest < -MAX_POWER && value !== 0) {
    value /= 1e308;
    rest += MAX_POWER;
  }
  const factor = Number(`1e${String(Math.min(Math.abs(rest), MAX_POWER + 1))}`);
  return value === 0 ? 0 : rest >= 0 ? value * factor : value / factor;
}

export type Json = null | boolean | string | JsonNumber | Json[] | Map<string, Json>;

const NUMBER = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
const SPACE = /[ \t\r\n]*/y;
// A string's text up to its closing quote; what the escapes mean is left to JSON.parse.
const STRING = /"(?:[^"\\]|\\.)*"/y;
const WORDS: [string, null | boolean][] = [
  ["null", null],
  ["true", true],
  ["false", false],
];

/** @throws SyntaxError */
export function parseJson(text: string): Json {
  const reader = new Reader(text);
  const value = reader.value();
  reader.end();
  return value;
}

class Reader {
  #at = 0;

  constructor(readonly text: string) {}

  value(): Json {
    const sign = this.#peek();
    if (sign === "{") {
      return this.#members();
    }
    if (sign === "[") {
      return this.#elements();
    }
    return sign === '"' ? this.#string() : this.#scalar();
  }

  end(): void {
    if (this.#peek() !== "") {
      throw new SyntaxError(`trailing characters at column ${String(this.#at)}`);
    }
  }

  #members(): Map<string, Json> {
    const members = new Map<string, Json>();
    this.#list("{", "}", () => {
      this.#peek();
      const name = this.#string();
      this.#expect(":");
      members.set(name, this.value());
    });
    return members;
  }

  #elements(): Json[] {
    const elements: Json[] = [];
    this.#list("[", "]", () => elements.push(this.value()));
    return elements;
  }

  #list(open: string, close: string, read: () => void): void {
    this.#expect(open);
    if (this.#peek() === close) {
      this.#at += 1;
      return;
    }
    for (;;) {
      read();
      if (this.#peek() !== ",") {
        break;
      }
      this.#at += 1;
    }
    this.#expect(close);
  }

  #string(): string {
    const text = JSON.parse(this.#match(STRING)) as string;
    // Halves of surrogate pairs are no text to the server.
    if (/\p{Surrogate}/u.test(text)) {
      throw new SyntaxError(`unexpected end of hex escape at column ${String(this.#at)}`);
    }
    return text;
  }

  #number(): JsonNumber {
    const number = new JsonNumber(this.#match(NUMBER));
    if (!Number.isFinite(Number(number.text))) {
      throw new SyntaxError(`number out of range at column ${String(this.#at)}`);
    }
    return number;
  }

  #scalar(): Json {
    const found = WORDS.find(([word]) => this.text.startsWith(word, this.#at));
    if (!found) {
      return this.#number();
    }
    this.#at += found[0].length;
    return found[1];
  }

  #match(pattern: RegExp): string {
    pattern.lastIndex = this.#at;
    const found = pattern.exec(this.text)?.[0];
    if (found === undefined) {
      throw new SyntaxError(`expected value at column ${String(this.#at)}`);
    }
    this.#at += found.length;
    return found;
  }

  #peek(): string {
    SPACE.lastIndex = this.#at;
    this.#at += SPACE.exec(this.text)?.[0].length ?? 0;
    return this.text.charAt(this.#at);
  }

  #expect(sign: string): void {
    if (this.#peek() !== sign) {
      throw new SyntaxError(`expected ${sign} at column ${String(this.#at)}`);
    }
    this.#at += 1;
  }
}

/** An object's text. Values that are texts already. */
export function objectText(members: Iterable<[string, string]>): string {
  return `{${Array.from(members, ([name, text]) => `${JSON.stringify(name)}:${text}`).join(",")}}`;
}

export function arrayText(elements: Iterable<string>): string {
  return `[${Array.from(elements).join(",")}]`;
}

/** A float as the server writes it: with a point or an exponent always, so that a reader knows it from an integer. */
export function floatText(value: number): string {
  return decimal(value, 1e16);
}

function decimal(value: number, large: number): string {
  if (!Number.isFinite(value)) {
    return "null";
  }
  const size = Math.abs(value);
  const text = Object.is(value, -0) ? "-0" : size >= large ? value.toExponential() : String(value);
  return /[.e]/.test(text) ? text : `${text}.0`;
}

/** The shortest text that is read as the same 32-bit float. */
export function singleText(value: number): string {
  if (!Number.isFinite(value)) {
    return "null";
  }
  let digits = 1;
  while (Math.fround(Number(value.toPrecision(digits))) !== value) {
    digits += 1;
  }
  return Object.is(value, -0) ? "-0.0" : decimal(Number(value.toPrecision(digits)), 1e13);
}
