// A storage adapter over JavaScript maps: the smallest one that keeps the contract. A store is opened again under
// its name, with what it held, for as long as the page lives. Calls answer by promise or at once, as both are allowed.

const stores = new Map();

function emptyStore() {
  return { blocks: new Map(), log: new Map(), root: undefined };
}

/** Opens the store of that name, an empty one the first time. */
export function openMapAdapter(name) {
  const store = stores.get(name) ?? emptyStore();
  stores.set(name, store);
  // The engine's memory may move after the call: what is kept is a copy.
  const copy = (bytes) => bytes.slice();
  return {
    readBlock: (id) => store.blocks.get(id),
    readBlocks: async (ids) => ids.map((id) => store.blocks.get(id)),
    writeBlocks: async (blocks) => blocks.forEach(({ id, bytes }) => store.blocks.set(id, copy(bytes))),
    deleteBlocks: (ids) => ids.forEach((id) => store.blocks.delete(id)),
    listBlocks: async () => [...store.blocks.keys()],
    appendLog: async (frames) => frames.forEach(({ sequence, bytes }) => store.log.set(sequence, copy(bytes))),
    readLog: async (from) => ascending(store.log).flatMap(([sequence, bytes]) => (sequence >= from ? [bytes] : [])),
    dropLog: (below) => ascending(store.log).forEach(([sequence]) => sequence < below && store.log.delete(sequence)),
    readRoot: async () => store.root,
    writeRoot: async ({ generation, bytes }) => {
      store.root = { generation, bytes: copy(bytes) };
    },
    flush: async () => undefined,
    usage: () => usage(store),
    close: async () => undefined,
    clear: () => void Object.assign(store, emptyStore()),
  };
}

function ascending(log) {
  return [...log].sort(([a], [b]) => Number(a) - Number(b));
}

function usage({ blocks, log, root }) {
  const bytes = (items) => [...items.values()].reduce((sum, item) => sum + item.length, 0);
  const sizes = { blocks: blocks.size, blockBytes: bytes(blocks), logBytes: bytes(log) };
  return { ...sizes, totalBytes: sizes.blockBytes + sizes.logBytes + (root?.bytes.length ?? 0) };
}
