/**
 * Browsers and contexts that lack something: a store opens all the same, in a way that is documented and that `info()` tells, or the opening says
 * what is wrong. A store that is locked, or cannot be reached, is never replaced by an empty one.
 */

import type { Frame, Page } from "@playwright/test";

import { alter, expect, test, WORKER_SCRIPT } from "./fixtures";
import { countOf, expectToWork, opened, refusal } from "./support/opening";
import { launchPlain } from "./support/plain-browser";
import { addTo, idsOf, openPage } from "./support/tabs";

// Each has a browser of its own.
test.describe.configure({ mode: "parallel" });

/** The same page once more: what was stored is there, what was in memory is gone. */
async function again(page: Page): Promise<number> {
  await openPage(page);
  await opened(page);
  return countOf(page);
}

interface Lack {
  what: string;
  /** Runs in the page and in the worker. */
  change: () => void;
  storage: "opfs" | "indexeddb" | "memory";
  /** The storages before it, and why each is not to be had. */
  reasons: string[];
}

const NO_DIRECTORY = "opfs: opfs storage is not available here: navigator.storage.getDirectory does not exist";

const LACKS: Lack[] = [
  {
    what: "OPFS is refused, as in private windows of Firefox",
    change: () => {
      const refuse = () => Promise.reject(new DOMException("Security error when calling GetDirectory", "SecurityError"));
      Object.defineProperty(StorageManager.prototype, "getDirectory", { value: refuse });
    },
    storage: "indexeddb",
    reasons: ["opfs: opfs storage is not available here: SecurityError: Security error when calling GetDirectory"],
  },
  {
    what: "OPFS fails, as in private windows of Safari",
    change: () => {
      const message = "The operation failed for an unknown transient reason (e.g. out of memory).";
      const fail = () => Promise.reject(new DOMException(message, "UnknownError"));
      Object.defineProperty(StorageManager.prototype, "getDirectory", { value: fail });
    },
    storage: "indexeddb",
    reasons: [
      "opfs: opfs storage is not available here: UnknownError: The operation failed for an unknown transient reason (e.g. out of memory).",
    ],
  },
  {
    what: "there is no OPFS",
    change: () => void Object.defineProperty(StorageManager.prototype, "getDirectory", { value: undefined }),
    storage: "indexeddb",
    reasons: [NO_DIRECTORY],
  },
  {
    what: "there is no storage manager",
    change: () => void Object.defineProperty(Object.getPrototypeOf(navigator), "storage", { value: undefined }),
    storage: "indexeddb",
    reasons: [NO_DIRECTORY],
  },
  {
    what: "files have no synchronous handles",
    change: () => void Reflect.deleteProperty(FileSystemFileHandle.prototype, "createSyncAccessHandle"),
    storage: "indexeddb",
    reasons: ["opfs: opfs storage is not available here: sync access handles exist only in dedicated workers"],
  },
  {
    what: "files refuse synchronous handles, as in WebKitGTK",
    change: () => {
      const refuse = () => Promise.reject(new DOMException("Backend does not support this operation", "NotSupportedError"));
      Object.defineProperty(FileSystemFileHandle.prototype, "createSyncAccessHandle", { value: refuse });
    },
    storage: "indexeddb",
    reasons: ["opfs: opfs storage is not available here: NotSupportedError: Backend does not support this operation"],
  },
  {
    what: "there is neither OPFS nor IndexedDB",
    change: () => {
      Object.defineProperty(StorageManager.prototype, "getDirectory", { value: undefined });
      Object.defineProperty(globalThis, "indexedDB", { value: undefined });
    },
    storage: "memory",
    reasons: [NO_DIRECTORY, "indexeddb: indexeddb storage is not available here: indexedDB does not exist"],
  },
  {
    what: "there is no OPFS, and IndexedDB throws",
    change: () => {
      Object.defineProperty(StorageManager.prototype, "getDirectory", { value: undefined });
      IDBFactory.prototype.open = () => {
        throw new DOMException("The operation is insecure.", "SecurityError");
      };
    },
    storage: "memory",
    reasons: [NO_DIRECTORY, "indexeddb: indexeddb storage is not available here: SecurityError: The operation is insecure."],
  },
  {
    what: "there is no OPFS, and databases fail to open, as in private windows of older Firefox",
    change: () => {
      Object.defineProperty(StorageManager.prototype, "getDirectory", { value: undefined });
      IDBFactory.prototype.open = () => {
        const error = new DOMException("A mutation operation was attempted on a database that did not allow mutations.", "InvalidStateError");
        const request = Object.assign(new EventTarget(), { error, onerror: null as ((event: Event) => void) | null });
        setTimeout(() => request.onerror?.(new Event("error")));
        return request as unknown as IDBOpenDBRequest;
      };
    },
    storage: "memory",
    reasons: [
      NO_DIRECTORY,
      "indexeddb: indexeddb storage is not available here: InvalidStateError: A mutation operation was attempted on a database that did not allow mutations.",
    ],
  },
];

for (const { what, change, storage, reasons } of LACKS) {
  test(`where ${what}, a store is on ${storage}, and says why`, async ({ page }) => {
    await alter(page, change);
    await openPage(page);
    const info = await opened(page);
    expect([info.storage, info.worker]).toEqual([storage, true]);
    expect(info.fallbacks.map((fallback) => `${fallback.storage}: ${fallback.reason}`)).toEqual(reasons);
    await expectToWork(page);
    expect(await again(page)).toBe(storage === "memory" ? 0 : 2);
  });
}

test("where crypto.randomUUID is missing, nothing is", async ({ page }) => {
  await alter(page, () => void Object.defineProperty(Crypto.prototype, "randomUUID", { value: undefined }));
  await openPage(page);
  const { storage, fallbacks, sharing } = await opened(page);
  expect([storage, fallbacks, sharing?.role]).toEqual(["opfs", [], "leader"]);
  await expectToWork(page);
  expect(await again(page)).toBe(2);
});

/** What keeps contexts from sharing a store. */
const ALONE = [
  { what: "Web Locks are missing", change: () => void Object.defineProperty(Object.getPrototypeOf(navigator), "locks", { value: undefined }) },
  {
    what: "Web Locks are refused",
    change: () => {
      const refuse = () => Promise.reject(new DOMException("Access to the Locks API is denied in this context.", "SecurityError"));
      // Contexts that are not secure have none anyway.
      if ("locks" in navigator) {
        Object.defineProperty(LockManager.prototype, "request", { value: refuse });
      }
    },
  },
  { what: "BroadcastChannel is missing", change: () => void Reflect.deleteProperty(globalThis, "BroadcastChannel") },
];

for (const { what, change } of ALONE) {
  test(`where ${what}, a store is one tab's at a time`, async ({ page, context }) => {
    await alter(context, change);
    await openPage(page);
    const { storage, sharing } = await opened(page);
    expect([storage, sharing]).toEqual(["opfs", null]);
    await expectToWork(page);
    await page.close();
    const next = await openPage(await context.newPage());
    await opened(next);
    expect(await idsOf(next)).toEqual(["a", "b"]);
  });
}

test("where Web Locks are missing, a store in OPFS that is open elsewhere is not replaced by an empty one", async ({ page, context }) => {
  await alter(context, () => void Object.defineProperty(Object.getPrototypeOf(navigator), "locks", { value: undefined }));
  await openPage(page);
  await opened(page);
  await expectToWork(page);
  const second = await openPage(await context.newPage());
  expect(await refusal(second)).toMatch(/^StorageLockedError: /);
  await addTo(page, "c");
  await page.close();
  await opened(second);
  expect(await idsOf(second)).toEqual(["a", "b", "c"]);
});

test("where Web Locks are missing, a store in IndexedDB is that of whoever opened it last", async ({ page, context }) => {
  await alter(context, () => void Object.defineProperty(Object.getPrototypeOf(navigator), "locks", { value: undefined }));
  await openPage(page);
  await opened(page, { storage: "indexeddb" });
  await expectToWork(page);
  const second = await openPage(await context.newPage());
  await opened(second, { storage: "indexeddb" });
  await addTo(second, "c");
  const late = await page.evaluate(() => window.shared.collection.add({ ids: ["d"], embeddings: [[1, 2]] }).then(() => "written", String));
  expect(late).toContain("the store is in use by another tab, worker or process");
  expect(await idsOf(second)).toEqual(["a", "b", "c"]);
});

test("a page without a secure context has its store in IndexedDB, for itself", async ({ launch, server }) => {
  const context = await launch("--host-resolver-rules=MAP plain.test 127.0.0.1");
  const page = await context.newPage();
  await openPage(page, `http://plain.test:${new URL(server.url).port}`);
  expect(await page.evaluate(() => isSecureContext)).toBe(false);
  const info = await opened(page);
  expect([info.storage, info.fallbacks[0]?.reason, info.sharing]).toEqual(["indexeddb", NO_DIRECTORY.slice("opfs: ".length), null]);
  await expectToWork(page);
  await page.reload();
  await page.waitForFunction(() => "chromatid" in window);
  await opened(page);
  expect(await countOf(page)).toBe(2);
});

test("an incognito window has a store of its own, which its tabs share", async ({ page, context, server, consoleErrors }) => {
  await openPage(page);
  await opened(page);
  await addTo(page, "ordinary");
  const incognito = await context.browser()?.newContext();
  if (!incognito) {
    throw new Error("the browser has no incognito windows");
  }
  consoleErrors.watch(incognito);
  const [one, two] = [await incognito.newPage(), await incognito.newPage()];
  await openPage(one, server.url);
  const { storage, fallbacks, sharing } = await opened(one);
  expect([storage, fallbacks, sharing]).toEqual(["opfs", [], { role: "leader", contexts: 1 }]);
  await expectToWork(one);
  await openPage(two, server.url);
  expect((await opened(two)).sharing).toEqual({ role: "follower", contexts: 2 });
  expect(await idsOf(two)).toEqual(["a", "b"]);
  await incognito.close();
  expect(await idsOf(page)).toEqual(["ordinary"]);
});

test("where site data are blocked, a store is in memory, and says so", async ({ server }) => {
  const browser = await launchPlain({ profile: { default_content_setting_values: { cookies: 2 } } });
  try {
    const page = await openPage(await browser.context.newPage(), server.url);
    const info = await opened(page);
    expect([info.storage, info.sharing]).toEqual(["memory", null]);
    expect(info.fallbacks.map(({ storage }) => storage)).toEqual(["opfs", "indexeddb"]);
    await expectToWork(page);
  } finally {
    await browser.close();
  }
});

/** Shows the page with the package inside of `outer`. */
async function embed(outer: Page, url: string): Promise<Frame> {
  await outer.evaluate((source) => {
    const frame = document.createElement("iframe");
    frame.src = source;
    document.body.replaceChildren(frame);
  }, url);
  await expect.poll(() => outer.frames().length).toBe(2);
  const [, frame] = outer.frames();
  if (!frame) {
    throw new Error("the frame is gone");
  }
  await frame.waitForFunction(() => "chromatid" in window);
  return frame;
}

for (const cookies of ["allowed", "blocked"] as const) {
  test(`a page embedded in another site has a store of its own there (cookies of third parties are ${cookies})`, async ({ server }) => {
    const browser = await launchPlain({ profile: { cookie_controls_mode: cookies === "blocked" ? 1 : 0 } });
    const { context } = browser;
    try {
      const first = await openPage(await context.newPage(), server.url);
      await opened(first);
      await addTo(first, "own");

      const outer = await context.newPage();
      const url = `${server.url}/pages/package.html`;
      // Another site, though the same server.
      await outer.goto(`http://localhost:${new URL(server.url).port}/pages/blank.html`);
      const frame = await embed(outer, url);
      const { storage, fallbacks, sharing } = await opened(frame);
      expect([storage, fallbacks, sharing]).toEqual(["opfs", [], { role: "leader", contexts: 1 }]);
      await expectToWork(frame);
      await outer.reload();
      const again = await embed(outer, url);
      await opened(again);
      expect(await countOf(again)).toBe(2);
      expect(await idsOf(first)).toEqual(["own"]);
    } finally {
      await browser.close();
    }
  });
}

/** Serves the page with a content security policy. */
async function restrict(page: Page, policy: string): Promise<void> {
  await page.route("**/pages/package.html", async (route) => {
    const response = await route.fetch();
    await route.fulfill({ response, headers: { ...response.headers(), "content-security-policy": policy } });
  });
}

/** What keeps the engine's worker from starting. */
const WORKERLESS: { what: string; arrange: (page: Page) => Promise<unknown> }[] = [
  { what: "a content security policy forbids workers", arrange: (page) => restrict(page, "worker-src 'none'") },
  {
    what: "workers are no modules",
    arrange: (page) =>
      page.addInitScript(() => {
        // Older browsers pass over the option and take the script for a classic one.
        const Classic = Worker;
        window.Worker = class extends Classic {
          constructor(url: string | URL) {
            super(url);
          }
        };
      }),
  },
  { what: "the script of the worker cannot be loaded", arrange: (page) => page.route(`**${WORKER_SCRIPT}`, (route) => route.abort()) },
];

for (const { what, arrange } of WORKERLESS) {
  test(`where ${what}, opening a store fails at once, and one without a worker works`, async ({ page, consoleErrors }) => {
    consoleErrors.expect(/worker|Worker|import statement|ERR_FAILED/);
    await arrange(page);
    await openPage(page);
    expect(await refusal(page)).toMatch(/^ConnectionLostError: the engine's worker could not start/);
    const info = await opened(page, { worker: false });
    expect([info.storage, info.worker]).toEqual(["indexeddb", false]);
    expect(info.fallbacks).toEqual([
      { storage: "opfs", reason: "opfs storage is not available here: sync access handles exist only in dedicated workers" },
    ]);
    await expectToWork(page);
    await openPage(page);
    await opened(page, { worker: false });
    expect(await countOf(page)).toBe(2);
  });
}

test("a store that was there is not replaced by an empty one where its worker cannot be loaded", async ({ page, consoleErrors }) => {
  consoleErrors.expect(/ERR_FAILED/);
  await openPage(page);
  await opened(page);
  await expectToWork(page);
  await page.route(`**${WORKER_SCRIPT}`, (route) => route.abort());
  await openPage(page);
  expect(await refusal(page)).toContain("the engine's worker could not start");
  await page.unroute(`**${WORKER_SCRIPT}`);
  expect(await again(page)).toBe(2);
});

test("where a content security policy forbids WebAssembly, opening a store says so", async ({ page, consoleErrors }) => {
  consoleErrors.expect(/WebAssembly|Content Security Policy/);
  const policy = "script-src 'self' 'unsafe-inline'";
  await restrict(page, policy);
  await page.route(`**${WORKER_SCRIPT}`, async (route) => {
    const response = await route.fetch();
    await route.fulfill({ response, headers: { ...response.headers(), "content-security-policy": policy } });
  });
  await openPage(page);
  expect(await refusal(page)).toMatch(/^ModuleUnavailableError: the engine could not be loaded: .*Content Security Policy/s);
});

test("where WebAssembly has no SIMD, opening a store says so", async ({ launch }) => {
  const context = await launch("--js-flags=--no-enable-sse4-1");
  const page = await openPage(await context.newPage());
  // A function that makes a vector.
  const module = [0, 97, 115, 109, 1, 0, 0, 0, 1, 5, 1, 96, 0, 1, 123, 3, 2, 1, 0, 10, 10, 1, 8, 0, 65, 0, 253, 15, 253, 98, 11];
  expect(await page.evaluate((bytes) => WebAssembly.validate(new Uint8Array(bytes)), module)).toBe(false);
  expect(await refusal(page)).toMatch(/^ModuleUnavailableError: the engine could not be loaded: .*SIMD/);
});

test("where a storage never answers, opening a store fails in time", async ({ page, context }) => {
  const other = await context.newPage();
  await alter(page, () => {
    const wait = () => new Promise(() => undefined);
    Object.defineProperty(StorageManager.prototype, "getDirectory", { value: wait });
  });
  await alter(other, () => {
    Object.defineProperty(StorageManager.prototype, "getDirectory", { value: undefined });
    IDBFactory.prototype.open = () => new EventTarget() as IDBOpenDBRequest;
  });
  await openPage(page);
  await openPage(other);
  for (const outcome of await Promise.all([refusal(page), refusal(other)])) {
    expect(outcome).toMatch(/^StorageLockedError: /);
  }
});
