/** cargo-nextest, which runs the Rust tests in parallel processes; without it plain `cargo test` does. */

import { isMain, say } from "../lib/log.mjs";
import { run } from "../lib/run.mjs";

/** @returns {Promise<boolean>} whether `cargo nextest` is there */
export async function hasNextest() {
  const { code, output } = await run(["cargo", "nextest", "--version"], { quiet: true });
  say(
    code === 0
      ? `rust: ${output.split(" (", 1)[0]?.trim()}`
      : "rust: no cargo-nextest, so `cargo test` runs the tests (`cargo install --locked cargo-nextest` makes them faster)",
  );
  return code === 0;
}

if (isMain(import.meta.url)) {
  await hasNextest();
}
