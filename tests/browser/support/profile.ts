/** A browser profile on disk: what survives the end of a browser, and the browsers that use it. */

import { existsSync, statfsSync } from "node:fs";
import { cp, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";

import { type BrowserContext, chromium } from "@playwright/test";

import { findChromium, findHeadlessShell } from "../../../scripts/setup/chromium.mjs";
import { cutTornRecords } from "./leveldb";

const FLAGS = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

export type LaunchOptions = NonNullable<Parameters<typeof chromium.launchPersistentContext>[1]>;

const MEMORY = "/dev/shm";
const ENOUGH_BYTES = 8 * 2 ** 30;

/** Where profiles lie: in memory where there is enough of it, as a browser makes hundreds of files when it starts. What a test kills are processes, whose files outlive them there too. */
function profilesFolder(): string {
  if (!existsSync(MEMORY)) {
    return tmpdir();
  }
  const { bavail, bsize } = statfsSync(MEMORY);
  return bavail * bsize >= ENOUGH_BYTES ? MEMORY : tmpdir();
}

/** An empty folder for a profile. */
export const makeProfileFolder = (parent = profilesFolder()): Promise<string> => mkdtemp(path.join(parent, "chromatid-profile-"));

/** The path of a Chromium with all that it has. */
export function wholeChromium(): string {
  const found = findChromium();
  if (!found) {
    throw new Error("no Chromium: run `node scripts/setup/chromium.mjs`");
  }
  return found;
}

export class BrowserProfile {
  readonly #directory: string;
  readonly #options: LaunchOptions;
  #open: BrowserContext | undefined;

  private constructor(directory: string, options: LaunchOptions) {
    this.#directory = directory;
    this.#options = options;
  }

  /** An empty profile, in the folder `parent`. Persistent, because OPFS of an incognito profile is another, far slower implementation. */
  static async create(options: LaunchOptions, parent?: string): Promise<BrowserProfile> {
    return new BrowserProfile(await makeProfileFolder(parent), options);
  }

  /** Another profile with what this one has; its browser must be closed. */
  async copy(options: LaunchOptions, parent?: string): Promise<BrowserProfile> {
    const copied = new BrowserProfile(await makeProfileFolder(parent), options);
    // Links that say which process has the profile.
    const filter = (source: string) => !path.basename(source).startsWith("Singleton");
    await cp(this.#directory, copied.#directory, { recursive: true, filter });
    return copied;
  }

  /** Starts a browser on this profile, with further flags: the headless shell, unless the options name another. One at a time: a second one waits in vain for the profile's lock. */
  async launch(...flags: string[]): Promise<BrowserContext> {
    this.#open = await chromium.launchPersistentContext(this.#directory, {
      executablePath: findHeadlessShell() ?? wholeChromium(),
      ...this.#options,
      headless: true,
      args: [...FLAGS, ...flags],
    });
    return this.#open;
  }

  /** Ends the browser in an orderly way. */
  async close(): Promise<void> {
    await this.#open?.close();
    this.#open = undefined;
  }

  /** Ends every process of the browser at once, as the system does when memory runs out. */
  async kill(): Promise<void> {
    const browser = this.#open?.browser();
    if (!browser) {
      throw new Error("the profile has no running browser");
    }
    const session = await browser.newBrowserCDPSession();
    const { processInfo } = await session.send("SystemInfo.getProcessInfo");
    const gone = new Promise((resolve) => browser.once("disconnected", resolve));
    // The browser process first: it would replace a renderer that is missing.
    for (const { id } of processInfo.sort((a, b) => Number(b.type === "browser") - Number(a.type === "browser"))) {
      try {
        process.kill(id, "SIGKILL");
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== "ESRCH") {
          throw error;
        }
      }
    }
    await gone;
    this.#open = undefined;
    await rm(path.join(this.#directory, "SingletonLock"), { force: true });
    cutTornRecords(this.#directory);
  }

  /** Ends the browser and removes what it kept. */
  async remove(): Promise<void> {
    await this.close();
    // Helper processes of a killed browser may still be writing for a moment.
    await rm(this.#directory, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 });
  }
}
