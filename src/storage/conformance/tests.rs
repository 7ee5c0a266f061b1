//! The suite over the backends that run natively.

use std::cell::RefCell;

use futures::FutureExt;
use futures::executor::block_on;
use futures::future::ready;

use super::{Factory, run};
use crate::storage::file::FileOptions;
use crate::storage::memory::MemoryStorage;
use crate::storage::sim::{Crash, SimFiles};
use crate::storage::{Pending, Storage};

struct Memory;

impl Factory for Memory {
    fn fresh(&self) -> Pending<'_, Box<dyn Storage>> {
        Box::pin(ready(Ok(Box::new(MemoryStorage::default()) as Box<dyn Storage>)))
    }

    fn reopen(&self) -> Pending<'_, Option<Box<dyn Storage>>> {
        Box::pin(ready(Ok(None)))
    }

    fn reopen_dropped(&self) -> Pending<'_, Option<Box<dyn Storage>>> {
        Box::pin(ready(Ok(None)))
    }
}

struct Sim {
    files: RefCell<SimFiles>,
    options: FileOptions,
    crash: Crash,
    /// Whether flushes let others run.
    waits: bool,
}

impl Factory for Sim {
    fn fresh(&self) -> Pending<'_, Box<dyn Storage>> {
        let files = SimFiles::new(7);
        files.set_waits(self.waits);
        let store = files.storage(self.options).map(|store| Box::new(store) as Box<dyn Storage>);
        self.files.replace(files);
        Box::pin(ready(store))
    }

    fn reopen(&self) -> Pending<'_, Option<Box<dyn Storage>>> {
        let store = self.files.borrow().storage(self.options);
        Box::pin(ready(store.map(|store| Some(Box::new(store) as Box<dyn Storage>))))
    }

    fn reopen_dropped(&self) -> Pending<'_, Option<Box<dyn Storage>>> {
        let files = self.files.borrow().reopen(self.crash, 3);
        self.files.replace(files);
        self.reopen()
    }
}

#[test]
fn memory_conforms() {
    let passed = run(&Memory).now_or_never().expect("memory never waits").unwrap();
    assert_eq!(passed.len(), 16, "{passed:?}");
}

#[test]
fn files_conform() {
    for crash in [Crash::Kill, Crash::PowerLossNothing, Crash::PowerLossPrefix, Crash::PowerLossSubset] {
        for rewrite_bytes in [FileOptions::default().rewrite_bytes, 200] {
            for waits in [false, true] {
                let options = FileOptions { rewrite_bytes, spare_bytes: rewrite_bytes };
                let sim = Sim { files: RefCell::new(SimFiles::new(7)), options, crash, waits };
                let passed = block_on(run(&sim)).unwrap();
                assert_eq!(passed.len(), 22, "{passed:?}");
            }
        }
    }
}
