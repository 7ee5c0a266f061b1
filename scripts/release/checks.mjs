/** What has to hold before something is published. Each check answers what is wrong, nothing if all is well. */

import { readFileSync } from "node:fs";
import path from "node:path";

/** The crates that are published, each before those that depend on it. crates.io takes no dependencies by path. */
export const CRATES = [
  { name: "chromatid-vectors", directory: "src/vectors" },
  { name: "chromatid-patterns", directory: "src/patterns" },
  { name: "chromatid", directory: "." },
];

/**
 * The version of a tag; undefined if it is none of a release.
 * @param {string} tag
 */
export function versionOf(tag) {
  return /^v(\d+\.\d+\.\d+(?:-[0-9A-Za-z.-]+)?)$/.exec(tag)?.[1];
}

/**
 * The places that do not have the version.
 * @param {string} root of the repository
 * @param {string} version
 */
export function versionProblems(root, version) {
  const read = (/** @type {string} */ file) => readFileSync(path.join(root, file), "utf8");
  /** @returns {[place: string, found: string | undefined]} */
  const at = (/** @type {string} */ place, /** @type {string | undefined} */ found) => [place, found];
  const versionOfManifest = (/** @type {string} */ file) => at(file, /^version = "(.*)"$/m.exec(read(file))?.[1]);
  /** @type {{ version?: string }} */
  const manifest = JSON.parse(read("pkg/package.json"));
  /** @type {{ packages: Record<string, { version?: string }> }} */
  const lock = JSON.parse(read("package-lock.json"));
  /** @type {[place: string, found: string | undefined][]} */
  const places = [
    ...CRATES.map(({ directory }) => versionOfManifest(path.join(directory, "Cargo.toml"))),
    ...[...read("Cargo.toml").matchAll(/^(chromatid-\w+) = \{ version = "(.*?)"/gm)].map(([, name, found]) => at(`Cargo.toml, the dependency ${name}`, found)),
    ...CRATES.map(({ name }) => at(`Cargo.lock, ${name}`, lockedVersion(read("Cargo.lock"), name))),
    ["pkg/package.json", manifest.version],
    ["package-lock.json, pkg", lock.packages["pkg"]?.version],
  ];
  const different = places.filter(([, found]) => found !== version).map(([place, found]) => `${place} has the version ${found ?? "(none)"}, not ${version}`);
  const [latest] = [...read("CHANGELOG.md").matchAll(/^## (\S+)/gm)].map(([, name]) => name).filter((name) => name !== "Unreleased");
  return latest === version ? different : [...different, `CHANGELOG.md has ${latest ?? "no release"} as the latest, not ${version}`];
}

/**
 * @param {string} lock
 * @param {string} name
 */
function lockedVersion(lock, name) {
  return new RegExp(`name = "${name}"\\nversion = "(.*)"`).exec(lock)?.[1];
}

/**
 * What differs from the tag.
 * @param {(...args: string[]) => Promise<{ code: number, output: string }>} git
 * @param {string} tag
 */
export async function treeProblems(git, tag) {
  const [status, tagged, head] = [await git("status", "--porcelain"), await git("rev-parse", "--verify", "--quiet", `refs/tags/${tag}^{commit}`), await git("rev-parse", "HEAD")];
  const changed = status.output.trim();
  return [
    ...(changed === "" ? [] : [`the tree has changes that are not committed:\n${changed}`]),
    ...(tagged.code !== 0 ? [`there is no tag ${tag}`] : tagged.output === head.output ? [] : [`the tree is at another commit than ${tag}`]),
  ];
}

/**
 * Provenance names the repository that something was built in, and npm compares.
 * @param {string} root
 */
export function metadataProblems(root) {
  const { repository } = JSON.parse(readFileSync(path.join(root, "pkg/package.json"), "utf8"));
  const manifests = CRATES.map(({ directory }) => path.join(directory, "Cargo.toml"));
  const silent = manifests.filter((file) => !/^repository = /m.test(readFileSync(path.join(root, file), "utf8")));
  return [...(repository === undefined ? ["pkg/package.json"] : []), ...silent].map((file) => `${file} names no repository`);
}

/** Files of the package, and those that a release cannot be without. */
const EXPECTED = /^(package\.json|README\.md|LICENSE|THIRD-PARTY-NOTICES|dist\/.+\.(js|d\.ts)|wasm\/.+\.(wasm|js|d\.ts)|console\/[^/]+\.(html|js|css|svg|png|webmanifest|LICENSE\.txt))$/;
const NEEDED = ["README.md", "LICENSE", "THIRD-PARTY-NOTICES", "console/index.html"];

/**
 * @typedef {object} Packed what `npm pack --json` tells
 * @property {{ path: string, size: number }[]} files
 * @property {number} size in bytes, compressed
 * @property {number} unpackedSize
 */

/**
 * What is wrong with a packed package.
 * @param {Packed} packed
 * @param {{ exports: unknown, bin?: Record<string, string> }} manifest
 * @param {{ packed: number, unpacked: number }} budget in bytes
 */
export function packageProblems({ files, size, unpackedSize }, manifest, budget) {
  const names = new Set(files.map((file) => file.path));
  const needed = [...NEEDED, ...[...targetsOf(manifest.exports), ...Object.values(manifest.bin ?? {})].map((file) => path.posix.normalize(file))];
  return [
    ...[...names].filter((name) => !EXPECTED.test(name)).map((name) => `the package has ${name}, which does not belong there`),
    ...needed.filter((name) => !names.has(name)).map((name) => `the package lacks ${name}`),
    ...files.filter((file) => file.size === 0).map((file) => `${file.path} is empty`),
    ...(size > budget.packed ? [`the package has ${size} bytes, more than ${budget.packed}`] : []),
    ...(unpackedSize > budget.unpacked ? [`the package has ${unpackedSize} bytes unpacked, more than ${budget.unpacked}`] : []),
  ];
}

/**
 * The files that `exports` leads to, under any condition.
 * @param {unknown} exported
 * @returns {string[]}
 */
function targetsOf(exported) {
  if (typeof exported === "string") {
    return [exported];
  }
  return Object.values(/** @type {Record<string, unknown>} */ (exported)).flatMap(targetsOf);
}

/**
 * What is wrong with the list of a crate's files.
 * @param {string} name
 * @param {readonly string[]} files
 */
export function crateProblems(name, files) {
  const foreign = files.filter((file) => !/(\.rs|\.js|^(Cargo\.(toml|toml\.orig|lock)|\.cargo_vcs_info\.json|LICENSE|README\.md|CHANGELOG\.md|src\/rest\/(openapi\.json|docs\.html)))$/.test(file));
  const outside = files.filter((file) => /^(tests|benches|target|pkg|www|docs|xtask|node_modules)\//.test(file));
  const lacking = ["LICENSE", "Cargo.toml"].filter((file) => !files.includes(file));
  return [...[...foreign, ...outside].map((file) => `the crate ${name} has ${file}, which does not belong there`), ...lacking.map((file) => `the crate ${name} lacks ${file}`)];
}
