/**
 * Publishes the npm package and the crates from a tag: `npm run release -- v0.1.0`. With `--dry-run` it does everything but that, and tells what would have
 * kept it from it. What a registry has already is left alone: a release that broke off is started again.
 */

import { mkdirSync, readFileSync, rmSync } from "node:fs";
import path from "node:path";

import { writeNotices } from "./audit/notices.mjs";
import { audit } from "./audit.mjs";
import { build } from "./build.mjs";
import { heading, isMain, say, SetupError } from "./lib/log.mjs";
import { ROOT, run } from "./lib/run.mjs";
import { CRATES, crateProblems, metadataProblems, packageProblems, treeProblems, versionOf, versionProblems } from "./release/checks.mjs";
import { publish } from "./release/publish.mjs";

const OUTPUT = path.join(ROOT, "target/release-package");
const SELECTED = CRATES.flatMap(({ name }) => ["--package", name]);

/** @param {string[]} args */
const git = (...args) => run(["git", ...args], { quiet: true });

/**
 * Runs a program that has to end well; what it says is collected if it is asked for.
 * @param {string[]} command
 * @param {import("./lib/run.mjs").RunOptions} [options]
 */
async function must(command, options) {
  const { code, output } = await run(command, options);
  if (code !== 0) {
    throw new SetupError(`"${command.join(" ")}" failed${output === "" ? "" : `:\n${output}`}`);
  }
  return output;
}

/**
 * The packed package, and what is wrong with it.
 * @returns {Promise<{ tarball: string, problems: string[] }>}
 */
async function pack() {
  rmSync(OUTPUT, { recursive: true, force: true });
  mkdirSync(OUTPUT, { recursive: true });
  await writeNotices();
  const output = await must(["npm", "pack", "--json", "--ignore-scripts", "--pack-destination", OUTPUT], { cwd: path.join(ROOT, "pkg"), quiet: true });
  /** @type {Record<string, import("./release/checks.mjs").Packed & { filename: string }>} */
  const answer = JSON.parse(output.slice(output.search(/^[[{]/m)));
  const [packed] = Object.values(answer);
  if (packed === undefined) {
    throw new SetupError(`npm has packed nothing:\n${output}`);
  }
  const manifest = JSON.parse(readFileSync(path.join(ROOT, "pkg/package.json"), "utf8"));
  const { package: budget } = JSON.parse(readFileSync(path.join(ROOT, "size-budget.json"), "utf8"));
  say(`npm: ${packed.filename}, ${packed.files.length} files, ${packed.size} bytes, ${packed.unpackedSize} unpacked`);
  return { tarball: path.join(OUTPUT, packed.filename), problems: packageProblems(packed, manifest, budget) };
}

/** What is wrong with the crates: with the lists of their files, and when each is built of nothing else. @param {boolean} dirty */
async function checkCrates(dirty) {
  const allow = dirty ? ["--allow-dirty"] : [];
  const problems = [];
  for (const { name } of CRATES) {
    const listed = await must(["cargo", "package", "--list", "--quiet", "--locked", "--package", name, ...allow], { quiet: true });
    problems.push(...crateProblems(name, listed.split("\n").filter((line) => /^[\w./-]+$/.test(line))));
  }
  const { code } = await run(["cargo", "publish", "--dry-run", "--locked", ...SELECTED, ...allow]);
  return code === 0 ? problems : [...problems, "the crates cannot be published as they are: see above"];
}

/**
 * @param {string} tag
 * @param {{ dryRun: boolean }} options
 * @returns {Promise<boolean>} whether nothing was wrong
 */
export async function release(tag, { dryRun }) {
  const version = versionOf(tag);
  if (version === undefined) {
    throw new SetupError(`"${tag}" is no tag of a release: v1.2.3 is one, v1.2.3-beta.1 too`);
  }
  const problems = [...(await treeProblems(git, tag)), ...versionProblems(ROOT, version), ...metadataProblems(ROOT)];
  if (problems.length > 0 && !dryRun) {
    throw new SetupError(`Nothing is published:\n${problems.join("\n")}`);
  }
  heading("build");
  await build();
  heading("package");
  problems.push(...((await audit()) ? [] : ["a licence is not allowed: see above"]));
  const { tarball, problems: ofPackage } = await pack();
  problems.push(...ofPackage);
  heading("crates");
  problems.push(...(await checkCrates(dryRun)));
  // The build must not have made another tree than the tag's.
  problems.push(...(dryRun ? [] : await treeProblems(git, tag)));
  if (problems.length > 0) {
    say(`\nrelease: this keeps ${tag} from being published:\n${problems.map((problem) => `- ${problem}`).join("\n")}`);
    return false;
  }
  if (dryRun) {
    say(`\nrelease: ${tag} could be published`);
    return true;
  }
  heading("publish");
  await publish(version, tarball);
  say(`\nrelease: ${tag} is published`);
  return true;
}

if (isMain(import.meta.url)) {
  const [tag = "", ...options] = process.argv.slice(2).sort((a, b) => Number(a.startsWith("--")) - Number(b.startsWith("--")));
  if (tag === "" || tag.startsWith("--") || options.some((option) => option !== "--dry-run")) {
    throw new SetupError("npm run release -- v1.2.3 [--dry-run]");
  }
  process.exitCode = (await release(tag, { dryRun: options.includes("--dry-run") })) ? 0 : 1;
}
