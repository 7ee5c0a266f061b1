/** The offscreen document: it has the store open, and answers what the other parts of the extension ask. */

import { type Answer, type Argument, type CallName, type Change, CHANGES, type Request, type Response } from "../messages";
import { Library } from "./library";
import { Syncing } from "./syncing";

const changes = new BroadcastChannel(CHANGES);
const tell = (change: Change): void => changes.postMessage(change);

interface Open {
  library: Library;
  syncing: Syncing;
}

async function open(): Promise<Open> {
  await navigator.storage.persist();
  const library = await Library.open();
  const pulled = async (): Promise<void> => {
    await library.tidy();
    tell("pages");
  };
  const syncing = new Syncing(library.client, () => tell("sync"), pulled);
  // A server that does not answer keeps nobody from what is here.
  void syncing.start();
  return { library, syncing };
}

let opened: Promise<Open> | undefined;

/** The next call tries again what failed. */
function store(): Promise<Open> {
  opened ??= open().catch((error: unknown) => {
    opened = undefined;
    throw error;
  });
  return opened;
}

type Handlers = { [N in CallName]: (argument: Argument<N>, open: Open) => Promise<Answer<N>> };

const handlers: Handlers = {
  keep: (page, { library }) => changing(library.keep(page)),
  page: (url, { library }) => library.page(url),
  pages: (query, { library }) => library.pages(query),
  search: (query, { library }) => library.search(query),
  forget: (page, { library }) => changing(library.forget(page).then(() => null)),
  info: (_, { library }) => library.info(),
  export: async (_, { library }) => URL.createObjectURL(await library.export()),
  import: async (url, { library }) => changing(library.import(await (await fetch(url)).blob())),
  sync: (_, { syncing }) => syncing.state(),
  link: (settings, { syncing }) => syncing.link(settings),
  unlink: (_, { syncing }) => syncing.unlink(),
  syncNow: (_, { syncing }) => syncing.syncNow(),
  decide: (decision, { syncing }) => syncing.decide(decision),
};

async function changing<T>(work: Promise<T>): Promise<T> {
  const answer = await work;
  tell("pages");
  return answer;
}

async function answer<N extends CallName>({ call, argument }: Request<N>): Promise<Response<N>> {
  try {
    return { answer: await handlers[call](argument, await store()) };
  } catch (error) {
    const { name, message } = error instanceof Error ? error : new Error(String(error));
    return { error: { name, message } };
  }
}

// Messages of content scripts are none of these: the extension has no content script that sends any.
chrome.runtime.onMessage.addListener((message: Partial<Request>, sender, respond) => {
  if (message.to !== "store" || sender.id !== chrome.runtime.id || sender.tab?.url?.startsWith("http")) {
    return false;
  }
  void answer(message as Request).then(respond);
  return true;
});

void store().catch(() => undefined);
