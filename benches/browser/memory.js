// How much memory the WebAssembly modules of this thread have. Imported before anything that makes one.

const memories = new Set();

const note = (instance) => {
  for (const value of Object.values(instance.exports)) {
    if (value instanceof WebAssembly.Memory) {
      memories.add(value);
    }
  }
  return instance;
};
const noteResult = (result) => {
  note(result instanceof WebAssembly.Instance ? result : result.instance);
  return result;
};

const { instantiate, instantiateStreaming, Instance, Memory } = WebAssembly;
WebAssembly.instantiate = (...args) => instantiate(...args).then(noteResult);
WebAssembly.instantiateStreaming = (...args) => instantiateStreaming(...args).then(noteResult);
WebAssembly.Instance = new Proxy(Instance, { construct: (target, args) => note(new target(...args)) });
WebAssembly.Memory = new Proxy(Memory, {
  construct(target, args) {
    const memory = new target(...args);
    memories.add(memory);
    return memory;
  },
});

/** Bytes of all memories that were made or exported in this thread so far. */
export const wasmBytes = () => [...memories].reduce((sum, memory) => sum + memory.buffer.byteLength, 0);
