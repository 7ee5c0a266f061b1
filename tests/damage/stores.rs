//! Stores to be damaged, each with its files at every moment of its life and with what it shows then.

use std::ops::Range;
use std::rc::Rc;

use chromatid::blockstore::Blockstore;
use chromatid::storage::file::FileOptions;
use chromatid::storage::sim::{Crash, Fault, SimFiles};
use chromatid::storage::{BlockId, Storage};
use chromatid::sysdb::SysDb;
use futures::executor::block_on;
use serde_json::json;

use super::workloads::{delete, write};
use crate::support::chroma::{Chroma, Kind};
use crate::support::env::seeded;
use crate::support::layout::{
    BLOCKS, BODY, Contents, HEADER, MARK, PAGE, ROOT, SLOT_HEADER, place_of, record_length,
};
use crate::support::open;
use crate::support::step::{Step, note_indexed, run};

/// A store as it lies on the device.
pub struct Store {
    pub name: &'static str,
    pub options: FileOptions,
    pub files: Contents,
    pub model: Chroma,
    /// What lies where in the file of blocks.
    pub places: Vec<Place>,
    /// Files to which an opening writes, damaged or not: what a crash has left of a rewritten journal is emptied.
    pub finished: Vec<usize>,
    /// Earlier moments, oldest first.
    pub history: Vec<Moment>,
}

/// A store after one of its steps.
pub struct Moment {
    pub files: Contents,
    pub model: Chroma,
}

/// Where a block lies, and the collection whose it is; `None` for the catalogue.
pub struct Place {
    pub owner: Option<String>,
    pub bytes: Range<usize>,
}

/// Two collections that were compacted twice, changed since, and share nothing but the catalogue and the log.
fn steps() -> Vec<Step> {
    vec![
        Step::Create { name: "alpha", space: "l2" },
        Step::Create { name: "beta", space: "cosine" },
        write("alpha", Kind::Add, &(1..25).collect::<Vec<_>>()),
        write("beta", Kind::Add, &(1..13).collect::<Vec<_>>()),
        Step::Compact,
        write("alpha", Kind::Upsert, &[3, 40, 41]),
        delete("alpha", Some(&["5", "7"]), None),
        write("beta", Kind::Update, &[2]),
        Step::Compact,
        Step::Maintain,
        delete("beta", None, Some(json!({"n": {"$gte": 4}}))),
        write("alpha", Kind::Add, &[50, 51, 52, 53]),
        write("beta", Kind::Upsert, &[3, 60]),
    ]
}

const DEFAULT: FileOptions = FileOptions { rewrite_bytes: 1 << 20, spare_bytes: 1 << 18 };

/// Both journals move from file to file all the time.
const RESTLESS: FileOptions = FileOptions { rewrite_bytes: 400, spare_bytes: 0 };

/// A store that was closed, one whose journals moved, and one whose process died while one of them did.
pub fn all() -> Vec<Store> {
    let stores = vec![lived("closed", DEFAULT), lived("moved", RESTLESS), moving()];
    for file in 0..=BLOCKS {
        assert!(stores.iter().any(|store| !store.files[file].is_empty()), "file {file} is empty everywhere");
    }
    stores
}

fn lived(name: &'static str, options: FileOptions) -> Store {
    let files = SimFiles::new(5);
    let (mut model, mut history) = (Chroma::default(), Vec::new());
    block_on(async {
        let storage: Rc<dyn Storage> = Rc::new(files.storage(options).unwrap());
        let db = open(&storage, &seeded(1, 0.25)).await.unwrap();
        for step in &steps() {
            run(&db, step).await.unwrap();
            model.apply(step).unwrap();
            note_indexed(&db, &mut model).unwrap();
            history.push(Moment { files: files.contents(), model: model.clone() });
        }
        db.close().await.unwrap();
    });
    let mut files = files.contents();
    files.iter_mut().for_each(without_kept_room);
    Store { name, options, places: places(&files, options), finished: Vec::new(), files, model, history }
}

/// A store is as whole without the room that is kept after the last frame and the last block, where no byte means anything.
fn without_kept_room(file: &mut Vec<u8>) {
    // The last frame may end with some zeros.
    let used = file.iter().rposition(|byte| *byte != 0).map_or(0, |last| last + 256);
    // What was never used is as long as a journal without frames, or empty.
    file.truncate(if file.len() < BODY { file.len() } else { used.max(BODY) });
}

/// The process dies between two writes of a journal's new file, when both of its files hold something.
fn moving() -> Store {
    let both = |files: &Contents| {
        let holds = |file: usize| !files[file].is_empty();
        (holds(1) && holds(2)) || (holds(3) && holds(4))
    };
    // The last such moment: most of the life is behind it.
    let found = (0..).map_while(crashed).filter(|(files, _)| both(files)).last();
    let (mut files, mut model) = found.expect("journals move");
    files.iter_mut().for_each(without_kept_room);
    // How much was indexed is for an opening of a copy to say.
    let copy = SimFiles::from_contents(files.clone(), 0);
    block_on(async {
        let storage: Rc<dyn Storage> = Rc::new(copy.storage(RESTLESS).unwrap());
        let db = open(&storage, &seeded(2, 0.25)).await.unwrap();
        note_indexed(&db, &mut model).unwrap();
    });
    let opened = copy.contents();
    Store {
        name: "moving",
        options: RESTLESS,
        places: places(&files, RESTLESS),
        finished: (0..=BLOCKS).filter(|file| opened[*file] != files[*file]).collect(),
        files,
        model,
        history: Vec::new(),
    }
}

/// What a process leaves that dies at an operation within a compaction or maintenance; empty files if it dies
/// elsewhere, and `None` if it lives.
fn crashed(at: u64) -> Option<(Contents, Chroma)> {
    let files = SimFiles::new(5);
    files.set_fault(Some(Fault::Crash { at }));
    let mut model = Chroma::default();
    let elsewhere = Some((vec![Vec::new(); BLOCKS + 1], Chroma::default()));
    let Ok(storage) = files.storage(RESTLESS) else { return elsewhere };
    let storage: Rc<dyn Storage> = Rc::new(storage);
    block_on(async {
        let Ok(db) = open(&storage, &seeded(1, 0.25)).await else { return elsewhere };
        for step in &steps() {
            if run(&db, step).await.is_err() {
                let changes_nothing = matches!(step, Step::Compact | Step::Maintain);
                let contents = files.reopen(Crash::Kill, 0).contents();
                return if changes_nothing { Some((contents, model)) } else { elsewhere };
            }
            model.apply(step).unwrap();
            note_indexed(&db, &mut model).unwrap();
        }
        None
    })
}

/// Where every reachable block lies.
fn places(contents: &Contents, options: FileOptions) -> Vec<Place> {
    let files = SimFiles::from_contents(contents.clone(), 0);
    block_on(async {
        let storage: Rc<dyn Storage> = Rc::new(files.storage(options).unwrap());
        let blockstore = Blockstore::new(Rc::clone(&storage), seeded(3, 0.25), 1 << 20);
        let (sysdb, catalog, _) = SysDb::open(&blockstore).await.unwrap();
        let mut roots: Vec<(Option<String>, BlockId)> =
            sysdb.root().map(|root| (None, root)).into_iter().collect();
        for row in catalog.rows() {
            let own = row.segments().flat_map(|segment| segment.roots());
            roots.extend(own.map(|root| (Some(row.name.clone()), root)));
        }
        let mut places = Vec::new();
        for (owner, root) in roots {
            for id in blockstore.block_ids(root).await.unwrap() {
                let block = storage.read_block(id).await.unwrap().unwrap();
                places.push(Place { owner: owner.clone(), bytes: place_of(contents, &block) });
            }
        }
        places
    })
}

impl Store {
    /// The places of blocks whose bytes differ in another file of blocks.
    pub fn touched<'a>(&'a self, blocks: &'a [u8]) -> impl Iterator<Item = &'a Place> {
        let differs =
            |bytes: &Range<usize>| blocks.get(bytes.clone()) != self.files[BLOCKS].get(bytes.clone());
        self.places.iter().filter(move |place| differs(&place.bytes))
    }

    /// The bytes of a file that say what the rest means: each of their bits matters.
    pub fn is_header(&self, file: usize, at: usize) -> bool {
        match file {
            ROOT => {
                let slot = at / PAGE * PAGE;
                at < slot + SLOT_HEADER + record_length(&self.files[ROOT][slot..])
            }
            BLOCKS => false,
            _ => at < HEADER + 8 || (PAGE..PAGE + MARK + 8).contains(&at),
        }
    }
}
