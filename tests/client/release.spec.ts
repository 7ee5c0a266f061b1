/** What a release looks at before it publishes: on a repository that is made for it, on what this one packs, and on what registries say. */

import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";

import { expect, test } from "@playwright/test";

import { run } from "../../scripts/lib/run.mjs";
import { CRATES, crateProblems, metadataProblems, packageProblems, treeProblems, versionOf, versionProblems } from "../../scripts/release/checks.mjs";
import { publish } from "../../scripts/release/publish.mjs";
import { isOnCratesIo, isOnNpm } from "../../scripts/release/registries.mjs";

const ROOT = path.join(import.meta.dirname, "../..");

test("a tag is that of a release or none", () => {
  expect(["v1.2.3", "v0.1.0-beta.1", "1.2.3", "v1.2", "v1.2.3 ", "latest", ""].map(versionOf)).toEqual(["1.2.3", "0.1.0-beta.1", undefined, undefined, undefined, undefined, undefined]);
});

test.describe("in a repository", () => {
  let root: string;
  const git = (...args: string[]) => run(["git", "-c", "user.name=t", "-c", "user.email=t@example.org", ...args], { cwd: root, quiet: true });
  const write = (file: string, text: string) => {
    mkdirSync(path.dirname(path.join(root, file)), { recursive: true });
    writeFileSync(path.join(root, file), text);
  };
  const alter = (file: string, from: string, to: string) => write(file, readFileSync(path.join(root, file), "utf8").replace(from, to));

  test.beforeEach(async () => {
    root = mkdtempSync(path.join(tmpdir(), "chromatid-release-"));
    const dependencies = '[dependencies]\nchromatid-patterns = { version = "1.2.3", path = "src/patterns" }\nchromatid-vectors = { version = "1.2.3", path = "src/vectors" }\n';
    for (const { name, directory } of CRATES) {
      write(path.join(directory, "Cargo.toml"), `[package]\nname = "${name}"\nversion = "1.2.3"\nrepository = "https://example.org/c"\n${directory === "." ? dependencies : ""}`);
    }
    write("Cargo.lock", CRATES.map(({ name }) => `[[package]]\nname = "${name}"\nversion = "1.2.3"\n`).join("\n"));
    write("pkg/package.json", JSON.stringify({ name: "chromatid", version: "1.2.3", repository: "https://example.org/c" }));
    write("package-lock.json", JSON.stringify({ packages: { pkg: { version: "1.2.3" } } }));
    write("CHANGELOG.md", "# Changelog\n\n## Unreleased\n\n## 1.2.3 (2026-01-02)\n\nMore.\n\n## 1.2.2\n");
    await git("init", "--quiet");
    await git("add", "--all");
    await git("commit", "--quiet", "--message", "first");
    await git("tag", "v1.2.3");
  });

  test.afterEach(() => rmSync(root, { recursive: true, force: true }));

  test("nothing is wrong where all agree", async () => {
    expect(versionProblems(root, "1.2.3")).toEqual([]);
    expect(metadataProblems(root)).toEqual([]);
    expect(await treeProblems(git, "v1.2.3")).toEqual([]);
  });

  test("a tree that is not the tag's is told", async () => {
    expect(await treeProblems(git, "v1.2.4")).toEqual(["there is no tag v1.2.4"]);
    write("new.txt", "");
    expect(await treeProblems(git, "v1.2.3")).toEqual(["the tree has changes that are not committed:\n?? new.txt"]);
    await git("add", "--all");
    await git("commit", "--quiet", "--message", "second");
    expect(await treeProblems(git, "v1.2.3")).toEqual(["the tree is at another commit than v1.2.3"]);
  });

  test("each place with another version is told", () => {
    for (const [file, from, to, problem] of [
      ["src/vectors/Cargo.toml", "1.2.3", "1.2.2", "src/vectors/Cargo.toml has the version 1.2.2, not 1.2.3"],
      ["Cargo.toml", 'chromatid-vectors = { version = "1.2.3"', 'chromatid-vectors = { version = "1.0.0"', "Cargo.toml, the dependency chromatid-vectors has the version 1.0.0, not 1.2.3"],
      ["Cargo.lock", 'name = "chromatid-patterns"\nversion = "1.2.3"', 'name = "chromatid-patterns"\nversion = "1.2.1"', "Cargo.lock, chromatid-patterns has the version 1.2.1, not 1.2.3"],
      ["pkg/package.json", "1.2.3", "2.0.0", "pkg/package.json has the version 2.0.0, not 1.2.3"],
      ["package-lock.json", "1.2.3", "1.2.0", "package-lock.json, pkg has the version 1.2.0, not 1.2.3"],
      ["CHANGELOG.md", "## 1.2.3", "### 1.2.3", "CHANGELOG.md has 1.2.2 as the latest, not 1.2.3"],
    ] as const) {
      const before = readFileSync(path.join(root, file), "utf8");
      alter(file, from, to);
      expect(versionProblems(root, "1.2.3")).toEqual([problem]);
      write(file, before);
    }
    alter("pkg/package.json", "repository", "homepage");
    expect(metadataProblems(root)).toEqual(["pkg/package.json names no repository"]);
  });
});

test.describe("of the package", () => {
  const manifest = { exports: { ".": { types: "./dist/a.d.ts", node: { default: "./dist/a.js" } }, "./wasm": "./wasm/a.wasm" }, bin: { a: "./dist/cli.js" } };
  const names = ["README.md", "LICENSE", "THIRD-PARTY-NOTICES", "package.json", "console/index.html", "dist/a.d.ts", "dist/a.js", "dist/cli.js", "wasm/a.wasm"];
  const packed = (paths: string[]) => ({ files: paths.map((name) => ({ path: name, size: 1 })), size: 100, unpackedSize: 200 });
  const budget = { packed: 100, unpacked: 200 };

  test("what is expected is all right", () => {
    expect(packageProblems(packed(names), manifest, budget)).toEqual([]);
  });

  test("what is missing, foreign, empty or too much is told", () => {
    const without = (name: string) => packageProblems(packed(names.filter((each) => each !== name)), manifest, budget);
    for (const name of names.filter((each) => each !== "package.json")) {
      expect(without(name)).toEqual([`the package lacks ${name}`]);
    }
    for (const name of ["src/a.ts", "dist/a.js.map", ".env", "wasm/.stamp", "console/data/model.bin", "dist/a.ts"]) {
      expect(packageProblems(packed([...names, name]), manifest, budget)).toEqual([`the package has ${name}, which does not belong there`]);
    }
    expect(packageProblems({ ...packed(names), files: names.map((name) => ({ path: name, size: name === "dist/a.js" ? 0 : 1 })) }, manifest, budget)).toEqual(["dist/a.js is empty"]);
    expect(packageProblems({ ...packed(names), size: 101, unpackedSize: 201 }, manifest, budget)).toEqual([
      "the package has 101 bytes, more than 100",
      "the package has 201 bytes unpacked, more than 200",
    ]);
  });
});

test("the crates have their sources, their licence and nothing else", async () => {
  test.setTimeout(120_000);
  for (const { name } of CRATES) {
    const { code, output } = await run(["cargo", "package", "--list", "--quiet", "--locked", "--allow-dirty", "--package", name], { cwd: ROOT, quiet: true });
    expect(code, output).toBe(0);
    const files = output.split("\n").filter((line) => /^[\w./-]+$/.test(line));
    expect(files).toContain(name === "chromatid" ? "src/lib.rs" : "lib.rs");
    expect(crateProblems(name, files)).toEqual([]);
  }
  expect(crateProblems("c", ["Cargo.toml", "LICENSE", "tests/a.rs", "data.bin"])).toEqual([
    "the crate c has data.bin, which does not belong there",
    "the crate c has tests/a.rs, which does not belong there",
  ]);
  expect(crateProblems("c", ["Cargo.toml"])).toEqual(["the crate c lacks LICENSE"]);
});

test("the versions of this repository agree", () => {
  const { version } = JSON.parse(readFileSync(path.join(ROOT, "pkg/package.json"), "utf8")) as { version: string };
  // The changelog gets the heading of a release with its tag.
  expect(versionProblems(ROOT, version).filter((problem) => !problem.startsWith("CHANGELOG.md"))).toEqual([]);
});

test("a registry has a version, has it not, or has not said so", async () => {
  const says = (code: number, output: string) => () => Promise.resolve({ code, output });
  expect(await isOnNpm("c", "1.2.3", says(0, "1.2.3\n"))).toBe(true);
  expect(await isOnNpm("c", "1.2.3", says(1, "npm error code E404"))).toBe(false);
  expect(await isOnNpm("c", "1.2.3", says(0, ""))).toBe(false);
  await expect(isOnNpm("c", "1.2.3", says(1, "npm error code ENOTFOUND"))).rejects.toThrow("did not say whether it is there");
  expect(await isOnCratesIo("c", "1.2.3", says(0, "c\nversion: 1.2.3"))).toBe(true);
  expect(await isOnCratesIo("c", "1.2.3", says(101, "error: could not find `c@1.2.3` in registry"))).toBe(false);
  await expect(isOnCratesIo("c", "1.2.3", says(101, "error: failed to download"))).rejects.toThrow("did not say whether it is there");
});

test("what is published already is not published again", async () => {
  /** Registries that have these, and take what they are given. */
  const released = async (version: string, there: string[], broken = "none") => {
    const commands: string[] = [];
    await publish(version, "c.tgz", ([program = "", ...args]) => {
      const command = [program, ...args].join(" ");
      const isQuestion = ["info", "view"].includes(args[0] ?? "");
      if (!isQuestion) {
        commands.push(command);
        return Promise.resolve({ code: command.startsWith(broken) ? 1 : 0, output: "" });
      }
      const found = there.includes(`${program} ${args[1] ?? ""}`);
      return Promise.resolve(found ? { code: 0, output: version } : { code: 1, output: "E404: could not find" });
    }).catch((error: unknown) => commands.push(String(error)));
    return commands;
  };
  const crates = "cargo publish --locked --no-verify";
  const npm = "npm publish c.tgz --provenance --access public --tag";
  expect(await released("1.2.3", [])).toEqual([`${crates} --package chromatid-vectors --package chromatid-patterns --package chromatid`, `${npm} latest`]);
  expect(await released("1.2.3", ["cargo chromatid-vectors@1.2.3"])).toEqual([`${crates} --package chromatid-patterns --package chromatid`, `${npm} latest`]);
  const all = CRATES.map(({ name }) => `cargo ${name}@1.2.3-beta.1`);
  expect(await released("1.2.3-beta.1", all)).toEqual([`${npm} next`]);
  expect(await released("1.2.3-beta.1", [...all, "npm chromatid@1.2.3-beta.1"])).toEqual([]);
  const [, failure] = await released("1.2.3", [], "cargo");
  expect(failure).toContain("What is published stays");
});
