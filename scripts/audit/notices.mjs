/**
 * The file that credits others in the package: whose code is in its WebAssembly modules and bundles, by which licence, and what that wants to go along.
 * npm runs it before it packs.
 */

import { copyFileSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";

import { isMain, say, SetupError } from "../lib/log.mjs";
import { ROOT } from "../lib/run.mjs";
import { choiceOf } from "./licences.mjs";
import { everythingShipped } from "./shipped.mjs";

/** @typedef {import("./licences.mjs").Shipped} Shipped */

const INTRODUCTION = `chromatid contains code of others, by the licences below.
The WebAssembly modules also contain parts of Rust's standard library (Apache-2.0 OR MIT), https://github.com/rust-lang/rust.`;

const APACHE = "By the Apache License 2.0, whose text is in the file LICENSE.";

/**
 * What the licence of something asks to go along: its text, and notices.
 * @param {Shipped} shipped
 * @param {readonly string[]} files in its directory
 * @param {(file: string) => string} read
 * @returns {string[]}
 */
export function textsOf({ name, licence }, files, read) {
  const chosen = choiceOf(licence);
  if (!chosen) {
    throw new SetupError(`${name} has the licence ${licence ?? "(none)"}: npm run audit`);
  }
  const notices = files.filter((file) => /^notice/i.test(file));
  const licences = files.filter((file) => /^(licen[cs]e|copying|unlicense)/i.test(file) && !/apache/i.test(file));
  const texts = chosen.flatMap((each) => {
    if (each === "Apache-2.0") {
      return [APACHE];
    }
    const [kind = each] = each.toLowerCase().split("-");
    const [file] = [...licences.filter((own) => own.toLowerCase().includes(kind)), ...licences];
    return [file === undefined ? `By the licence ${each}, of which no text comes along.` : read(file)];
  });
  return [...texts, ...notices.map(read)];
}

/**
 * The file. What several have in common is there once.
 * @param {{ name: string, texts: string[] }[]} credits
 */
export function noticesOf(credits) {
  /** @type {Map<string, Set<string>>} */
  const byText = new Map();
  for (const { name, texts } of credits) {
    for (const text of texts) {
      byText.set(text, (byText.get(text) ?? new Set()).add(name));
    }
  }
  const sections = [...byText].map(([text, names]) => `${[...names].sort().join(", ")}\n\n${text}`);
  return `${[INTRODUCTION, ...sections].join(`\n\n${"-".repeat(80)}\n\n`)}\n`;
}

/** Writes it, and our own licence, into the package. */
export async function writeNotices() {
  const { crates, packages } = await everythingShipped("wasm32-unknown-unknown");
  const others = [...crates, ...packages].filter(({ name }) => !name.startsWith("chromatid"));
  const credits = others.map((shipped) => {
    const directory = path.resolve(ROOT, shipped.directory);
    const read = (/** @type {string} */ file) => readFileSync(path.join(directory, file), "utf8").replaceAll("\r\n", "\n").trim();
    return { name: shipped.name, texts: textsOf(shipped, readdirSync(directory), read) };
  });
  writeFileSync(path.join(ROOT, "pkg/THIRD-PARTY-NOTICES"), noticesOf(credits));
  copyFileSync(path.join(ROOT, "LICENSE"), path.join(ROOT, "pkg/LICENSE"));
  return credits.length;
}

if (isMain(import.meta.url)) {
  const count = await writeNotices();
  say(`notices: ${count} in pkg/THIRD-PARTY-NOTICES`);
}
