/** What is written for LangChain, LlamaIndex and Chroma's own client with a server, unchanged but for the server: there is none. */

import { langChain } from "./langchain.js";
import { llamaIndex } from "./llamaindex.js";
import { official } from "./official.js";

/** @param {(text: string) => number[]} embed */
export async function program(embed) {
  return { official: await official(embed), langChain: await langChain(embed), llamaIndex: await llamaIndex(embed) };
}
