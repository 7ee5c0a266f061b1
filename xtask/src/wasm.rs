//! `cargo xtask wasm`: cargo build, wasm-bindgen, wasm-opt.

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;

use wasm_bindgen_cli_support::Bindgen;

use crate::options::Options;
use crate::stamp::Stamp;
use crate::{Result, inputs, versions};

const TARGET: &str = "wasm32-unknown-unknown";
const NAME: &str = "chromatid";

/// Modules that are loaded by who first needs them, without glue: regular expressions, and snapshots.
const PARTS: [(&str, &str); 2] =
    [("chromatid-patterns", "patterns.wasm"), ("chromatid-snapshots", "snapshots.wasm")];
const PARTS_FEATURE: &str = "module";

/// The features that the module uses (`.cargo/config.toml`) and those that wasm-bindgen relies on.
/// `-O1` gets nearly all of what `-Oz` gets, in a third of its time.
const WASM_OPT: [&str; 8] = [
    "-O1",
    "--enable-simd",
    "--enable-bulk-memory",
    "--enable-nontrapping-float-to-int",
    "--enable-sign-ext",
    "--enable-mutable-globals",
    "--enable-reference-types",
    "--enable-multivalue",
];

pub fn build(root: &Path, options: &Options) -> Result<()> {
    let lock = fs::read_to_string(root.join("Cargo.lock"))?;
    let bindgen = versions::check_wasm_bindgen(&lock)?;

    let optimiser = if options.dev || options.plain { None } else { Some(Optimiser::find(root)?) };

    let settings = format!(
        "{bindgen} {} {} {} {} {:?} {WASM_OPT:?}",
        options.dev,
        options.profile,
        options.engine_only,
        options.features,
        optimiser.as_ref().map(|optimiser| &optimiser.version)
    );
    let stamp = Stamp::new(&options.out, &[settings.as_bytes(), &inputs::read(root)?]);
    if stamp.is_current(&outputs(options)) {
        println!("wasm: {} is up to date", options.out.display());
        return Ok(());
    }

    let compiled = compile(root, options, NAME, &options.features)?;
    let mut parts = Vec::new();
    for (package, file) in PARTS.into_iter().filter(|_| !options.engine_only) {
        parts.push((compile(root, options, package, PARTS_FEATURE)?, file));
    }
    fs::create_dir_all(&options.out)?;
    stamp.clear()?;
    report("cargo", &compiled, None)?;
    generate(&compiled, options, bindgen)?;
    for (part, file) in parts {
        fs::copy(&part, options.out.join(file))?;
    }
    if let Some(optimiser) = optimiser {
        for module in modules(options) {
            optimiser.run(&module)?;
        }
    }
    stamp.write()?;
    Ok(())
}

fn bg_wasm(out: &Path) -> PathBuf {
    out.join(format!("{NAME}_bg.wasm"))
}

fn modules(options: &Options) -> Vec<PathBuf> {
    let parts = PARTS.iter().filter(|_| !options.engine_only).map(|(_, file)| options.out.join(file));
    std::iter::once(bg_wasm(&options.out)).chain(parts).collect()
}

fn outputs(options: &Options) -> Vec<PathBuf> {
    let glue = ["js", "d.ts"].map(|extension| options.out.join(format!("{NAME}.{extension}")));
    modules(options).into_iter().chain(glue).collect()
}

/// Runs cargo with its own output and returns the path of the module of a package.
fn compile(root: &Path, options: &Options, package: &str, features: &str) -> Result<PathBuf> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| OsString::from("cargo"));
    let mut command = Command::new(cargo);
    command.current_dir(root).args(["build", "--locked", "--lib", "--package", package, "--target", TARGET]);
    command.arg("--no-default-features");
    if !options.dev {
        command.args(["--profile", &options.profile]);
    }
    if !features.is_empty() {
        command.args(["--features", features]);
    }
    if !command.status()?.success() {
        return Err(format!("cargo build --target {TARGET} failed").into());
    }
    let target = std::env::var_os("CARGO_TARGET_DIR").unwrap_or_else(|| OsString::from("target"));
    let profile = if options.dev { "debug" } else { &options.profile };
    Ok(root.join(target).join(TARGET).join(profile).join(format!("{}.wasm", package.replace('-', "_"))))
}

/// Writes the JavaScript, its TypeScript declarations and the bound module into `out`.
fn generate(module: &Path, options: &Options, version: &str) -> Result<()> {
    let started = Instant::now();
    let mut bindgen = Bindgen::new();
    bindgen.input_path(module).out_name(NAME).typescript(true);
    bindgen.web(true)?;
    // Names are for stack traces of development builds; they cost a tenth of a released module.
    bindgen.remove_name_section(!options.dev).remove_producers_section(!options.dev);
    bindgen.generate(&options.out)?;
    report(&format!("wasm-bindgen {version}"), &bg_wasm(&options.out), Some(started))
}

/// wasm-opt from the npm package `binaryen`.
struct Optimiser {
    script: PathBuf,
    version: String,
}

impl Optimiser {
    fn find(root: &Path) -> Result<Self> {
        let package = root.join("node_modules/binaryen");
        let script = package.join("bin/wasm-opt");
        let manifest = fs::read_to_string(package.join("package.json")).unwrap_or_default();
        let version =
            manifest.lines().find_map(|line| line.trim().strip_prefix("\"version\": \"")?.split('"').next());
        match version {
            Some(version) if script.is_file() => Ok(Self { script, version: version.to_owned() }),
            _ => Err("wasm-opt is missing: run `npm ci` (or build with --dev)".into()),
        }
    }

    /// Replaces `module` by its optimised form; on failure the module stays as it is.
    fn run(&self, module: &Path) -> Result<()> {
        let started = Instant::now();
        let optimised = module.with_extension("wasm.optimised");
        let status = Command::new("node")
            .arg(&self.script)
            .args(WASM_OPT)
            .arg(module)
            .arg("-o")
            .arg(&optimised)
            .status()?;
        if !status.success() {
            return Err("wasm-opt failed".into());
        }
        fs::rename(&optimised, module)?;
        report(&format!("wasm-opt {} {}", self.version, WASM_OPT[0]), module, Some(started))
    }
}

fn report(step: &str, file: &Path, started: Option<Instant>) -> Result<()> {
    let bytes = fs::metadata(file)?.len();
    let time = started.map_or_else(String::new, |at| format!(" in {:.1} s", at.elapsed().as_secs_f64()));
    println!("wasm: {step}: {} bytes{time}", grouped(bytes));
    Ok(())
}

/// 1234567 → "1 234 567".
fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() * 4 / 3);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(' ');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::grouped;

    #[test]
    fn digits_are_grouped_by_three() {
        assert_eq!(grouped(0), "0");
        assert_eq!(grouped(999), "999");
        assert_eq!(grouped(1000), "1 000");
        assert_eq!(grouped(1_234_567), "1 234 567");
    }
}
