/** Addresses of pages: which are the same, and how a passage is linked to. */

/** Parameters that say where a reader came from, not what is read. */
const TRACKING = /^(utm_\w+|fbclid|gclid|dclid|msclkid|mc_cid|mc_eid|igshid|yclid)$/;

/** Words of a sentence that a link quotes whole; of longer ones it has the first and the last. */
const QUOTED_WORDS = 10;
const EDGE_WORDS = 4;

/** Whether it is a page of the web: only these are kept and opened, whatever a server has sent. */
export function isWebPage(address: string): boolean {
  return URL.canParse(address) && /^https?:$/.test(new URL(address).protocol);
}

/** An address without what does not matter for what is there: the place within the page, and where the reader came from. */
export function canonical(address: string): string {
  const url = new URL(address);
  for (const name of [...url.searchParams.keys()].filter((key) => TRACKING.test(key))) {
    url.searchParams.delete(name);
  }
  // Some applications have their pages behind the hash.
  url.hash = /^#!?\//.test(url.hash) ? url.hash : "";
  url.username = "";
  url.password = "";
  return url.href;
}

/** The name of the site that an address belongs to. */
export function siteOf(address: string): string {
  return new URL(address).hostname.replace(/^www\./, "");
}

/** The address with a text fragment, by which the browser scrolls to a sentence and marks it. */
export function linkTo(address: string, sentence: string): string {
  const words = sentence.split(/\s+/u).filter((word) => word !== "");
  if (words.length === 0) {
    return address;
  }
  const quote = (part: string[]): string => encodeURIComponent(part.join(" ")).replaceAll("-", "%2D");
  const text = words.length <= QUOTED_WORDS ? quote(words) : `${quote(words.slice(0, EDGE_WORDS))},${quote(words.slice(-EDGE_WORDS))}`;
  return `${address}${address.includes("#") ? "" : "#"}:~:text=${text}`;
}
