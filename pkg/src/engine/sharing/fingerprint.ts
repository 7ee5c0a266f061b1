/** Whether two contexts have the same key, without telling it. */

import { checkEncryption, type Encryption } from "../encryption.js";

const MEANT_FOR = new TextEncoder().encode("chromatid: who shares a store");

/** As many as the encryption itself takes: what is sent between contexts must not be easier to guess from than what is stored. */
const ITERATIONS = 600_000;

/** A digest that only who has the same passphrase or key comes to. */
export async function fingerprintOf(encryption: Encryption): Promise<string> {
  checkEncryption(encryption);
  const bytes = new Uint8Array("passphrase" in encryption ? await ofText(encryption.passphrase) : await ofKey(encryption.key));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

async function ofText(passphrase: string): Promise<ArrayBuffer> {
  const text = new TextEncoder().encode(passphrase.normalize("NFC"));
  const key = await crypto.subtle.importKey("raw", text, "PBKDF2", false, ["deriveBits"]);
  return crypto.subtle.deriveBits({ name: "PBKDF2", hash: "SHA-256", salt: MEANT_FOR, iterations: ITERATIONS }, key, 256);
}

/** What a key makes of one and the same text: a key need not be extractable for that, and no nonce serves two texts. */
async function ofKey(given: CryptoKey | Uint8Array): Promise<ArrayBuffer> {
  const key =
    given instanceof Uint8Array
      ? await crypto.subtle.importKey("raw", new Uint8Array(given), "AES-GCM", false, ["encrypt"])
      : given;
  const made = await crypto.subtle.encrypt({ name: "AES-GCM", iv: new Uint8Array(12) }, key, MEANT_FOR);
  return crypto.subtle.digest("SHA-256", made);
}
