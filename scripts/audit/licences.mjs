/** Which licences what ships may have: those that ask for no more than that their text goes along. */

import path from "node:path";

const ALLOWED = new Set([
  "0BSD", "Apache-2.0", "BSD-2-Clause", "BSD-3-Clause", "BSL-1.0", "CC0-1.0", "ISC", "MIT", "MIT-0", "Unicode-3.0", "Unlicense", "Zlib",
]);

/** Whether an SPDX expression leaves a choice of allowed licences. @param {string | null | undefined} expression */
export function isAllowed(expression) {
  return choiceOf(expression) !== undefined;
}

/**
 * The licences by which something is taken whose licence is an SPDX expression: Apache-2.0, ours, where it leaves the choice, else the first that is allowed.
 * Undefined if none is. `/` stands for `OR`, as cargo once wrote it.
 * @param {string | null | undefined} expression
 * @returns {string[] | undefined}
 */
export function choiceOf(expression) {
  const tokens = (expression ?? "").replaceAll("/", " OR ").match(/[()]|[^\s()]+/g) ?? [];
  let at = 0;
  /** @returns {string[] | undefined} */
  const one = () => {
    const token = tokens[at++] ?? "";
    if (token !== "(") {
      // An exception only permits more.
      at += tokens[at] === "WITH" ? 2 : 0;
      return ALLOWED.has(token) ? [token] : undefined;
    }
    const inner = any();
    at += 1;
    return inner;
  };
  const all = () => {
    let chosen = one();
    while (tokens[at] === "AND") {
      at += 1;
      const next = one();
      chosen = chosen && next && [...chosen, ...next];
    }
    return chosen;
  };
  const any = () => {
    const choices = [all()];
    while (tokens[at] === "OR") {
      at += 1;
      choices.push(all());
    }
    return choices.find((choice) => choice?.join() === "Apache-2.0") ?? choices.find((choice) => choice !== undefined);
  };
  const chosen = any();
  return at === tokens.length ? chosen : undefined;
}

/** @typedef {{ name: string, licence: string | null | undefined, directory: string }} Shipped `directory`: where its files are, of npm packages from the root */
/** @typedef {{ id: string, name: string, version: string, license: string | null, source: string | null, manifest_path: string }} Crate */
/** @typedef {{ id: string, deps: { pkg: string, dep_kinds: { kind: string | null }[] }[] }} Node */
/** @typedef {{ version?: string, license?: string, dependencies?: Record<string, string>, devDependencies?: Record<string, string> }} Locked */

/**
 * The crates that the engine links: what tests and build scripts alone need does not ship.
 * @param {{ packages: Crate[], resolve: { nodes: Node[] } }} metadata of `cargo metadata`
 * @returns {Shipped[]}
 */
export function shippedCrates({ packages, resolve }) {
  const byId = new Map(packages.map((crate) => [crate.id, crate]));
  const nodes = new Map(resolve.nodes.map((node) => [node.id, node]));
  const waiting = packages.filter(({ name, source }) => source === null && /^chromatid/.test(name)).map(({ id }) => id);
  const seen = new Set(waiting);
  for (const id of waiting) {
    for (const { pkg, dep_kinds: kinds } of nodes.get(id)?.deps ?? []) {
      if (!seen.has(pkg) && kinds.some(({ kind }) => kind === null)) {
        seen.add(pkg);
        waiting.push(pkg);
      }
    }
  }
  return waiting
    .flatMap((id) => byId.get(id) ?? [])
    .map(({ name, version, license, manifest_path: manifest }) => ({ name: `${name} ${version}`, licence: license, directory: path.dirname(manifest) }));
}

/**
 * The npm packages whose code is bundled: what the console depends on, and what the build puts into the package.
 * @param {{ packages: Record<string, Locked> }} lock of the root
 * @returns {Shipped[]}
 */
export function shippedPackages({ packages }) {
  const ofConsole = Object.keys(packages["www"]?.dependencies ?? {}).filter((name) => name !== "chromatid");
  const ofPackage = Object.keys(packages["pkg"]?.devDependencies ?? {}).filter((name) => !name.startsWith("@types/"));
  const waiting = [...ofConsole.map((name) => ({ name, from: "www" })), ...ofPackage.map((name) => ({ name, from: "pkg" }))];
  /** @type {Map<string, Shipped>} */
  const found = new Map();
  for (const { name, from } of waiting) {
    const place = placeOf(packages, name, from);
    const locked = packages[place ?? ""];
    if (place === undefined || locked === undefined) {
      // An optional one that this machine's installation does not have.
      continue;
    }
    if (!found.has(place)) {
      found.set(place, { name: `${name} ${locked.version}`, licence: locked.license, directory: place });
      waiting.push(...Object.keys(locked.dependencies ?? {}).map((next) => ({ name: next, from: place })));
    }
  }
  return [...found.values()];
}

/**
 * Where Node finds a package from a place: beside it, or in a directory above.
 * @param {Record<string, unknown>} packages
 * @param {string} name
 * @param {string} from
 */
function placeOf(packages, name, from) {
  const parts = from.split("/");
  const places = parts.map((_, i) => [...parts.slice(0, parts.length - i), "node_modules", name].join("/"));
  return [...places, `node_modules/${name}`].find((place) => place in packages);
}
