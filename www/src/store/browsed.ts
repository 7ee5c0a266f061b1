/** Whether this page shows a place by `chromatid browse`, instead of the store of this browser. */

/** What the program says of it. */
export interface Browsed {
  /** A directory, or the URL of a server, as it was given. */
  place: string;
  tenant?: string;
  database?: string;
}

/** Where the key is kept: for other tabs, and for a reload. It is of no use to a later run. */
const KEY = "chromatid-browse-key";

export const browsed = readMeta();

/** What the address had; read at once, since it names a view from then on. */
const secret = browsed && takeSecret();

function readMeta(): Browsed | undefined {
  // What has no page (a worker, a test of what views share) shows no other place.
  if (typeof document === "undefined") return undefined;
  const text = document.querySelector<HTMLMetaElement>("meta[name=chromatid-browse]")?.content;
  return text === undefined ? undefined : (JSON.parse(text) as Browsed);
}

function takeSecret(): { kind: string; text: string } | undefined {
  const [, kind, text] = /^#(key|code)=([\w-]+)$/.exec(location.hash) ?? [];
  if (kind === undefined || text === undefined) return undefined;
  history.replaceState(null, "", location.pathname);
  return { kind, text };
}

/** The key of the run; that of an earlier visit if the address has none. */
async function readKey(): Promise<string> {
  if (secret?.kind === "code") {
    const response = await fetch("session", { method: "POST", headers: { "x-chromatid-code": secret.text } });
    if (response.ok) localStorage.setItem(KEY, await response.text());
  } else if (secret?.kind === "key") {
    localStorage.setItem(KEY, secret.text);
  }
  return localStorage.getItem(KEY) ?? "";
}

let key: Promise<string> | undefined;

/** The key of the run, found out once. */
export function browseKey(): Promise<string> {
  key ??= readKey();
  return key;
}
