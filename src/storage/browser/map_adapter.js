// A StorageAdapter over Maps, as a caller would write one: the body of a function that returns it.
const blocks = new Map();
let frames = [];
let root;
const total = (arrays) => arrays.reduce((sum, bytes) => sum + bytes.length, 0);
return {
  async readBlock(id) {
    return blocks.get(id);
  },
  // Not asynchronous on purpose: a value is as good as a promise.
  readBlocks(ids) {
    return ids.map((id) => blocks.get(id));
  },
  async writeBlocks(list) {
    for (const { id, bytes } of list) blocks.set(id, bytes.slice());
  },
  deleteBlocks(ids) {
    for (const id of ids) blocks.delete(id);
  },
  async listBlocks() {
    return [...blocks.keys()];
  },
  async appendLog(list) {
    frames = frames.concat(list.map(({ sequence, bytes }) => ({ sequence, bytes: bytes.slice() })));
  },
  async readLog(from) {
    return frames.filter(({ sequence }) => sequence >= from).map(({ bytes }) => bytes);
  },
  async dropLog(below) {
    frames = frames.filter(({ sequence }) => sequence >= below);
  },
  async readRoot() {
    return root;
  },
  async writeRoot(next) {
    root = { generation: next.generation, bytes: next.bytes.slice() };
  },
  flush() {},
  async usage() {
    const blockBytes = total([...blocks.values()]);
    const logBytes = total(frames.map(({ bytes }) => bytes));
    return { blocks: blocks.size, blockBytes, logBytes, totalBytes: blockBytes + logBytes };
  },
  close() {},
  async clear() {
    blocks.clear();
    frames = [];
    root = undefined;
  },
};
