/** What a Worker takes in its isolate, which platforms bound: asked of workerd's inspector, in the protocol of V8's developer tools. */

import { once } from "node:events";

import { WebSocket } from "ws";

/** @typedef {{ id: number, result: { usedSize: number, embedderHeapUsedSize: number, backingStorageSize: number } }} Answer */

/** The Worker that Miniflare was given; the others are its own. */
const USER_WORKER = "core:user:";

/**
 * Bytes of the heap in use and of the buffers that it holds, WebAssembly's memory among them.
 * @param {number} port of the inspector
 * @returns {Promise<number>}
 */
export async function isolateBytes(port) {
  const listed = await fetch(`http://127.0.0.1:${port}/json`);
  const targets = /** @type {{ id: string, webSocketDebuggerUrl: string }[]} */ (await listed.json());
  const target = targets.find(({ id }) => id.startsWith(USER_WORKER));
  if (!target) {
    throw new Error("workerd's inspector knows no Worker");
  }
  const socket = new WebSocket(target.webSocketDebuggerUrl);
  try {
    await once(socket, "open");
    socket.send(JSON.stringify({ id: 1, method: "Runtime.getHeapUsage" }));
    for (;;) {
      const [message] = await once(socket, "message");
      const { id, result } = /** @type {Answer} */ (JSON.parse(String(message)));
      if (id === 1) {
        return result.usedSize + result.embedderHeapUsedSize + result.backingStorageSize;
      }
    }
  } finally {
    socket.close();
  }
}
