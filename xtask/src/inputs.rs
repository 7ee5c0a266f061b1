//! Everything that decides what the compiler makes of the engine.

use std::path::Path;
use std::process::Command;
use std::{fs, io};

use crate::Result;

const FILES: [&str; 3] = ["Cargo.toml", "Cargo.lock", ".cargo/config.toml"];

/// The sources and settings of the engine with their names, and the compiler's own description.
pub fn read(root: &Path) -> Result<Vec<u8>> {
    let mut bytes = compiler()?;
    for file in FILES {
        add(&mut bytes, &root.join(file))?;
    }
    add_directory(&mut bytes, &root.join("src"))?;
    Ok(bytes)
}

/// `rustc -vV` of the compiler that cargo will use.
fn compiler() -> Result<Vec<u8>> {
    let rustc = std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    Ok(Command::new(rustc).arg("-vV").output()?.stdout)
}

fn add_directory(bytes: &mut Vec<u8>, directory: &Path) -> io::Result<()> {
    let mut paths = fs::read_dir(directory)?
        .map(|entry| entry.map(|entry| entry.path()))
        .collect::<io::Result<Vec<_>>>()?;
    paths.sort();
    for path in paths {
        if path.is_dir() {
            add_directory(bytes, &path)?;
        } else {
            add(bytes, &path)?;
        }
    }
    Ok(())
}

/// Name and length go before the content, so that text that moves between files is a change.
fn add(bytes: &mut Vec<u8>, path: &Path) -> io::Result<()> {
    let content = fs::read(path)?;
    bytes.extend_from_slice(path.as_os_str().as_encoded_bytes());
    bytes.extend_from_slice(&(content.len() as u64).to_le_bytes());
    bytes.extend_from_slice(&content);
    Ok(())
}
