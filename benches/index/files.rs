//! A store in files of the system: the layout that a browser has in OPFS, natively.

use std::fs;
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::rc::Rc;

use chromatid::error::StorageError;
use chromatid::storage::Result;
use chromatid::storage::file::{FILE_NAMES, File, FileOptions, FileStorage, Files};

#[derive(Clone)]
pub struct SystemFile(Rc<fs::File>);

impl File for SystemFile {
    fn size(&self) -> Result<u64> {
        Ok(self.0.metadata().map_err(|error| failed(&error))?.len())
    }

    fn read_at(&self, offset: u64, into: &mut [u8]) -> Result<usize> {
        self.0.read_at(into, offset).map_err(|error| failed(&error))
    }

    fn write_at(&self, offset: u64, bytes: &[u8]) -> Result<usize> {
        self.0.write_at(bytes, offset).map_err(|error| failed(&error))
    }

    fn truncate(&self, size: u64) -> Result<()> {
        self.0.set_len(size).map_err(|error| failed(&error))
    }

    /// Nothing is lost when a benchmark is: the device is not waited for.
    fn flush(&self) -> Result<()> {
        Ok(())
    }

    fn close(&self) {}
}

fn failed(error: &std::io::Error) -> StorageError {
    StorageError::failed("using a file", error)
}

/// Opens the store in `directory`.
pub fn open(directory: &Path) -> FileStorage<SystemFile> {
    let file = |name: &str| {
        let file = fs::File::options()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .open(directory.join(name));
        SystemFile(Rc::new(file.expect("a file of the store")))
    };
    let files = Files::from_array(FILE_NAMES.map(file));
    FileStorage::open("files", files, FileOptions::default()).expect("a store")
}

/// Bytes of each file.
pub fn sizes(directory: &Path) -> Vec<(&'static str, u64)> {
    let size = |name| (name, fs::metadata(directory.join(name)).map_or(0, |file| file.len()));
    FILE_NAMES.into_iter().map(size).collect()
}
