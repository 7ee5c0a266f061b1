//! Remembers what an output directory was made from, so that unchanged input costs nothing.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::{Path, PathBuf};
use std::{fs, io};

/// A fingerprint of everything that decides the output, kept beside it.
pub struct Stamp {
    path: PathBuf,
    digest: String,
}

impl Stamp {
    pub fn new(out: &Path, parts: &[&[u8]]) -> Self {
        let mut hasher = DefaultHasher::new();
        parts.hash(&mut hasher);
        Self { path: out.join(".stamp"), digest: format!("{:016x}", hasher.finish()) }
    }

    /// Whether the output was made from exactly this and all of `files` are still there.
    pub fn is_current(&self, files: &[PathBuf]) -> bool {
        fs::read_to_string(&self.path).is_ok_and(|text| text == self.digest)
            && files.iter().all(|file| file.is_file())
    }

    /// Called before the output is touched: a build that is cut off is not taken for a whole one.
    pub fn clear(&self) -> io::Result<()> {
        match fs::remove_file(&self.path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            _ => Ok(()),
        }
    }

    pub fn write(&self) -> io::Result<()> {
        fs::write(&self.path, &self.digest)
    }
}
