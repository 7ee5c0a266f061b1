/** The built console, as files of this package. */

import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";

import { CliError } from "../errors.js";

/** What the page is told of the place that it shows. */
export interface Shown {
  place: string;
  tenant?: string;
  database?: string;
}

export interface PageFile {
  type: string;
  bytes: Buffer | string;
}

const DIRECTORY = fileURLToPath(new URL("../../../console", import.meta.url));

const TYPES: Readonly<Record<string, string>> = {
  ".css": "text/css; charset=utf-8",
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".png": "image/png",
  ".svg": "image/svg+xml",
  ".txt": "text/plain; charset=utf-8",
  ".webmanifest": "application/manifest+json",
};

/** Takes the place of a service worker that a console on the same port once had: it would show its page instead of this one. */
const NO_SERVICE_WORKER = `addEventListener("install", () => skipWaiting());
addEventListener("activate", (event) => {
  const leave = async () => {
    await registration.unregister();
    for (const page of await clients.matchAll()) await page.navigate(page.url);
  };
  event.waitUntil(leave());
});
`;

export class Console {
  /** Names that are asked for are looked up here, and lead nowhere else. */
  readonly #names: ReadonlySet<string>;
  readonly #index: string;

  constructor(shown: Shown) {
    try {
      this.#names = new Set(readdirSync(DIRECTORY));
      this.#index = readFileSync(path.join(DIRECTORY, "index.html"), "utf8");
    } catch (error) {
      throw new CliError(`The console is missing in ${DIRECTORY}: install the package anew, or build it with \`npm run build\`.`, { cause: error });
    }
    this.#index = this.#index.replace("<head>", () => `<head><meta name="chromatid-browse" content="${escaped(JSON.stringify(shown))}">`);
  }

  /** The file of a path; undefined if there is none. */
  file(pathname: string): PageFile | undefined {
    const name = pathname === "/" ? "index.html" : pathname.slice(1);
    const type = TYPES[path.extname(name)];
    if (name === "index.html") {
      return { type: TYPES[".html"] ?? "", bytes: this.#index };
    }
    if (name === "service-worker.js") {
      return { type: TYPES[".js"] ?? "", bytes: NO_SERVICE_WORKER };
    }
    return type !== undefined && this.#names.has(name) ? { type, bytes: readFileSync(path.join(DIRECTORY, name)) } : undefined;
  }
}

function escaped(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll('"', "&quot;").replaceAll("<", "&lt;");
}
