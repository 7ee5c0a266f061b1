//! The `wasm-bindgen` that the engine links and the one that generates its JavaScript are one version.

use crate::Result;

/// The version of `package` in the text of a Cargo.lock.
fn locked_version<'a>(lock: &'a str, package: &str) -> Result<&'a str> {
    let name = format!("name = \"{package}\"");
    let mut lines = lock.lines().skip_while(|line| *line != name).skip(1);
    lines
        .next()
        .and_then(|line| line.strip_prefix("version = \"")?.strip_suffix('"'))
        .ok_or_else(|| format!("Cargo.lock has no package {package}").into())
}

/// Refuses to go on when the two differ: the generated glue would not fit the module.
pub fn check_wasm_bindgen(lock: &str) -> Result<&str> {
    let library = locked_version(lock, "wasm-bindgen")?;
    let generator = locked_version(lock, "wasm-bindgen-cli-support")?;
    if library != generator {
        return Err(format!(
            "Cargo.lock has wasm-bindgen {library} but wasm-bindgen-cli-support {generator}: \
             set both to the same version in Cargo.toml and xtask/Cargo.toml"
        )
        .into());
    }
    Ok(library)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lock(library: &str, generator: &str) -> String {
        format!(
            "[[package]]\nname = \"wasm-bindgen\"\nversion = \"{library}\"\n\n\
             [[package]]\nname = \"wasm-bindgen-cli-support\"\nversion = \"{generator}\"\n"
        )
    }

    #[test]
    fn equal_versions_pass_and_different_ones_are_named() {
        assert_eq!(check_wasm_bindgen(&lock("0.2.1", "0.2.1")).unwrap(), "0.2.1");
        let error = check_wasm_bindgen(&lock("0.2.1", "0.2.2")).unwrap_err().to_string();
        assert!(error.contains("0.2.1") && error.contains("0.2.2"), "{error}");
    }

    #[test]
    fn a_missing_package_is_an_error() {
        assert!(check_wasm_bindgen("").is_err());
    }

    #[test]
    fn the_committed_lock_passes() {
        check_wasm_bindgen(include_str!("../../Cargo.lock")).unwrap();
    }
}
