/** How pages lie in collections. */

import type { Metadata } from "chromatid";

import type { KeptPage, PageContent } from "../messages";
import { canonical, isWebPage, siteOf } from "./address";
import { type Passage, passagesOf } from "./passages";

/** One record for each passage, without the weights of its words: this is what is linked, and a server of one node takes no sparse vectors. */
export const PAGES = "pages";

/** For each of these records its embedding and the weights of its words, made from it and never sent. */
export const INDEX = "pages-index";

/** The key of the weights. */
export const WORDS = "words";

/** The metadata of a passage. Every key is always there, so that what is kept again leaves nothing of before. */
export interface PassageMetadata extends Record<string, string | number> {
  /** The id of its page. */
  page: string;
  /** The page's id with a digest of its content. */
  revision: string;
  url: string;
  title: string;
  site: string;
  language: string;
  heading: string;
  /** Which passage of the page it is, how many there are, and where its text is in that of the page. */
  position: number;
  passages: number;
  start: number;
  end: number;
  kept_at: number;
}

export interface PageRecords {
  page: KeptPage;
  ids: string[];
  documents: string[];
  metadatas: PassageMetadata[];
}

/** A page that cannot be kept, and why. */
export class PageError extends Error {
  override readonly name = "PageError";
}

/** The id of a page: the same for the same address, on every device. */
export async function pageId(address: string): Promise<string> {
  return digest(canonical(address));
}

/** The records of a page. */
export async function recordsOf(content: PageContent, keptAt: number): Promise<PageRecords> {
  if (!isWebPage(content.url)) {
    throw new PageError("Only pages of the web (http and https) can be kept.");
  }
  const passages = passagesOf(content.blocks, content.language);
  if (passages.length === 0) {
    throw new PageError("There is no text on this page.");
  }
  const url = canonical(content.url);
  const id = await digest(url);
  const revision = `${id}:${await digest(JSON.stringify([content.title, passages]))}`;
  const page = { id, url, title: content.title, site: siteOf(url), language: content.language, keptAt, passages: passages.length };
  return {
    page,
    ids: passages.map((_, position) => `${id}#${String(position)}`),
    documents: passages.map(({ text }) => text),
    metadatas: passages.map((passage, position) => metadataOf(page, passage, position, revision)),
  };
}

function metadataOf(page: KeptPage, { heading, start, end }: Passage, position: number, revision: string): PassageMetadata {
  const { id, url, title, site, language, keptAt, passages } = page;
  return { page: id, revision, url, title, site, language, heading, position, passages, start, end, kept_at: keptAt };
}

/** Metadata of a passage, unless another program has written a record that is none. */
export function asPassage(metadata: Metadata | null | undefined): PassageMetadata | undefined {
  const { page, revision, url, position } = metadata ?? {};
  const isOne = typeof page === "string" && typeof revision === "string" && typeof position === "number" && typeof url === "string" && isWebPage(url);
  return isOne ? (metadata as PassageMetadata) : undefined;
}

/** The page that a passage is part of. */
export function pageOf({ page, url, title, site, language, kept_at: keptAt, passages }: PassageMetadata): KeptPage {
  return { id: page, url, title, site, language, keptAt, passages };
}

/** What of a passage is looked through: its headings lend it the words that its sentences take for granted. The first one stands for the title. */
export function searchedText({ title, heading, position }: PassageMetadata, text: string): string {
  return [position === 0 ? title : "", heading, text].filter((part) => part !== "").join("\n");
}

/** 128 bits of SHA-256, in hexadecimal digits. */
async function digest(text: string): Promise<string> {
  const bytes = new Uint8Array(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text)));
  return Array.from(bytes.subarray(0, 16), (byte) => byte.toString(16).padStart(2, "0")).join("");
}
