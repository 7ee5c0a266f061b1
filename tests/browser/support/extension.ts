/** The example of an extension, loaded unpacked into a browser of its own, and used as people do: by its button. */

import { randomUUID } from "node:crypto";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import path from "node:path";

import type { BrowserContext, CDPSession, Page, Worker } from "@playwright/test";

import type { Answer, Argument, CallName } from "../../../examples/extension/src/messages";
import { BrowserProfile, wholeChromium } from "./profile";

const DIRECTORY = path.join(import.meta.dirname, "../../../target/examples/extension");

/** Loads the extension, and lets the debugging protocol press its button. */
const FLAGS = [
  `--disable-extensions-except=${DIRECTORY}`,
  `--load-extension=${DIRECTORY}`,
  "--disable-features=DisableLoadExtensionCommandLineSwitch",
  "--enable-unsafe-extension-debugging",
];

export async function createProfile(colorScheme: "light" | "dark" = "light"): Promise<BrowserProfile> {
  return BrowserProfile.create({ executablePath: wholeChromium(), ignoreDefaultArgs: ["--disable-extensions"], colorScheme, viewport: { width: 1100, height: 760 } });
}

/** A site of pages, by path. */
export class Site {
  readonly #server: Server;
  #port = 0;
  pages: Record<string, string>;

  private constructor(pages: Record<string, string>) {
    this.pages = pages;
    this.#server = createServer((request, response) => {
      const body = this.pages[(request.url ?? "").replace(/\?.*$/, "")];
      response.writeHead(body === undefined ? 404 : 200, { "content-type": "text/html; charset=utf-8" }).end(body ?? "");
    });
  }

  static async start(pages: Record<string, string>): Promise<Site> {
    const site = new Site(pages);
    await new Promise<void>((resolve) => site.#server.listen(0, "127.0.0.1", resolve));
    site.#port = (site.#server.address() as AddressInfo).port;
    return site;
  }

  url(at: string): string {
    return `http://127.0.0.1:${String(this.#port)}${at}`;
  }

  async stop(): Promise<void> {
    await new Promise<void>((resolve) => {
      this.#server.close(() => resolve());
      this.#server.closeAllConnections();
    });
  }
}

interface Targets {
  targetInfos: { targetId: string; type: string; url: string }[];
}

/** The browser's own session, for methods that the protocol's types do not have yet. */
interface Session {
  send(method: string, params?: object): Promise<unknown>;
  on(event: string, hear: (params: { sessionId: string; message: string }) => void): void;
}

export class Extension {
  readonly context: BrowserContext;
  readonly id: string;
  readonly #session: CDPSession;

  private constructor(context: BrowserContext, id: string, session: CDPSession) {
    this.context = context;
    this.id = id;
    this.#session = session;
  }

  static async launch(profile: BrowserProfile): Promise<Extension> {
    const context = await profile.launch(...FLAGS);
    const worker = context.serviceWorkers()[0] ?? (await context.waitForEvent("serviceworker"));
    return new Extension(context, new URL(worker.url()).host, await context.browser()!.newBrowserCDPSession());
  }

  url(page: string): string {
    return `chrome-extension://${this.id}/${page}`;
  }

  /** A page of the extension in a tab. */
  async open(page: string): Promise<Page> {
    const opened = await this.context.newPage();
    await opened.goto(this.url(page));
    return opened;
  }

  /** The service worker as it runs, or as it starts. */
  async worker(): Promise<Worker> {
    return this.context.serviceWorkers()[0] ?? (await this.context.waitForEvent("serviceworker"));
  }

  async targets(): Promise<Targets["targetInfos"]> {
    return ((await (this.#session as Session).send("Target.getTargets", { filter: [{}] })) as Targets).targetInfos;
  }

  /** Ends the offscreen document as it is. */
  async closeDocument(): Promise<void> {
    const found = (await this.targets()).find(({ url }) => url === this.url("offscreen.html"));
    if (!found) {
      throw new Error("there is no offscreen document");
    }
    await (this.#session as Session).send("Target.closeTarget", { targetId: found.targetId });
  }

  /** Ends the service worker as it is, whatever it does. */
  async stopWorker(from: Page): Promise<void> {
    const session = await this.context.newCDPSession(from);
    await session.send("ServiceWorker.enable");
    await session.send("ServiceWorker.stopAllWorkers");
    await session.detach();
  }

  /** Presses the button of the toolbar on a page; answers the popup that it opens. */
  async press(page: Page): Promise<Popup> {
    await page.bringToFront();
    const url = page.url();
    const before = await this.targets();
    const tab = before.find((target) => target.type === "tab" && target.url === url);
    const isNew = ({ targetId }: { targetId: string }): boolean => before.every((target) => target.targetId !== targetId);
    await (this.#session as Session).send("Extensions.triggerAction", { id: this.id, targetId: tab?.targetId });
    for (;;) {
      const popup = (await this.targets()).find((target) => target.url === this.url("popup.html") && target.type === "page" && isNew(target));
      if (popup) {
        return Popup.attach(this.#session, popup.targetId);
      }
    }
  }

  /** Keeps the page that a tab shows, by the button of the popup. */
  async keep(page: Page): Promise<void> {
    const popup = await this.press(page);
    await popup.until(`document.querySelector("#current button:enabled")`);
    const before = Date.now();
    await popup.evaluate(`document.querySelector("#current button").click()`);
    for (;;) {
      const kept = await popup.ask("page", page.url());
      if (kept && kept.keptAt >= before) {
        break;
      }
    }
    await popup.until(`document.querySelector("#current small")?.textContent === "Kept just now"`);
    await popup.close();
  }
}

/** The popup as the browser shows it, which Playwright does not know as a page. */
export class Popup {
  readonly #session: Session;
  readonly #targetId: string;
  readonly #sessionId: string;
  readonly #waiting = new Map<number, (message: { result?: unknown; error?: { message: string } }) => void>();
  #last = 0;

  private constructor(session: Session, targetId: string, sessionId: string) {
    this.#session = session;
    this.#targetId = targetId;
    this.#sessionId = sessionId;
    session.on("Target.receivedMessageFromTarget", ({ sessionId: from, message }) => {
      const told = JSON.parse(message) as { id?: number; result?: unknown; error?: { message: string } };
      if (from === this.#sessionId && told.id !== undefined) {
        this.#waiting.get(told.id)?.(told);
      }
    });
  }

  static async attach(session: Session, targetId: string): Promise<Popup> {
    const { sessionId } = (await session.send("Target.attachToTarget", { targetId, flatten: false })) as { sessionId: string };
    return new Popup(session, targetId, sessionId);
  }

  async send(method: string, params: object): Promise<unknown> {
    const id = (this.#last += 1);
    const answered = new Promise<{ result?: unknown; error?: { message: string } }>((resolve) => this.#waiting.set(id, resolve));
    await this.#session.send("Target.sendMessageToTarget", { sessionId: this.#sessionId, message: JSON.stringify({ id, method, params }) });
    const { result, error } = await answered;
    if (error) {
      throw new Error(`${method}: ${error.message}`);
    }
    return result;
  }

  async evaluate(expression: string): Promise<unknown> {
    const { result, exceptionDetails } = (await this.send("Runtime.evaluate", { expression, awaitPromise: true, returnByValue: true })) as {
      result: { value?: unknown };
      exceptionDetails?: { exception?: { description?: string } };
    };
    if (exceptionDetails) {
      throw new Error(exceptionDetails.exception?.description);
    }
    return result.value;
  }

  /** Waits until an expression is true. */
  async until(expression: string): Promise<void> {
    while (!(await this.evaluate(`Boolean(${expression})`))) {
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }

  /** What the store answers, asked as the popup does. */
  async ask<N extends CallName>(call: N, argument: Argument<N>): Promise<Answer<N>> {
    const request = JSON.stringify({ to: "store", call, argument });
    const response = (await this.evaluate(`chrome.runtime.sendMessage(${request})`)) as { answer: Answer<N> };
    return response.answer;
  }

  async close(): Promise<void> {
    await this.#session.send("Target.closeTarget", { targetId: this.#targetId });
  }
}

/** A name that no other test has. */
export const collectionName = (): string => `kept-${randomUUID()}`;
