//! Build steps that need Rust: `cargo xtask wasm`.

mod inputs;
mod options;
mod stamp;
mod versions;
mod wasm;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

type Error = Box<dyn std::error::Error>;
type Result<T> = std::result::Result<T, Error>;

const USAGE: &str = "\
usage: cargo xtask wasm [--dev | --profile NAME] [--plain] [--out DIR] [--engine-only] [--features LIST]

Builds the engine for wasm32-unknown-unknown, generates its JavaScript and TypeScript (wasm-bindgen,
target web, name `chromatid`) into DIR and optimises the module with wasm-opt.

  --dev            the dev profile, with names and without wasm-opt: fast to build, slow to run
  --plain          without wasm-opt
  --out DIR        where to put the result (default: pkg/wasm)
  --profile NAME   another cargo profile than release
  --engine-only    without patterns.wasm and snapshots.wasm
  --features LIST  cargo features of the engine, separated by commas, instead of its default ones

RUSTC and CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER are passed on to cargo.";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match run(&arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("xtask: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: &[String]) -> Result<()> {
    match arguments.split_first() {
        Some((command, rest)) if command == "wasm" => {
            let root = workspace_root()?;
            wasm::build(&root, &options::Options::parse(rest, &root)?)
        }
        Some((command, _)) if command == "help" || command == "--help" => {
            println!("{USAGE}");
            Ok(())
        }
        _ => Err(USAGE.into()),
    }
}

fn workspace_root() -> Result<PathBuf> {
    let manifest = Path::new(env!("CARGO_MANIFEST_DIR"));
    Ok(manifest.parent().ok_or("xtask is not inside the workspace")?.to_path_buf())
}
