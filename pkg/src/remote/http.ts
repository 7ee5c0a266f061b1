/** What all who ask a Chroma server have in common: clients of a server, and links. */

/** What requests are made with; that of the platform, unless a test or a proxy gives another. */
export type Fetch = (url: string, init: RequestInit) => Promise<Response>;

/** What to look at when no answer comes: browsers do not say why. */
export function unreachableMessage(url: string): string {
  return `${new URL(url).origin} cannot be reached: is the server up, the network there, and this page's origin among those that the server's CORS settings allow?`;
}

/** Characters that are made of bytes at once: arguments of a call. */
const PIECE = 8192;

/** A vector as the API takes it in base64: 32 bits a component, the lowest byte first. */
export function toBase64(vector: Float32Array): string {
  const bytes: Uint8Array & { toBase64?: () => string } = new Uint8Array(vector.buffer, vector.byteOffset, vector.byteLength);
  if (bytes.toBase64) {
    return bytes.toBase64();
  }
  let text = "";
  for (let at = 0; at < bytes.length; at += PIECE) {
    text += String.fromCharCode(...bytes.subarray(at, at + PIECE));
  }
  return btoa(text);
}
