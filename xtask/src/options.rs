//! The command line of `cargo xtask wasm`.

use std::path::{Path, PathBuf};

use crate::{Result, USAGE};

#[derive(Debug, PartialEq, Eq)]
pub struct Options {
    /// The dev profile, without wasm-opt.
    pub dev: bool,
    /// Absolute, or relative to the workspace root.
    pub out: PathBuf,
    /// The cargo profile of a build that is not `dev`.
    pub profile: String,
    /// Without wasm-opt, which takes a minute and makes the module smaller.
    pub plain: bool,
    /// Without the modules of regular expressions and snapshots, which are the same for every engine.
    pub engine_only: bool,
    /// Cargo features, separated by commas; empty for none.
    pub features: String,
}

impl Options {
    pub fn parse(arguments: &[String], root: &Path) -> Result<Self> {
        let out = root.join("pkg/wasm");
        let profile = "release".to_owned();
        let mut options =
            Self { dev: false, out, profile, plain: false, engine_only: false, features: String::new() };
        let mut arguments = arguments.iter();
        while let Some(argument) = arguments.next() {
            let mut value = || arguments.next().ok_or_else(|| format!("{argument} needs a value\n{USAGE}"));
            match argument.as_str() {
                "--dev" => options.dev = true,
                "--profile" => options.profile = value()?.clone(),
                "--plain" => options.plain = true,
                "--engine-only" => options.engine_only = true,
                "--out" => options.out = root.join(value()?),
                "--features" => options.features = value()?.clone(),
                _ => return Err(format!("unknown option {argument}\n{USAGE}").into()),
            }
        }
        Ok(options)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(arguments: &[&str]) -> Result<Options> {
        let arguments: Vec<String> = arguments.iter().map(ToString::to_string).collect();
        Options::parse(&arguments, Path::new("/root"))
    }

    #[test]
    fn the_default_is_a_release_build_into_the_package() {
        let expected = Options {
            dev: false,
            out: "/root/pkg/wasm".into(),
            profile: "release".into(),
            plain: false,
            engine_only: false,
            features: String::new(),
        };
        assert_eq!(parse(&[]).unwrap(), expected);
    }

    #[test]
    fn every_option_is_read() {
        let arguments = [
            "--dev",
            "--out",
            "target/x",
            "--profile",
            "server",
            "--plain",
            "--engine-only",
            "--features",
            "rest",
        ];
        let expected = Options {
            dev: true,
            out: "/root/target/x".into(),
            profile: "server".into(),
            plain: true,
            engine_only: true,
            features: "rest".into(),
        };
        assert_eq!(parse(&arguments).unwrap(), expected);
    }

    #[test]
    fn an_unknown_option_and_a_missing_value_are_refused() {
        assert!(parse(&["--release"]).is_err());
        assert!(parse(&["--out"]).is_err());
    }
}
