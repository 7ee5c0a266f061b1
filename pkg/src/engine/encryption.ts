/** Encryption of stores with WebCrypto: AES-GCM, a random key for each store, wrapped with the caller's. */

import { EngineError } from "./errors.js";

/** What opens an encrypted store: a passphrase, or a key of 256 bits (a `CryptoKey` for AES-GCM may stay unextractable). */
export type Encryption = { passphrase: string } | { key: CryptoKey | Uint8Array };

/** Rounds of PBKDF2 with SHA-256: some tenths of a second, as OWASP recommends. */
const ITERATIONS = 600_000;
const SALT_BYTES = 16;
const NONCE_BYTES = 12;
const KEY_BYTES = 32;
const VERSION = 1;

/** What the engine seals with; `null` for bytes that were not sealed with this key at this place. */
export interface Sealer {
  seal(place: Uint8Array, plain: Uint8Array): Promise<Uint8Array>;
  open(place: Uint8Array, sealed: Uint8Array): Promise<Uint8Array | null>;
}

/** What the engine asks for a {@link Sealer}: the key of a new store with the header that keeps it, or that of a header. */
export class StoreLock {
  readonly #encryption: Encryption;

  constructor(encryption: Encryption) {
    this.#encryption = encryption;
  }

  /**
   * A header: version, rounds (4 bytes, 0 for a key), salt, wrapped key. `wrapped` is the store's key, sealed with the caller's, at the place of what
   * comes before it.
   */
  async create(): Promise<{ sealer: Sealer; header: Uint8Array }> {
    const raw = random(KEY_BYTES);
    const iterations = "passphrase" in this.#encryption ? ITERATIONS : 0;
    const prefix = new Uint8Array(PREFIX_BYTES);
    prefix[0] = VERSION;
    new DataView(prefix.buffer).setUint32(1, iterations, true);
    prefix.set(random(SALT_BYTES), 5);
    const wrapped = await new AesGcm(await this.#wrappingKey(prefix)).seal(prefix, raw);
    return { sealer: new AesGcm(await importKey(raw)), header: concat(prefix, wrapped) };
  }

  /** `null` if the header was made with another key or passphrase. */
  async unlock(header: Uint8Array): Promise<Sealer | null> {
    if (header[0] !== VERSION) {
      const message = `the store was encrypted in form ${String(header[0])} by a newer version of chromatid: update it`;
      throw new EngineError({ name: "ChromaError", message, code: 501, retryable: false });
    }
    const prefix = header.slice(0, PREFIX_BYTES);
    const raw = await new AesGcm(await this.#wrappingKey(prefix)).open(prefix, header.slice(PREFIX_BYTES));
    return raw && new AesGcm(await importKey(raw));
  }

  async #wrappingKey(prefix: Uint8Array): Promise<CryptoKey> {
    const iterations = new DataView(prefix.buffer, prefix.byteOffset).getUint32(1, true);
    const encryption = this.#encryption;
    if ("key" in encryption) {
      return encryption.key instanceof Uint8Array ? importKey(encryption.key) : encryption.key;
    }
    if (iterations === 0) {
      throw wrongKind("a key, not with a passphrase");
    }
    const text = new TextEncoder().encode(encryption.passphrase.normalize("NFC"));
    const base = await crypto.subtle.importKey("raw", text, "PBKDF2", false, ["deriveKey"]);
    const salt = prefix.slice(5, PREFIX_BYTES);
    const algorithm = { name: "PBKDF2", hash: "SHA-256", salt, iterations };
    return crypto.subtle.deriveKey(algorithm, base, ALGORITHM, false, ["encrypt", "decrypt"]);
  }
}

const PREFIX_BYTES = 5 + SALT_BYTES;
const ALGORITHM = { name: "AES-GCM", length: 8 * KEY_BYTES };

/** Nonce, ciphertext and tag one after another; the place is what is authenticated beside them. */
class AesGcm implements Sealer {
  readonly #key: CryptoKey;

  constructor(key: CryptoKey) {
    this.#key = key;
  }

  async seal(place: Uint8Array, plain: Uint8Array): Promise<Uint8Array> {
    const iv = random(NONCE_BYTES);
    const algorithm = { name: "AES-GCM", iv, additionalData: copy(place) };
    return concat(iv, new Uint8Array(await crypto.subtle.encrypt(algorithm, this.#key, copy(plain))));
  }

  async open(place: Uint8Array, sealed: Uint8Array): Promise<Uint8Array | null> {
    const iv = copy(sealed.subarray(0, NONCE_BYTES));
    const algorithm = { name: "AES-GCM", iv, additionalData: copy(place) };
    try {
      return new Uint8Array(await crypto.subtle.decrypt(algorithm, this.#key, copy(sealed.subarray(NONCE_BYTES))));
    } catch (error) {
      // Thus WebCrypto says that the tag does not fit, or that there are too few bytes.
      if (error instanceof DOMException && error.name === "OperationError") {
        return null;
      }
      throw error;
    }
  }
}

/** Checks what a caller has given, before anything is opened with it. */
export function checkEncryption(encryption: Encryption): void {
  if ("passphrase" in encryption) {
    if (typeof encryption.passphrase !== "string" || encryption.passphrase === "") {
      throw invalid("a passphrase must be a text that is not empty");
    }
  } else if (encryption.key instanceof Uint8Array) {
    if (encryption.key.byteLength !== KEY_BYTES) {
      throw invalid(`a key must have ${KEY_BYTES} bytes, not ${encryption.key.byteLength}`);
    }
  } else if (!(encryption.key instanceof CryptoKey) || encryption.key.algorithm.name !== "AES-GCM") {
    throw invalid("a key must be 32 bytes or a CryptoKey for AES-GCM");
  }
}

function importKey(raw: Uint8Array): Promise<CryptoKey> {
  return crypto.subtle.importKey("raw", copy(raw), ALGORITHM, false, ["encrypt", "decrypt"]);
}

function random(bytes: number): Uint8Array<ArrayBuffer> {
  return crypto.getRandomValues(new Uint8Array(bytes));
}

/** Out of memory that may be wasm's, which WebCrypto does not take if it can grow. */
function copy(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  return new Uint8Array(bytes);
}

function concat(a: Uint8Array, b: Uint8Array): Uint8Array {
  const joined = new Uint8Array(a.length + b.length);
  joined.set(a);
  joined.set(b, a.length);
  return joined;
}

function invalid(message: string): EngineError {
  return new EngineError({ name: "InvalidArgumentError", message: `encryption: ${message}`, code: 400, retryable: false });
}

function wrongKind(what: string): EngineError {
  const message = `the store was encrypted with ${what}`;
  return new EngineError({ name: "EncryptionKeyError", message, code: 403, retryable: false });
}
