//! The store in a directory of the File System API, through sync access handles: one of the origin
//! private file system, or one that the caller gives.
//!
//! Browsers have sync access handles in dedicated workers only. The handles are exclusive and kept as
//! long as the store is open: they are the fence that keeps a second writer out.

use futures::future::LocalBoxFuture;
use futures::{FutureExt, join};
use js_sys::{Function, Promise};
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{
    FileSystemDirectoryHandle, FileSystemFileHandle, FileSystemGetDirectoryOptions, FileSystemGetFileOptions,
    FileSystemReadWriteOptions, FileSystemRemoveOptions, FileSystemSyncAccessHandle,
};

use super::Result;
use super::browser::{has_method, member, settled, sleep, storage_error};
use super::file::{FILE_NAMES, File, FileOptions, FileStorage, Files, directory_name};
use crate::error::StorageError;
use crate::limits::{OPEN_RETRY_MAX_MS, OPEN_RETRY_MS, OPEN_TIMEOUT_MS};

const BACKEND: &str = "opfs";

/// What a store in a directory of the caller's says of itself.
const GIVEN: &str = "files";

/// The directory of the origin that holds all stores.
const PARENT: &str = "chromatid";

/// An open file.
#[derive(Debug, Clone)]
pub struct OpfsFile {
    backend: &'static str,
    handle: FileSystemSyncAccessHandle,
}

/// A store in such files.
pub type OpfsStorage = FileStorage<OpfsFile>;

impl OpfsFile {
    fn at(offset: u64) -> FileSystemReadWriteOptions {
        let options = FileSystemReadWriteOptions::new();
        options.set_at(offset as f64);
        options
    }
}

impl File for OpfsFile {
    fn size(&self) -> Result<u64> {
        let size = self.handle.get_size();
        size.map(|size| size as u64).map_err(|error| storage_error(self.backend, "measuring a file", &error))
    }

    fn read_at(&self, offset: u64, into: &mut [u8]) -> Result<usize> {
        let count = self.handle.read_with_u8_array_and_options(into, &Self::at(offset));
        count
            .map(|count| (count as usize).min(into.len()))
            .map_err(|error| storage_error(self.backend, "reading a file", &error))
    }

    fn write_at(&self, offset: u64, bytes: &[u8]) -> Result<usize> {
        let count = self.handle.write_with_u8_array_and_options(bytes, &Self::at(offset));
        count
            .map(|count| (count as usize).min(bytes.len()))
            .map_err(|error| storage_error(self.backend, "writing a file", &error))
    }

    fn truncate(&self, size: u64) -> Result<()> {
        let done = self.handle.truncate_with_f64(size as f64);
        done.map_err(|error| storage_error(self.backend, "setting the length of a file", &error))
    }

    fn flush(&self) -> Result<()> {
        self.handle.flush().map_err(|error| storage_error(self.backend, "flushing a file", &error))
    }

    /// The handles of OPFS have no such thing; those of directories that the caller gives may have one.
    fn flush_ahead(&self) -> Option<LocalBoxFuture<'static, ()>> {
        let ahead: Function = member(&self.handle, "flushAhead").dyn_into().ok()?;
        let flushed = ahead.call0(&self.handle).ok()?;
        Some(Box::pin(settled(flushed).map(drop)))
    }

    fn close(&self) {
        self.handle.close();
    }
}

/// Opens the store called `name` in OPFS, creating it if it does not exist. Waits as [`open_in`] does.
pub async fn open(name: &str) -> Result<OpfsStorage> {
    open_directory(&child(&parent().await?, &directory_name(name)).await?, BACKEND).await
}

/// Whether `object` is a directory of the File System API, or behaves as one.
pub fn is_directory(object: &JsValue) -> bool {
    has_method(object, "getFileHandle")
}

/// Opens the store in `directory`, creating its files if they do not exist.
///
/// While someone else still holds them (a reloaded page's old worker may for a second or more), this
/// waits, up to [`OPEN_TIMEOUT_MS`]; then the answer is [`StorageError::Locked`].
pub async fn open_in(directory: &FileSystemDirectoryHandle) -> Result<OpfsStorage> {
    open_directory(directory, GIVEN).await
}

async fn open_directory(directory: &FileSystemDirectoryHandle, backend: &'static str) -> Result<OpfsStorage> {
    let deadline = js_sys::Date::now() + OPEN_TIMEOUT_MS;
    let mut pause = OPEN_RETRY_MS;
    loop {
        match open_files(directory, backend).await {
            Err(StorageError::Locked { .. }) if js_sys::Date::now() + pause < deadline => {
                sleep(pause).await?;
                pause = (pause * 2.0).min(OPEN_RETRY_MAX_MS);
            }
            files => return FileStorage::open(backend, files?, FileOptions::default()),
        }
    }
}

/// Removes the store called `name` and everything in it; a store that does not exist is no error.
pub async fn delete(name: &str) -> Result<()> {
    let parent = parent().await?;
    let options = FileSystemRemoveOptions::new();
    options.set_recursive(true);
    match settled(parent.remove_entry_with_options(&directory_name(name), &options).into()).await {
        Ok(_) => Ok(()),
        Err(error) if member(&error, "name").as_string().as_deref() == Some("NotFoundError") => Ok(()),
        Err(error) => Err(storage_error(BACKEND, "deleting a store", &error)),
    }
}

async fn parent() -> Result<FileSystemDirectoryHandle> {
    let unsupported = |detail: &str| StorageError::Unsupported { backend: BACKEND, detail: detail.into() };
    let storage = member(&member(&js_sys::global(), "navigator"), "storage");
    if !has_method(&storage, "getDirectory") {
        return Err(unsupported("navigator.storage.getDirectory does not exist"));
    }
    let root = settled(storage.unchecked_ref::<web_sys::StorageManager>().get_directory().into()).await;
    // Whatever keeps an origin from its directory (private windows throw several kinds of errors)
    // means that there is no such storage here.
    let root = root.map_err(|error| unsupported(&super::browser::describe(&error)))?;
    child(&root.unchecked_into(), PARENT).await
}

async fn child(parent: &FileSystemDirectoryHandle, name: &str) -> Result<FileSystemDirectoryHandle> {
    let options = FileSystemGetDirectoryOptions::new();
    options.set_create(true);
    handle(parent.get_directory_handle_with_options(name, &options), BACKEND).await
}

async fn handle<T: JsCast>(promise: Promise, backend: &'static str) -> Result<T> {
    let handle = settled(promise.into()).await;
    handle.map(JsCast::unchecked_into).map_err(|error| storage_error(backend, "opening a file", &error))
}

/// Opens the files of a store, all or none.
async fn open_files(directory: &FileSystemDirectoryHandle, backend: &'static str) -> Result<Files<OpfsFile>> {
    let open = |name| open_file(directory, name, backend);
    let [root, log0, log1, directory0, directory1, blocks] = FILE_NAMES;
    // The first alone: whoever has it gets the others, and two openers never hold a part each.
    let root = open(root).await?;
    let (log0, log1, directory0, directory1, blocks) =
        join!(open(log0), open(log1), open(directory0), open(directory1), open(blocks));
    let mut files = vec![root];
    let mut failure = None;
    for file in [log0, log1, directory0, directory1, blocks] {
        match file {
            Ok(file) => files.push(file),
            Err(error) => failure = failure.or(Some(error)),
        }
    }
    if let Some(error) = failure {
        files.iter().for_each(File::close);
        return Err(error);
    }
    let files: [OpfsFile; FILE_NAMES.len()] =
        files.try_into().map_err(|_| StorageError::failed("opening a store", "a file is missing"))?;
    Ok(Files::from_array(files))
}

async fn open_file(
    directory: &FileSystemDirectoryHandle,
    name: &str,
    backend: &'static str,
) -> Result<OpfsFile> {
    let options = FileSystemGetFileOptions::new();
    options.set_create(true);
    let file: FileSystemFileHandle =
        handle(directory.get_file_handle_with_options(name, &options), backend).await?;
    let file_value: &JsValue = file.as_ref();
    if !has_method(file_value, "createSyncAccessHandle") {
        let detail = "sync access handles exist only in dedicated workers".into();
        return Err(StorageError::Unsupported { backend, detail });
    }
    Ok(OpfsFile { backend, handle: handle(file.create_sync_access_handle(), backend).await? })
}
