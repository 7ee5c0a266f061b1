/** Who may use a run: the page that was opened by its address, and nobody else. */

import { createHash, randomBytes, timingSafeEqual } from "node:crypto";

/** How long the address for a browser may be used. */
const ONCE_MS = 60_000;

/**
 * The data are behind a key, which a page has from the part of its address that is never sent, and sends in a header: a page of another origin can neither
 * read nor send it. A cookie would go to whatever listens on another port of this machine too.
 */
export class Gate {
  readonly #port: number;
  readonly #key = secret();
  #once: { code: string; until: number } | undefined;

  constructor(port: number) {
    this.#port = port;
  }

  /** For people. */
  get address(): string {
    return `${this.#origin}/#key=${this.#key}`;
  }

  /** For a browser that is started: its arguments can be seen by others of this machine, so that what they say is worth nothing once it was used. */
  addressForOnce(): string {
    const code = secret();
    this.#once = { code, until: Date.now() + ONCE_MS };
    return `${this.#origin}/#code=${code}`;
  }

  /** The key, for the code of an address that was not used yet. */
  keyFor(code: string | undefined): string | undefined {
    const once = this.#once;
    if (code === undefined || !once || once.until < Date.now() || !isSame(code, once.code)) {
      return undefined;
    }
    this.#once = undefined;
    return this.#key;
  }

  /** Whether a request calls this machine by its own name. A page whose name was made to lead here (DNS rebinding) calls it by that. */
  isCalledRight(host: string | undefined): boolean {
    return host === `127.0.0.1:${String(this.#port)}` || host === `localhost:${String(this.#port)}`;
  }

  hasKey(given: string | undefined): boolean {
    return given !== undefined && isSame(given, this.#key);
  }

  get #origin(): string {
    return `http://127.0.0.1:${String(this.#port)}`;
  }
}

function secret(): string {
  return randomBytes(32).toString("base64url");
}

/** Takes as long whatever differs. */
function isSame(a: string, b: string): boolean {
  const digest = (text: string) => createHash("sha256").update(text).digest();
  return timingSafeEqual(digest(a), digest(b));
}
