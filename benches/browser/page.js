// Offers a runner to the driver as `window.bench`, in this page or in a worker of it.

const address = new URLSearchParams(location.search);

function inWorker() {
  const worker = new Worker(new URL(`runner-worker.js?runner=${address.get("runner")}`, import.meta.url), { type: "module" });
  const waiting = new Map();
  let calls = 0;
  const settle = ({ call, value, error }) => {
    const { resolve, reject } = waiting.get(call);
    waiting.delete(call);
    if (error === undefined) {
      resolve(value);
    } else {
      reject(new Error(error));
    }
  };
  worker.addEventListener("message", ({ data }) => settle(data));
  worker.addEventListener("error", ({ message }) => {
    [...waiting.keys()].forEach((call) => settle({ call, error: `the worker stopped: ${message}` }));
  });
  return (method, args) =>
    new Promise((resolve, reject) => {
      waiting.set(++calls, { resolve, reject });
      worker.postMessage({ call: calls, method, args });
    });
}

async function inPage() {
  const { runner } = await import(`./${address.get("runner")}.js`);
  return (method, args) => runner[method](...args);
}

/** Bytes in the files of the origin and in its IndexedDB databases. */
async function storedBytes() {
  const filesIn = async (directory) => {
    let bytes = 0;
    for await (const entry of directory.values()) {
      bytes += entry.kind === "directory" ? await filesIn(entry) : (await entry.getFile()).size;
    }
    return bytes;
  };
  const { usageDetails = {} } = await navigator.storage.estimate();
  return (await filesIn(await navigator.storage.getDirectory())) + (usageDetails.indexedDB ?? 0);
}

const call = address.get("in") === "worker" ? inWorker() : await inPage();
window.bench = { call, storedBytes, started: performance.timeOrigin };
