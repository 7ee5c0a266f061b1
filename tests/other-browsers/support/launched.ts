/** Firefox and WebKitGTK as programs that show a page: nothing drives them, the page tells what came of it. */

import { type ChildProcess, spawn } from "node:child_process";
import { accessSync, constants } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";

import type { StaticServer } from "../../browser/support/server";

export type BrowserName = "firefox" | "webkit";

/** What the page tells. */
export interface Message {
  outcome?: unknown;
  failure?: string;
  acknowledged?: number;
}

interface Program {
  /** Names a program of one's own. */
  variable: string;
  places: string[];
  /** How Debian installs it. */
  packages: string;
  start(program: string, directory: string, url: string): ChildProcess;
}

/** No first steps, no questions, no restored pages: none of them is answered by anybody. */
const FIREFOX_SETTINGS = {
  "app.normandy.enabled": false,
  "browser.aboutwelcome.enabled": false,
  "browser.sessionstore.resume_from_crash": false,
  "browser.shell.checkDefaultBrowser": false,
  "datareporting.policy.dataSubmissionEnabled": false,
  "toolkit.startup.max_resumed_crashes": -1,
};

/** A screen that nobody sees, for programs that want one. */
const DISPLAY = ":97";

const PROGRAMS: Record<BrowserName, Program> = {
  firefox: {
    variable: "CHROMATID_FIREFOX",
    places: ["/usr/bin/firefox", "/usr/bin/firefox-esr", "/Applications/Firefox.app/Contents/MacOS/firefox"],
    packages: "firefox-esr",
    start: (program, directory, url) => spawnGroup(program, ["--headless", "--no-remote", "--profile", directory, url], {}),
  },
  webkit: {
    variable: "CHROMATID_WEBKIT",
    places: [
      "/usr/lib/x86_64-linux-gnu/webkit2gtk-4.1/MiniBrowser",
      "/usr/lib/aarch64-linux-gnu/webkit2gtk-4.1/MiniBrowser",
      "/usr/lib/x86_64-linux-gnu/webkit2gtk-4.0/MiniBrowser",
    ],
    packages: "webkit2gtk-driver xvfb",
    start: (program, directory, url) =>
      spawnGroup(program, [url], { DISPLAY, GDK_BACKEND: "x11", XDG_DATA_HOME: directory, XDG_CACHE_HOME: directory, XDG_CONFIG_HOME: directory }),
  },
};

/** Why there is nothing to run; `undefined` if there is. */
export function absence(name: BrowserName): string | undefined {
  const { variable, packages } = PROGRAMS[name];
  if (!find(name)) {
    return `${name} is not installed: apt-get install ${packages}, or set ${variable} to the path of the program`;
  }
  return name === "webkit" && !isExecutable("/usr/bin/Xvfb") ? "webkit needs a screen: apt-get install xvfb" : undefined;
}

function find(name: BrowserName): string | undefined {
  const { variable, places } = PROGRAMS[name];
  const chosen = process.env[variable];
  return chosen ?? places.find(isExecutable);
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** With a group of its own, so that all its processes can be ended at once. */
function spawnGroup(program: string, args: string[], env: Record<string, string>): ChildProcess {
  return spawn(program, args, { detached: true, stdio: "ignore", env: { ...process.env, ...env } });
}

/** A profile on disk, and the browser that shows one page at a time with it. */
export class Launched {
  readonly #name: BrowserName;
  readonly #server: StaticServer;
  readonly #directory: string;
  readonly #reports: Server;
  #listener: (message: Message) => void = () => undefined;
  #screen: ChildProcess | undefined;
  #browser: ChildProcess | undefined;

  private constructor(name: BrowserName, server: StaticServer, directory: string) {
    this.#name = name;
    this.#server = server;
    this.#directory = directory;
    this.#reports = createServer((request, response) => {
      let body = "";
      request.on("data", (data: Buffer) => (body += data.toString()));
      request.on("end", () => {
        response.end();
        this.#listener(JSON.parse(body) as Message);
      });
    });
  }

  static async create(name: BrowserName, server: StaticServer): Promise<Launched> {
    const launched = new Launched(name, server, await mkdtemp(path.join(tmpdir(), "chromatid-profile-")));
    await new Promise<void>((resolve) => launched.#reports.listen(0, "127.0.0.1", resolve));
    if (name === "firefox") {
      const settings = Object.entries(FIREFOX_SETTINGS).map(([key, value]) => `user_pref(${JSON.stringify(key)}, ${JSON.stringify(value)});`);
      await writeFile(path.join(launched.#directory, "user.js"), settings.join("\n"));
    } else {
      launched.#screen = spawnGroup("/usr/bin/Xvfb", [DISPLAY, "-screen", "0", "800x600x24"], {});
    }
    return launched;
  }

  /** Shows the page with a task; `listener` hears what it tells. */
  show(task: string, storage: string, listener: (message: Message) => void): void {
    this.#listener = listener;
    const { port } = this.#reports.address() as AddressInfo;
    const query = new URLSearchParams({ task, storage, report: `http://127.0.0.1:${port}/` });
    const program = find(this.#name);
    if (!program) {
      throw new Error(absence(this.#name));
    }
    this.#browser = PROGRAMS[this.#name].start(program, this.#directory, `${this.#server.url}/pages/smoke.html?${String(query)}`);
  }

  /** What a task comes to; then the browser ends. */
  async run<T>(task: string, storage: string): Promise<T> {
    try {
      return await new Promise<T>((resolve, reject) => {
        this.show(task, storage, ({ outcome, failure }) => {
          if (failure === undefined) {
            resolve(outcome as T);
          } else {
            reject(new Error(failure));
          }
        });
      });
    } finally {
      await this.kill();
    }
  }

  /** Ends every process of the browser at once. */
  async kill(): Promise<void> {
    this.#listener = () => undefined;
    await killGroup(this.#browser);
    this.#browser = undefined;
  }

  async remove(): Promise<void> {
    await this.kill();
    await killGroup(this.#screen);
    this.#reports.closeAllConnections();
    this.#reports.close();
    await rm(this.#directory, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 });
  }
}

async function killGroup(child: ChildProcess | undefined): Promise<void> {
  if (child?.pid === undefined || child.exitCode !== null || child.signalCode !== null) {
    return;
  }
  const gone = new Promise((resolve) => child.once("exit", resolve));
  process.kill(-child.pid, "SIGKILL");
  await gone;
}
