/**
 * Who has the store of the console open: each tab, and each import, holds a lock together with the others. Who moves the store holds it alone, so that
 * nothing is written beside the copy. A lock ends with its page, however that ends.
 */

const LOCK = "console/store";
const CHANNEL = "chromatid-console-store";

/** What the locks of imports begin with: of files, and of the glosses. */
const IMPORTS = "console/import";

/** How long other tabs may take to close the store, in milliseconds. */
const PATIENCE_MS = 10_000;

/** After how many milliseconds somebody who waits for a move is told of it. */
const TELL_MS = 250;

/** `leave`: close the store, a move begins. `moved`: it may be another one now. `lock`: forget the passphrase. */
export type Notice = "leave" | "moved" | "lock";

/** Another tab has the store open and does not close it. */
export class OthersStayError extends Error {
  override readonly name = "OthersStayError";
}

/** An import is under way, here or in another tab, or was left behind. */
export class ImportUnderWayError extends Error {
  override readonly name = "ImportUnderWayError";
}

const locks = (): LockManager | undefined => (navigator as Partial<Navigator>).locks;

/** Waits until the store may be opened; `onWait` is called if that takes a while. Answers what tells that it is closed again. */
export function enter(onWait: () => void = () => undefined): Promise<() => void> {
  const manager = locks();
  if (!manager) return Promise.resolve(() => undefined);
  const timer = setTimeout(onWait, TELL_MS);
  return new Promise((resolve, reject) => {
    const hold = (): Promise<void> => {
      clearTimeout(timer);
      return new Promise((leave) => resolve(leave));
    };
    manager.request(LOCK, { mode: "shared" }, hold).catch(reject);
  });
}

/** Does something while nobody has the store open but the caller, who calls `leave` for itself. */
export async function alone<T>(leave: () => void, work: () => Promise<T>): Promise<T> {
  const manager = locks();
  if (!manager) {
    leave();
    return work();
  }
  const ending = new AbortController();
  const timer = setTimeout(() => ending.abort(new OthersStayError("Another tab of this page has the data open, and does not let go of them")), PATIENCE_MS);
  const done = manager.request(LOCK, { signal: ending.signal }, () => {
    clearTimeout(timer);
    return work();
  });
  // The request stands in line once this is answered: whoever leaves now comes back behind it.
  await manager.query();
  post("leave");
  leave();
  return done;
}

/** Whether files or glosses are being stored, in any tab. */
export async function isImporting(): Promise<boolean> {
  const { held = [] } = (await locks()?.query()) ?? {};
  return held.some(({ name }) => name?.startsWith(IMPORTS));
}

let channel: BroadcastChannel | undefined;

/** Hears what other tabs tell. */
export function listen(hear: (notice: Notice) => void): void {
  channel ??= new BroadcastChannel(CHANNEL);
  channel.onmessage = ({ data }: MessageEvent<Notice>) => hear(data);
}

/** Tells the other tabs. */
export function post(notice: Notice): void {
  channel ??= new BroadcastChannel(CHANNEL);
  channel.postMessage(notice);
}
