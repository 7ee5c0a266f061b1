/** SHA-256, a package that `webpack.config.js` puts in place of its import. WebCrypto's answers late, which costs more than the hash of a record. */

import { sha256 as sha } from "@noble/hashes/sha2.js";

export const sha256: (bytes: Uint8Array) => Uint8Array = sha;
