//! Damage to the files of a database: bytes altered, files cut off, lost, mixed up, or older than the others.
//!
//! What is asked then is answered as the naive model does, or refused as corrupt; there is no other answer. A
//! refusal leaves every byte as it is, so that the store is whole again once the damage is taken back.
//!
//! An ordinary run takes every bit of what is a header and a sample of the rest, which follows from `CHROMATID_SEED`;
//! `CHROMATID_DAMAGE=all` takes every byte and every length.

#[path = "damage/stores.rs"]
mod stores;

use std::collections::BTreeSet;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::rc::Rc;

use chromatid::db::Db;
use chromatid::error::Error;
use chromatid::storage::Storage;
use chromatid::storage::file::FILE_NAMES;
use chromatid::storage::sim::{SimFiles, Xorshift};
use futures::executor::block_on;
use serde_json::json;

use crate::crash::workloads;
use crate::support::chroma::{Chroma, Collection};
use crate::support::env::seeded;
use crate::support::layout::{BLOCKS, Contents, LOGS, ROOT};
use crate::support::open;
use crate::support::probe::{self, ALL, Selection, why};
use crate::support::variable;
use stores::Store;

/// Bytes beside headers that are altered in each store in an ordinary run, and lengths to which its files are cut.
const SAMPLED_BYTES: usize = 800;
const SAMPLED_LENGTHS: usize = 500;

fn seed() -> u64 {
    variable::number("CHROMATID_SEED").unwrap_or(0)
}

/// Whether everything is damaged, not a sample.
fn all() -> bool {
    std::env::var("CHROMATID_DAMAGE").is_ok_and(|value| value == "all")
}

/// What was refused as corrupt.
#[derive(Debug, Default)]
struct Refused {
    /// The opening: nothing can be read.
    opening: bool,
    /// Something of these collections.
    collections: BTreeSet<String>,
}

impl Refused {
    fn anything(&self) -> bool {
        self.opening || !self.collections.is_empty()
    }
}

/// `Ok(true)` for an answer as it should be, `Ok(false)` for a truthful refusal.
fn judged(outcome: Result<(), String>) -> Result<bool, String> {
    match outcome {
        Ok(()) => Ok(true),
        Err(reason) if reason.starts_with("CorruptionError") => Ok(false),
        Err(reason) => Err(reason),
    }
}

/// Opens a store and reads everything in every way.
async fn read(store: &Store, files: &SimFiles, model: &Chroma) -> Result<Refused, String> {
    let mut refused = Refused::default();
    let opened = async {
        let storage: Rc<dyn Storage> = Rc::new(files.storage(store.options).map_err(Error::from)?);
        open(&storage, &seeded(7, 0.25)).await
    };
    let db = match opened.await {
        Ok(db) => db,
        Err(error) => {
            judged(Err(why(error)))?;
            refused.opening = true;
            return Ok(refused);
        }
    };
    for collection in &model.collections {
        if !read_collection(&db, collection).await? {
            refused.collections.insert(collection.name.clone());
        }
    }
    Ok(refused)
}

/// Every kind of read of a collection; false if any was refused.
async fn read_collection(db: &Db, collection: &Collection) -> Result<bool, String> {
    let mut whole = judged(probe::counts(db, collection).await)?;
    let dimension = collection.dimension.unwrap_or(2);
    let vectors = [vec![1.0; dimension], vec![-2.0; dimension]];
    let ids = collection.records.iter().step_by(3).map(|record| record.id.clone()).chain(["none".into()]);
    let clause = Some(json!({"$or": [{"n": {"$gte": 3}}, {"kind": "b"}]}));
    let document = Some(json!({"$contains": "b1"}));
    let selections = [
        Selection::default(),
        Selection { ids: Some(ids.collect()), ..Selection::default() },
        Selection { clause: clause.clone(), ..Selection::default() },
        Selection { document: document.clone(), ..Selection::default() },
        Selection { clause, document, ids: None },
    ];
    for selection in &selections {
        whole &= judged(probe::get(db, collection, selection, None, 0, ALL).await)?;
    }
    for selection in [&selections[0], &selections[4]] {
        whole &= judged(probe::query(db, collection, selection, &vectors, 4, ALL).await)?;
    }
    Ok(whole)
}

/// What a damaged store answers to everything, as one of `models` says. A refusal leaves all bytes as they are, but for what every
/// opening finishes; and everything is there once the damage is taken back.
fn examine(
    store: &Store,
    what: &str,
    damaged: Contents,
    models: &[&Chroma],
    take_back: impl Fn(&mut Contents),
) -> Refused {
    let case = || {
        let mut reasons = Vec::new();
        for model in models {
            let files = SimFiles::from_contents(damaged.clone(), 0);
            match block_on(read(store, &files, model)) {
                Ok(refused) => return Ok((refused, files.contents())),
                Err(reason) => reasons.push(reason),
            }
        }
        Err(reasons.join("; "))
    };
    let fail = |reason: &str| -> ! { panic!("{}, {what}: {reason}", store.name) };
    let outcome = catch_unwind(AssertUnwindSafe(case)).unwrap_or_else(|_| fail("it panicked"));
    let (refused, mut after) = outcome.unwrap_or_else(|reason| fail(&reason));
    let written = |file: &usize| after[*file] != damaged[*file] && !store.finished.contains(file);
    if let Some(file) = (0..=BLOCKS).find(written)
        && refused.anything()
    {
        fail(&format!("{refused:?}, but {} was written to", FILE_NAMES[file]));
    }
    if after != damaged {
        take_back(&mut after);
        let files = SimFiles::from_contents(after, 0);
        match block_on(read(store, &files, &store.model)) {
            Ok(refused) if !refused.anything() => {}
            Ok(refused) => fail(&format!("when the damage was taken back: {refused:?}")),
            Err(reason) => fail(&format!("when the damage was taken back: {reason}")),
        }
    }
    refused
}

/// Damage to the file of blocks costs those whose blocks it struck, and nobody else.
fn check_spread(store: &Store, what: &str, blocks: &[u8], refused: &Refused) {
    let touched: BTreeSet<Option<String>> = store.touched(blocks).map(|place| place.owner.clone()).collect();
    let expected = touched.contains(&None);
    assert_eq!(refused.opening, expected, "{}, {what}: whether it opens", store.name);
    for name in &refused.collections {
        let is_struck = touched.contains(&Some(name.clone()));
        assert!(is_struck, "{}, {what}: {name} was not struck, and is refused", store.name);
    }
}

/// The alterations of one byte that are tried: every bit of a header of the first store, else one.
fn masks(store: &Store, file: usize, at: usize, random: &mut Xorshift) -> Vec<u8> {
    if store.is_header(file, at) && (all() || store.name == "closed") {
        (0..8).map(|bit| 1 << bit).collect()
    } else {
        vec![1 + random.below(255) as u8]
    }
}

/// Bytes of the files that are altered.
fn sampled_bytes(store: &Store, random: &mut Xorshift) -> Vec<(usize, usize)> {
    let bytes = || (0..=BLOCKS).flat_map(|file| (0..store.files[file].len()).map(move |at| (file, at)));
    let total = bytes().count();
    let chosen = |file, at, random: &mut Xorshift| {
        all() || store.is_header(file, at) || random.below(total as u64) < SAMPLED_BYTES as u64
    };
    bytes().filter(|(file, at)| chosen(*file, *at, random)).collect()
}

#[test]
fn no_altered_byte_is_answered() {
    for store in stores::all() {
        let mut random = Xorshift::new(seed());
        let (mut tried, mut noticed) = (0, 0);
        for (file, at) in sampled_bytes(&store, &mut random) {
            for mask in masks(&store, file, at, &mut random) {
                let mut damaged = store.files.clone();
                damaged[file][at] ^= mask;
                let what = format!("byte {at} of {} ^ {mask:#x}", FILE_NAMES[file]);
                let blocks = damaged[BLOCKS].clone();
                let original = store.files[file][at];
                let refused = examine(&store, &what, damaged, &[&store.model], |files| {
                    // A file that was given up for its twin is not there any more.
                    files[file].get_mut(at).into_iter().for_each(|byte| *byte = original);
                });
                if file == BLOCKS {
                    check_spread(&store, &what, &blocks, &refused);
                }
                tried += 1;
                noticed += usize::from(refused.anything());
            }
        }
        println!("{}: {tried} alterations, {noticed} refused", store.name);
        assert!(noticed >= 150, "{}: only {noticed} of {tried} alterations were noticed", store.name);
    }
}

#[test]
fn no_file_that_was_cut_off_is_answered() {
    for store in stores::all() {
        let mut random = Xorshift::new(seed());
        let total: usize = store.files.iter().map(Vec::len).sum();
        let (mut tried, mut noticed) = (0, 0);
        for file in 0..=BLOCKS {
            let whole = &store.files[file];
            for length in 0..whole.len() {
                // Where pages begin and files end is where readers stumble.
                let at_an_edge = length % 4_096 < 2 || whole.len() - length <= 2;
                let chosen = random.below(total as u64) < SAMPLED_LENGTHS as u64;
                if !(all() || at_an_edge || chosen) {
                    continue;
                }
                let mut damaged = store.files.clone();
                damaged[file].truncate(length);
                let what = format!("{} cut to {length} of {}", FILE_NAMES[file], whole.len());
                let blocks = damaged[BLOCKS].clone();
                let refused = examine(&store, &what, damaged, &[&store.model], |files| {
                    let length_now = files[file].len();
                    files[file].resize(length_now.max(whole.len()), 0);
                    files[file][length..whole.len()].copy_from_slice(&whole[length..]);
                });
                if file == BLOCKS {
                    check_spread(&store, &what, &blocks, &refused);
                }
                tried += 1;
                noticed += usize::from(refused.anything());
            }
        }
        println!("{}: {tried} lengths, {noticed} refused", store.name);
        assert!(noticed >= 100, "{}: only {noticed} of {tried} lengths were noticed", store.name);
    }
}

#[test]
fn no_store_without_one_of_its_files_is_answered() {
    for store in stores::all() {
        for file in 0..=BLOCKS {
            let mut damaged = store.files.clone();
            damaged[file].clear();
            let whole = &store.files[file];
            let what = format!("without {}", FILE_NAMES[file]);
            let refused =
                examine(&store, &what, damaged, &[&store.model], |files| files[file].clone_from(whole));
            // The other file of the same journal.
            let twin = [ROOT, 2, 1, 4, 3, BLOCKS][file];
            let is_spare = whole.is_empty() || (twin != file && !store.files[twin].is_empty());
            assert!(is_spare || refused.opening, "{}, {what}: {refused:?}", store.name);
        }
    }
}

#[test]
fn no_swapped_files_are_answered() {
    for store in stores::all() {
        let pairs = FILE_NAMES.iter().enumerate().flat_map(|(one, name)| {
            FILE_NAMES[..one]
                .iter()
                .enumerate()
                .map(move |(other, other_name)| ((one, name), (other, other_name)))
        });
        for ((one, name), (other, other_name)) in pairs {
            let mut damaged = store.files.clone();
            damaged.swap(one, other);
            let what = format!("{name} and {other_name} swapped");
            let take_back = |files: &mut Contents| files.swap(one, other);
            let refused = examine(&store, &what, damaged, &[&store.model], take_back);
            // Which of its two files a journal uses does not matter.
            let are_equals = (one, other) == (2, 1) || (one, other) == (4, 3);
            let are_empty = store.files[one] == store.files[other];
            assert_eq!(!refused.anything(), are_equals || are_empty, "{}, {what}", store.name);
        }
    }
}

/// A file that is older than the others: what it says was true once, so that nothing in it is wrong.
///
/// What is promised: of an older `root`, `directory.*` or `blocks` nothing is answered that is not true now, for
/// their parts name each other by ids that are drawn anew and checksums that cover them. An older log that ends
/// before what the root holds of it is refused. One that ends later is a state that the store was in, and the
/// only one that this test lets pass: nothing but the log says how far the log went, so that writes which only
/// it had are lost without a trace. Whoever puts files back puts back all of them.
#[test]
fn an_older_file_is_no_new_state() {
    for store in stores::all() {
        let mut went_back = 0;
        let mut seen = BTreeSet::new();
        for (number, moment) in store.history.iter().enumerate() {
            for file in 0..=BLOCKS {
                let is_known = moment.files[file] == store.files[file];
                if is_known || !seen.insert((file, moment.files[file].clone())) {
                    continue;
                }
                let mut damaged = store.files.clone();
                damaged[file].clone_from(&moment.files[file]);
                let blocks = damaged[BLOCKS].clone();
                let what = format!("{} as it was after step {number}", FILE_NAMES[file]);
                let models = [&store.model, &moment.model];
                let models = if LOGS.contains(&file) { &models[..] } else { &models[..1] };
                let whole = &store.files[file];
                let refused = examine(&store, &what, damaged, models, |files| files[file].clone_from(whole));
                if file == BLOCKS {
                    check_spread(&store, &what, &blocks, &refused);
                }
                went_back += usize::from(LOGS.contains(&file) && !refused.anything());
            }
        }
        println!("{}: {went_back} older logs were taken for the newest", store.name);
    }
}
