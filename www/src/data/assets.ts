const GZIP_MAGIC = [0x1f, 0x8b];

/** A file of the console's `data/` folder could not be had. */
export class AssetError extends Error {
  override readonly name = "AssetError";
}

/** Fetches a file that is shipped with the page; `path` is relative to the page, and to the scripts of its workers, which lie beside it. */
export async function fetchAsset(path: string): Promise<ArrayBuffer> {
  const url = new URL(path, typeof document === "undefined" ? location.href : document.baseURI);
  let response: Response;
  try {
    response = await fetch(url);
  } catch (cause) {
    throw new AssetError(`${path} could not be loaded: there is no connection and no copy of it in the cache`, { cause });
  }
  if (!response.ok) throw new AssetError(`${path} could not be loaded: the server answered ${response.status}`);
  return response.arrayBuffer();
}

/**
 * The text of a file that is stored gzipped. Some servers announce such a file as gzip-encoded, and the browser has
 * then unpacked it already: the bytes tell.
 */
export async function gunzipText(bytes: ArrayBuffer): Promise<string> {
  const head = new Uint8Array(bytes, 0, Math.min(2, bytes.byteLength));
  const isGzip = GZIP_MAGIC.every((byte, i) => head[i] === byte);
  if (!isGzip) return new TextDecoder().decode(bytes);
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
  return new Response(stream).text();
}
