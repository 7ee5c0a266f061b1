/** Bytes on a socket, and whatever comes back: nothing here helps a request to be a proper one. */

import { once } from "node:events";
import { connect } from "node:net";

/** @typedef {{ status: number, type?: string, body: unknown }} Answer */
/** @typedef {string | Uint8Array} Bytes */
/**
 * @typedef {object} Hostile
 * @property {string} name
 * @property {Bytes | (Bytes | number)[]} bytes pieces are sent one after another; a number is a pause in milliseconds
 * @property {"half" | "reset"} [ends] the sender closes its side, or breaks the connection, when all is sent
 */

/** Whoever says nothing for so long will not say anything. */
const SILENCE_MS = 1_500;

/**
 * @param {number} port
 * @param {Hostile} hostile
 * @returns {Promise<Answer[] | "broken off">} in order; none if the server closes or is silent
 */
export async function send(port, { bytes, ends }) {
  const socket = connect({ host: "127.0.0.1", port, allowHalfOpen: true });
  /** @type {Buffer[]} */
  const received = [];
  socket.on("data", (chunk) => received.push(chunk));
  const over = new Promise((resolve) => {
    socket.setTimeout(SILENCE_MS, () => resolve(undefined));
    // A server that has answered need not read the rest.
    socket.once("error", resolve).once("end", () => resolve(undefined));
  });
  await write(socket, Array.isArray(bytes) ? bytes : [bytes]);
  if (ends === "reset") {
    socket.resetAndDestroy();
    return "broken off";
  }
  if (ends === "half") {
    socket.end();
  }
  await over;
  socket.destroy();
  return answersIn(Buffer.concat(received));
}

/**
 * @param {import("node:net").Socket} socket
 * @param {(Bytes | number)[]} pieces
 */
async function write(socket, pieces) {
  for (const piece of pieces) {
    if (typeof piece === "number") {
      await new Promise((resolve) => setTimeout(resolve, piece));
    } else if (!socket.writable || (!socket.write(piece) && !(await drained(socket)))) {
      return;
    }
  }
}

/**
 * @param {import("node:net").Socket} socket
 * @returns {Promise<boolean>} false when nobody reads any more
 */
function drained(socket) {
  const controller = new AbortController();
  const { signal } = controller;
  const events = ["drain", "close", "timeout"].map((event) => once(socket, event, { signal }).then(() => event === "drain", () => false));
  return Promise.race(events).finally(() => controller.abort());
}

/**
 * @param {Buffer} bytes
 * @returns {Answer[]}
 */
function answersIn(bytes) {
  const answers = [];
  for (let rest = bytes; rest.length > 0;) {
    const end = rest.indexOf("\r\n\r\n");
    const head = rest.subarray(0, end === -1 ? rest.length : end).toString("latin1");
    const status = Number(/^HTTP\/1\.[01] (\d{3})/.exec(head)?.[1] ?? 0);
    const type = /^content-type: *([^\r\n;]+)/im.exec(head)?.[1];
    const start = end === -1 ? rest.length : end + 4;
    const stop = endOfBody(rest, head, start);
    const body = rest.subarray(start, stop).toString();
    answers.push({ status, ...(type && { type }), body: bodyOf(isChunked(head) ? body.replaceAll(/[0-9a-f]+\r\n(.*?)\r\n/gs, "$1") : body) });
    rest = rest.subarray(stop);
  }
  return answers;
}

/**
 * @param {Buffer} bytes
 * @param {string} head of the answer
 * @param {number} start of its body
 */
function endOfBody(bytes, head, start) {
  const length = /^content-length: *(\d+)/im.exec(head)?.[1];
  if (length !== undefined) {
    return start + Number(length);
  }
  if (isChunked(head)) {
    const last = bytes.indexOf("0\r\n\r\n", start);
    return last === -1 ? bytes.length : last + 5;
  }
  // Without either the connection ends with the body.
  return /^connection: *close/im.test(head) ? bytes.length : start;
}

/** @param {string} head */
const isChunked = (head) => /^transfer-encoding: *chunked/im.test(head);

/** @param {string} text */
function bodyOf(text) {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

/**
 * A request as it should be, but for what it is told.
 * @param {string} line method and path
 * @param {Bytes} [body]
 * @param {Record<string, string>} [headers] beside those that every request needs; an empty text leaves one out
 */
export function request(line, body, headers = {}) {
  const bytes = typeof body === "string" ? Buffer.from(body) : body;
  const all = {
    "host": "localhost",
    "connection": "close",
    ...(bytes && { "content-type": "application/json", "content-length": String(bytes.length) }),
    ...headers,
  };
  const lines = Object.entries(all).filter(([, value]) => value !== "").map(([name, value]) => `${name}: ${value}\r\n`);
  return Buffer.concat([Buffer.from(`${line} HTTP/1.1\r\n${lines.join("")}\r\n`, "latin1"), ...(bytes ? [bytes] : [])]);
}
