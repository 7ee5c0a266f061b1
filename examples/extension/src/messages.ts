/** What pages and the service worker ask of the store, and what it answers. Everything here is JSON. */

/** A run of text of a page: a heading of some level, or a paragraph. */
export interface Block {
  text: string;
  level?: number;
}

/** What is read of a page when it is kept. */
export interface PageContent {
  url: string;
  title: string;
  language: string;
  blocks: Block[];
}

/** A kept page. */
export interface KeptPage {
  id: string;
  url: string;
  title: string;
  site: string;
  language: string;
  /** Milliseconds since 1970. */
  keptAt: number;
  passages: number;
}

/** A passage that a search found. */
export interface FoundPassage {
  id: string;
  heading: string;
  text: string;
  /** The sentence that fits best, to be scrolled to. */
  sentence: string;
  /** Words of the text, in lower case, that the search matched. */
  marks: string[];
}

/** A page with the passages that a search found, best first. */
export interface FoundPage {
  page: KeptPage;
  passages: FoundPassage[];
}

export interface SiteCount {
  site: string;
  pages: number;
}

/** Kept pages, the latest first, and how many there are of each site. */
export interface PageList {
  pages: KeptPage[];
  sites: SiteCount[];
  total: number;
}

export interface StoreInfo {
  bytes: number;
}

export interface SyncSettings {
  address: string;
  tenant: string;
  database: string;
  collection: string;
}

/** The link with a server, if there is one. */
export interface SyncState {
  settings?: SyncSettings;
  /** A state of `LinkStatus`, or `failed` where the link could not be opened. */
  state?: string;
  message?: string;
  pending: number;
  refused: number;
  lastSync?: number;
}

export type SyncDecision = "adoptRemote" | "pushLocal" | "merge" | "accept" | "restore";

/** The calls, by name. Each may be repeated: the second time changes nothing. */
export interface Calls {
  keep(page: PageContent): KeptPage;
  page(url: string): KeptPage | null;
  pages(query: { site?: string; limit: number }): PageList;
  search(query: { text: string; site?: string; pages: number }): FoundPage[];
  forget(page: string): null;
  info(query: null): StoreInfo;
  /** A URL of a blob that holds all kept pages. */
  export(query: null): string;
  /** Takes the pages of a blob that are not here, or older here. Answers how many. */
  import(url: string): number;
  sync(query: null): SyncState;
  link(settings: SyncSettings & { token?: string }): SyncState;
  unlink(query: null): SyncState;
  syncNow(query: null): SyncState;
  decide(decision: SyncDecision): SyncState;
}

export type CallName = keyof Calls;
export type Argument<N extends CallName> = Parameters<Calls[N]>[0];
export type Answer<N extends CallName> = ReturnType<Calls[N]>;

/** A call as it is sent. */
export interface Request<N extends CallName = CallName> {
  to: "store";
  call: N;
  argument: Argument<N>;
}

export type Response<N extends CallName = CallName> = { answer: Answer<N> } | { error: { name: string; message: string } };

/** Extension pages hear here that kept pages or the link have changed. */
export const CHANGES = "changes";
export type Change = "pages" | "sync";
