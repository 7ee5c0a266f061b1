import { open, setup } from "chromatid/slim";

import { program } from "../program.js";

const files = { engine: "/files/chromatid_bg.wasm", patterns: "/files/patterns.wasm", worker: "/files/slim-worker.js" };

async function unprepared() {
  const refused = await open().then(() => "opened", (error) => error.message);
  if (!refused.includes("`setup`")) throw new Error(`not refused: ${refused}`);
}

window.answer = unprepared().then(() => {
  setup(files);
  return program({ open });
});
Object.assign(window, { open, setup, program });
