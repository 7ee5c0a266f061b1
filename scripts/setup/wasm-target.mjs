/**
 * The standard library of Rust for wasm32-unknown-unknown: present, or added by rustup, or, where rustup's host is
 * out of reach, built from Debian's `rust-web-src` by Debian's `rustc-web`.
 *
 * The last way leaves rustup's toolchain alone: it makes a sysroot in the user's cache and a two-line wrapper
 * of the compiler that uses it. cargo is told of it by two variables, which is what {@link ensureWasmTarget} returns.
 */

import { createHash } from "node:crypto";
import { chmodSync, cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { homedir, tmpdir } from "node:os";
import path from "node:path";

import { isMain, say, SetupError } from "../lib/log.mjs";
import { run } from "../lib/run.mjs";
import { aptInstall, hasApt, which } from "../lib/system.mjs";

const TARGET = "wasm32-unknown-unknown";
const HOST_LIBRARY = "lib/rustlib/x86_64-unknown-linux-gnu/lib";

/** Adding the target takes seconds or, behind some networks, never ends. */
const RUSTUP_LIMIT_MS = 60_000;

const DEBIAN_RUSTC = "/usr/bin/rustc";
const DEBIAN_LIBRARY = "/usr/lib/rustlib/src/rust/library/Cargo.lock";
const DEBIAN_PACKAGES = ["rustc-web", "rust-web-src", "lld-22"];

const HELP = `The target ${TARGET} is missing and could not be added. Any one of these helps:
  - rustup target add ${TARGET}
  - on Debian: apt-get install ${DEBIAN_PACKAGES.join(" ")}
Then start again.`;

/**
 * Makes `cargo build --target wasm32-unknown-unknown` possible.
 * CHROMATID_WASM_TOOLCHAIN=debian goes straight to the last way.
 * @returns {Promise<Record<string, string>>} variables to add to the environment of cargo
 */
export async function ensureWasmTarget() {
  if (!which("cargo") || !which("rustc")) {
    throw new SetupError("Rust is missing: install it from https://rustup.rs, then start again.");
  }
  if (process.env.CHROMATID_WASM_TOOLCHAIN !== "debian") {
    if (await hasTarget(process.env.RUSTC ?? "rustc")) {
      say(`rust: ${TARGET} is installed`);
      return {};
    }
    if (await addByRustup()) {
      return {};
    }
  }
  if (!hasApt() || process.arch !== "x64") {
    throw new SetupError(HELP);
  }
  return debianToolchain();
}

/**
 * Whether `rustc` has the standard library of the target; its directory is named even when it is not there.
 * @param {string} rustc
 */
async function hasTarget(rustc) {
  const { code, output } = await run([rustc, "--print", "target-libdir", "--target", TARGET], { quiet: true });
  const directory = output.trim();
  return code === 0 && existsSync(directory) && readdirSync(directory).some((name) => /^libstd-.*\.rlib$/.test(name));
}

async function addByRustup() {
  if (!which("rustup")) {
    return false;
  }
  say(`rust: adding ${TARGET} with rustup (at most ${RUSTUP_LIMIT_MS / 1000} s)`);
  const { code } = await run(["rustup", "target", "add", TARGET], { timeoutMs: RUSTUP_LIMIT_MS });
  if (code !== 0) {
    say("rust: rustup could not add it");
  }
  return code === 0 && hasTarget("rustc");
}

async function debianToolchain() {
  if (!existsSync(DEBIAN_RUSTC) || !existsSync(DEBIAN_LIBRARY)) {
    say(`rust: installing Debian's ${DEBIAN_PACKAGES.join(", ")} (about 60 MB)`);
    await aptInstall(DEBIAN_PACKAGES);
  }
  const { output: version } = await run([DEBIAN_RUSTC, "-vV"], { quiet: true });
  const key = createHash("sha256").update(version).digest("hex").slice(0, 12);
  const sysroot = path.join(homedir(), ".cache/chromatid", `wasm-sysroot-${key}`);
  const wrapper = path.join(sysroot, "bin/rustc");
  if (!existsSync(wrapper)) {
    await buildSysroot(sysroot, wrapper);
  }
  say(`rust: ${TARGET} by ${version.split("\n", 1)[0]}, sysroot ${sysroot}`);
  return { RUSTC: wrapper, CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER: await linker() };
}

/**
 * Builds the standard library once, and at the very end the wrapper that marks the sysroot as whole.
 * @param {string} sysroot
 * @param {string} wrapper
 */
async function buildSysroot(sysroot, wrapper) {
  say("rust: building the standard library for wasm, once (a minute or two)");
  const work = mkdtempSync(path.join(tmpdir(), "chromatid-std-"));
  try {
    mkdirSync(path.join(work, "src"));
    writeFileSync(path.join(work, "src/lib.rs"), "");
    writeFileSync(
      path.join(work, "Cargo.toml"),
      '[workspace]\n[package]\nname = "empty"\nversion = "0.0.0"\nedition = "2021"\n[profile.release]\npanic = "abort"\n',
    );
    const { code } = await run(["cargo", "build", "--release", "--target", TARGET, "-Zbuild-std=std,panic_abort"], {
      cwd: work,
      env: { RUSTC: DEBIAN_RUSTC, RUSTC_BOOTSTRAP: "1", CARGO_TARGET_DIR: path.join(work, "target"), RUSTFLAGS: "" },
    });
    if (code !== 0) {
      throw new SetupError(HELP);
    }
    const built = path.join(work, "target", TARGET, "release/deps");
    const library = path.join(sysroot, "lib/rustlib", TARGET, "lib");
    rmSync(sysroot, { recursive: true, force: true });
    mkdirSync(library, { recursive: true });
    mkdirSync(path.dirname(wrapper), { recursive: true });
    for (const file of readdirSync(built).filter((name) => name.endsWith(".rlib") && !name.startsWith("libempty-"))) {
      cpSync(path.join(built, file), path.join(library, file));
    }
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
  // Build scripts and procedural macros are compiled for the host by the same wrapper.
  mkdirSync(path.dirname(path.join(sysroot, HOST_LIBRARY)), { recursive: true });
  symlinkSync(path.join("/usr", HOST_LIBRARY), path.join(sysroot, HOST_LIBRARY));
  writeFileSync(wrapper, `#!/bin/sh\nexec ${DEBIAN_RUSTC} --sysroot '${sysroot}' "$@"\n`);
  chmodSync(wrapper, 0o755);
}

/** Debian's linker, or the one that rustup's toolchain brings. */
async function linker() {
  const debian = which("wasm-ld-22");
  if (debian) {
    return debian;
  }
  const { output } = await run(["rustc", "--print", "sysroot"], { quiet: true });
  const bundled = path.join(output.trim(), "lib/rustlib/x86_64-unknown-linux-gnu/bin/rust-lld");
  if (!existsSync(bundled)) {
    throw new SetupError("No linker for wasm was found: apt-get install lld-22");
  }
  return bundled;
}

if (isMain(import.meta.url)) {
  for (const [name, value] of Object.entries(await ensureWasmTarget())) {
    say(`export ${name}='${value}'`);
  }
}
