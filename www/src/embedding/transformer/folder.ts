/** Where the files of a model are. */

const HUGGING_FACE = "https://huggingface.co";

/** Who has the models that are called by one word. */
const COMMON_OWNER = "sentence-transformers";

/**
 * The folder of a model, with a slash at its end: an address, absolute (`https://…`) or of this site (`./models/mine`, `/models/mine`), or else a
 * name at Hugging Face (`owner/name`, or a name of sentence-transformers). Throws if it can be neither.
 */
export function folderOf(source: string): URL {
  const isAddress = /^(\.{0,2}\/|[a-z][a-z0-9+.-]*:)/i.test(source);
  const address = isAddress ? source : `${HUGGING_FACE}/${source.includes("/") ? source : `${COMMON_OWNER}/${source}`}/resolve/main`;
  const url = new URL(address, typeof document === "undefined" ? location.href : document.baseURI);
  if (url.protocol !== "http:" && url.protocol !== "https:") throw new TypeError(`${source} is no address of the web`);
  url.search = url.hash = "";
  if (!url.pathname.endsWith("/")) url.pathname += "/";
  return url;
}
