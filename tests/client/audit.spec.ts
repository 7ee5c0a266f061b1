/** The licences of what ships. */

import { readFileSync } from "node:fs";
import path from "node:path";

import { expect, test } from "@playwright/test";

import { audit } from "../../scripts/audit.mjs";
import { choiceOf, isAllowed, shippedCrates, shippedPackages } from "../../scripts/audit/licences.mjs";
import { noticesOf, textsOf } from "../../scripts/audit/notices.mjs";

test("an expression is allowed if a choice of it is", () => {
  const allowed = ["MIT", "MIT/Apache-2.0", "GPL-3.0-only OR MIT", "(MIT OR Apache-2.0) AND Unicode-3.0", "Apache-2.0 WITH LLVM-exception OR GPL-2.0-only"];
  const refused = ["GPL-3.0-only", "MIT AND GPL-3.0-only", "(GPL-2.0-only OR LGPL-3.0-only) AND MIT", "", null, undefined, "MIT MIT", "UNLICENSED"];
  expect(allowed.filter((expression) => !isAllowed(expression))).toEqual([]);
  expect(refused.filter(isAllowed)).toEqual([]);
});

test("crates that tests alone need do not ship, and what shipped ones need does", () => {
  const crate = (id: string, source: string | null = "registry") => ({ id, name: id, version: "1.0.0", license: "MIT", source, manifest_path: `/${id}/Cargo.toml` });
  const dep = (pkg: string, kind: string | null) => ({ pkg, dep_kinds: [{ kind }] });
  const packages = [crate("chromatid", null), crate("used"), crate("beneath"), crate("tested"), crate("built")];
  const nodes = [
    { id: "chromatid", deps: [dep("used", null), dep("tested", "dev"), dep("built", "build")] },
    { id: "used", deps: [dep("beneath", null)] },
  ];
  expect(shippedCrates({ packages, resolve: { nodes } }).map(({ name }) => name)).toEqual(["chromatid 1.0.0", "used 1.0.0", "beneath 1.0.0"]);
});

test("the console's packages and those that the package has within itself ship", () => {
  const lock = JSON.parse(readFileSync(path.join(import.meta.dirname, "../../package-lock.json"), "utf8")) as { packages: Record<string, object> };
  const names = shippedPackages(lock).map(({ name }) => name.replace(/ .*/, ""));
  expect(names).toEqual(expect.arrayContaining(["react", "scheduler", "react-aria-components", "uplot", "commander", "cli-progress", "string-width", "porter2", "@noble/hashes"]));
  expect(names).not.toContain("webpack");
});

test("everything that ships is allowed", async () => {
  expect(await audit()).toBe(true);
});

test("of a choice our own licence is taken, else the first", () => {
  expect(choiceOf("MIT OR Apache-2.0")).toEqual(["Apache-2.0"]);
  expect(choiceOf("Unlicense OR MIT")).toEqual(["Unlicense"]);
  expect(choiceOf("(MIT OR Apache-2.0) AND Unicode-3.0")).toEqual(["Apache-2.0", "Unicode-3.0"]);
  expect(choiceOf("GPL-3.0-only OR BSD-3-Clause")).toEqual(["BSD-3-Clause"]);
});

test("notices have the text of each licence that is taken, and of each notice, once", () => {
  const read = (file: string) => `text of ${file}`;
  const take = (name: string, licence: string, files: string[]) => ({ name, texts: textsOf({ name, licence, directory: "" }, files, read) });
  const credits = [
    take("a", "MIT OR Apache-2.0", ["LICENSE-APACHE", "LICENSE-MIT"]),
    take("b", "Apache-2.0", ["NOTICE.txt"]),
    take("c", "Apache-2.0 AND Unicode-3.0", ["LICENSE-APACHE", "LICENSE-MIT", "LICENSE-UNICODE"]),
    take("d", "MIT", ["license"]),
    take("e", "ISC", ["license"]),
    take("f", "MIT", []),
  ];
  const sections = noticesOf(credits).split(/\n\n-+\n\n/).slice(1);
  expect(sections).toEqual([
    "a, b, c\n\nBy the Apache License 2.0, whose text is in the file LICENSE.",
    "b\n\ntext of NOTICE.txt",
    "c\n\ntext of LICENSE-UNICODE",
    "d, e\n\ntext of license",
    "f\n\nBy the licence MIT, of which no text comes along.\n",
  ]);
  expect(() => take("g", "GPL-3.0-only", [])).toThrow("npm run audit");
});
