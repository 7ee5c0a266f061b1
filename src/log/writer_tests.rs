use std::cell::RefCell;
use std::rc::Rc;

use futures::executor::block_on;
use futures::future::join_all;

use super::*;
use crate::env::NativeEnv;
use crate::log::proto::Tenant;
use crate::storage::file::FileOptions;
use crate::storage::memory::MemoryStorage;
use crate::storage::sim::{Fault, SimFiles};

fn entry(name: &str) -> LogEntry {
    let tenant = Tenant { name: name.to_owned(), resource_name: None };
    LogEntry { change: Some(Change::PutTenant(tenant)), request: None }
}

fn name(entry: &ReplayedEntry) -> (u64, String) {
    match &entry.change {
        Change::PutTenant(tenant) => (entry.sequence, tenant.name.clone()),
        other => panic!("nobody logged {other:?}"),
    }
}

async fn open(storage: &Rc<dyn Storage>, start: u64, checksum: u64) -> Result<(Log, Replay)> {
    Log::open(Rc::clone(storage), Rc::new(NativeEnv), Durability::Strict, start, checksum).await
}

fn memory() -> Rc<dyn Storage> {
    Rc::new(MemoryStorage::default())
}

/// Appends an entry for each name, all at once; answers the outcomes and what was applied, in order.
async fn append_together(log: &Log, names: &[&str]) -> (Vec<Result<()>>, Vec<(u64, String)>) {
    let applied: Rc<RefCell<Vec<_>>> = Rc::default();
    let append = |name: &&str| {
        let (applied, name) = (Rc::clone(&applied), name.to_string());
        log.append(Room::Takes, entry(&name), move |sequence| applied.borrow_mut().push((sequence, name)))
    };
    let outcomes = join_all(names.iter().map(append)).await;
    (outcomes, applied.take())
}

fn numbered(first: u64, names: &[&str]) -> Vec<(u64, String)> {
    (first..).zip(names.iter().map(|name| name.to_string())).collect()
}

#[test]
fn appends_that_arrive_together_share_a_flush_and_keep_their_order() {
    block_on(async {
        let files = SimFiles::new(1);
        let storage: Rc<dyn Storage> = Rc::new(files.storage(FileOptions::default()).unwrap());
        let (log, _) = open(&storage, 1, 0).await.unwrap();
        // The first one makes the files longer.
        append_together(&log, &["a"]).await;
        let before = files.operations();
        let (outcomes, applied) = append_together(&log, &["b"]).await;
        assert_eq!((outcomes, applied), (vec![Ok(())], numbered(2, &["b"])));
        let alone = files.operations() - before;
        let names = ["c", "d", "e", "f", "g"];
        let (outcomes, applied) = append_together(&log, &names).await;
        assert_eq!((outcomes, applied), (vec![Ok(()); 5], numbered(3, &names)));
        assert_eq!(files.operations() - before, 2 * alone, "five appends cost what one costs");
        assert_eq!(log.durable(), 7);

        let (_, replay) = open(&storage, 1, 0).await.unwrap();
        assert_eq!(
            replay.entries.iter().map(name).collect::<Vec<_>>(),
            numbered(1, &["a", "b", "c", "d", "e", "f", "g"])
        );
    });
}

#[test]
fn a_full_store_refuses_an_append_and_takes_the_next() {
    block_on(async {
        let files = SimFiles::new(1);
        let storage: Rc<dyn Storage> = Rc::new(files.storage(FileOptions::default()).unwrap());
        let (log, _) = open(&storage, 1, 0).await.unwrap();
        append_together(&log, &["a"]).await;
        let full = StorageError::QuotaExceeded { operation: "testing" };
        files.set_fault(Some(Fault::Fail { at: files.operations(), error: full.clone() }));
        let (outcomes, applied) = append_together(&log, &["b", "c"]).await;
        assert_eq!(outcomes, vec![Err(full.into()); 2]);
        assert!(applied.is_empty());
        assert_eq!((log.durable(), log.size().0), (1, 1));
        // The next one takes the place of the first that was refused.
        let (outcomes, applied) = append_together(&log, &["d"]).await;
        assert_eq!((outcomes, applied), (vec![Ok(())], numbered(2, &["d"])));
        let (_, replay) = open(&storage, 1, 0).await.unwrap();
        assert_eq!(replay.entries.iter().map(name).collect::<Vec<_>>(), numbered(1, &["a", "d"]));
    });
}

#[test]
fn on_a_full_device_what_gives_room_back_goes_on() {
    block_on(async {
        let files = SimFiles::new(1);
        let storage: Rc<dyn Storage> = Rc::new(files.storage(FileOptions::default()).unwrap());
        let (log, _) = open(&storage, 1, 0).await.unwrap();
        append_together(&log, &["a"]).await;
        files.set_capacity(Some(files.contents().iter().map(|file| file.len() as u64).sum()));
        // The files were made longer in advance: until that is used up, there is room.
        let large = "x".repeat(50_000);
        let mut taken = 0;
        while append_together(&log, &[&large]).await.0 == [Ok(())] {
            taken += 1;
        }
        assert!((1..10).contains(&taken), "{taken}");
        let (before, given, after) = futures::join!(
            log.append(Room::Takes, entry(&large), |_| unreachable!()),
            log.append(Room::Gives, entry("given"), |_| ()),
            log.append(Room::Takes, entry(&large), |_| unreachable!()),
        );
        let is_full =
            |outcome: &Result<()>| matches!(outcome, Err(Error::Storage(StorageError::QuotaExceeded { .. })));
        assert!(is_full(&before) && given.is_ok() && is_full(&after), "{before:?}, {given:?}, {after:?}");
        for _ in 0..100 {
            log.append(Room::Gives, entry("given"), |_| ()).await.unwrap();
        }
        let (_, replay) = open(&storage, 1, 0).await.unwrap();
        let names: Vec<String> = replay.entries.iter().map(|entry| name(entry).1).collect();
        assert_eq!(names.len(), 1 + taken + 101);
        assert!(names[1 + taken..].iter().all(|name| name == "given"));
    });
}

#[test]
fn any_other_failure_ends_the_log() {
    block_on(async {
        let files = SimFiles::new(1);
        let storage: Rc<dyn Storage> = Rc::new(files.storage(FileOptions::default()).unwrap());
        let (log, _) = open(&storage, 1, 0).await.unwrap();
        let failure = StorageError::failed("testing", "out of order");
        files.set_fault(Some(Fault::Fail { at: files.operations(), error: failure.clone() }));
        let (outcomes, applied) = append_together(&log, &["a", "b"]).await;
        assert_eq!(outcomes, vec![Err(failure.into()); 2]);
        assert!(applied.is_empty());
        files.set_fault(None);
        let (outcomes, _) = append_together(&log, &["c"]).await;
        let Err(Error::Unavailable(reason)) = &outcomes[0] else { panic!("{outcomes:?}") };
        assert!(reason.contains("out of order") && reason.contains("open it again"), "{reason}");
        assert_eq!(log.check(), Err(Error::Unavailable(reason.clone())));
    });
}

#[test]
fn a_closed_log_says_so() {
    block_on(async {
        let (log, _) = open(&memory(), 1, 0).await.unwrap();
        assert_eq!(log.check(), Ok(()));
        log.close();
        let (outcomes, applied) = append_together(&log, &["a"]).await;
        assert_eq!(outcomes, [Err(Error::Unavailable("the store is closed".into()))]);
        assert!(applied.is_empty());
    });
}

#[test]
fn an_entry_that_no_frame_holds_is_refused_alone() {
    block_on(async {
        let (log, _) = open(&memory(), 1, 0).await.unwrap();
        let huge = "x".repeat(MAX_FRAME_BYTES);
        let error = log.append(Room::Takes, entry(&huge), |_| unreachable!()).await.unwrap_err();
        assert_eq!(error.code(), 400);
        let (outcomes, applied) = append_together(&log, &["a"]).await;
        assert_eq!((outcomes, applied), (vec![Ok(())], numbered(1, &["a"])));
    });
}

#[test]
fn dropped_entries_are_gone_and_the_chain_goes_on() {
    block_on(async {
        let storage = memory();
        let (log, _) = open(&storage, 1, 0).await.unwrap();
        append_together(&log, &["a", "b", "c"]).await;
        let (entries, bytes) = log.size();
        assert_eq!(entries, 3);
        let third = log.checksum_before(3);
        log.drop_below(3).await.unwrap();
        assert_eq!(log.checksum_before(3), third);
        assert_eq!(log.size(), (1, bytes / 3));
        assert_eq!(log.durable(), 3);
        let end = log.checksum_before(4);
        log.drop_below(4).await.unwrap();
        assert_eq!((log.size(), log.checksum_before(4)), ((0, 0), end));
        let (outcomes, applied) = append_together(&log, &["d"]).await;
        assert_eq!((outcomes, applied), (vec![Ok(())], numbered(4, &["d"])));

        let (again, replay) = open(&storage, 4, end).await.unwrap();
        assert_eq!(replay.entries.iter().map(name).collect::<Vec<_>>(), numbered(4, &["d"]));
        assert_eq!((again.durable(), again.checksum_before(5)), (4, log.checksum_before(5)));
    });
}

#[test]
fn a_log_that_does_not_fit_its_root_is_corrupt() {
    block_on(async {
        let storage = memory();
        let (log, _) = open(&storage, 1, 0).await.unwrap();
        append_together(&log, &["a", "b", "c"]).await;
        let (second, end) = (log.checksum_before(3), log.checksum_before(4));
        assert_eq!(open(&storage, 3, second).await.unwrap().1.entries.len(), 1);
        assert!(open(&storage, 4, end).await.unwrap().1.entries.is_empty());
        for (start, checksum) in [
            // Another chain.
            (3, second ^ 1),
            // Another chain, of which nothing is left to compare with.
            (4, end ^ 1),
            // The root has seen frames that are gone.
            (5, end),
            // Its frames do not start where they should.
            (2, second),
        ] {
            let outcome = open(&storage, start, checksum).await.map(drop);
            assert!(matches!(outcome, Err(Error::Corrupt(_))), "start {start}: {outcome:?}");
        }
        storage.drop_log(3).await.unwrap();
        let outcome = open(&storage, 2, log.checksum_before(2)).await.map(drop);
        assert!(matches!(outcome, Err(Error::Corrupt(_))), "a frame is missing: {outcome:?}");
    });
}

#[test]
fn a_frame_that_says_nothing_known_is_corrupt() {
    block_on(async {
        for payload in [&b"\xff\xff\xff"[..], b""] {
            let storage = memory();
            storage.append_log(vec![Frame::new(1, 0, payload)], Durability::Strict).await.unwrap();
            let outcome = open(&storage, 1, 0).await.map(drop);
            assert!(matches!(outcome, Err(Error::Corrupt(_))), "{outcome:?}");
        }
    });
}
