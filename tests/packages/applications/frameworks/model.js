/** The console's embedding model: a table of tokens, which the test serves beside the page. */

import { StaticTable } from "../../../../www/src/embedding/static-table";
import { WordPiece } from "../../../../www/src/embedding/wordpiece";

const file = async (name) => (await fetch(`/model/${name}`)).arrayBuffer();

export async function loadModel() {
  const [vocabulary, rows, scales] = await Promise.all(["vocab.txt", "minilm-static-256.i8.bin", "minilm-static-256.scale.f32.bin"].map(file));
  const table = new StaticTable(new WordPiece(new TextDecoder().decode(vocabulary)), new Int8Array(rows), new Float32Array(scales));
  return (text) => [...table.embed(text)];
}
