/** Signatures of manifests: Ed25519, by WebCrypto. */

import { ChromaValueError } from "../errors.js";
import { SnapshotSignatureError } from "./errors.js";
import { fromHex, toHex } from "./hex.js";

const ALGORITHM = "Ed25519";

/** Bytes of a public key. */
const KEY_BYTES = 32;

/** A public key: its 32 bytes, or these as 64 hexadecimal digits. */
export type PublicKey = Uint8Array | string;

/** Makes a pair of keys to sign snapshots with. Whoever has the private one can publish. */
export async function generateSnapshotKey(): Promise<CryptoKeyPair> {
  return crypto.subtle.generateKey(ALGORITHM, true, ["sign", "verify"]);
}

/** The public key of a pair, as `openSnapshot` takes it: 64 hexadecimal digits. */
export async function publicKeyOf(pair: CryptoKeyPair): Promise<string> {
  return toHex(new Uint8Array(await crypto.subtle.exportKey("raw", pair.publicKey)));
}

/** The public key and the signature of `bytes`, one after the other. */
export async function sign(pair: CryptoKeyPair, bytes: Uint8Array<ArrayBuffer>): Promise<Uint8Array> {
  const key = new Uint8Array(await crypto.subtle.exportKey("raw", pair.publicKey));
  const signature = new Uint8Array(await crypto.subtle.sign(ALGORITHM, pair.privateKey, bytes));
  return new Uint8Array([...key, ...signature]);
}

/** A public key as its hexadecimal digits. */
export function checkedKey(key: PublicKey): string {
  const bytes = typeof key === "string" ? fromHex(key) : key;
  if (bytes?.length !== KEY_BYTES) {
    throw new ChromaValueError("`publicKey` is the 32 bytes of an Ed25519 key, or its 64 hexadecimal digits");
  }
  return toHex(bytes);
}

/** Throws unless the key has signed the bytes. */
export async function verify(
  key: string,
  signature: { key: string; signature: string } | null,
  bytes: Uint8Array<ArrayBuffer>,
): Promise<void> {
  if (signature === null) {
    throw new SnapshotSignatureError("the snapshot is not signed, and `publicKey` asks for a signature");
  }
  if (signature.key !== key) {
    throw new SnapshotSignatureError(`the snapshot is signed with another key than the one of \`publicKey\`: ${signature.key}`);
  }
  const raw = fromHex(key) ?? new Uint8Array();
  const imported = await crypto.subtle.importKey("raw", raw, ALGORITHM, false, ["verify"]);
  if (!(await crypto.subtle.verify(ALGORITHM, imported, fromHex(signature.signature) ?? new Uint8Array(), bytes))) {
    throw new SnapshotSignatureError("the signature of the snapshot is not one of `publicKey`");
  }
}
