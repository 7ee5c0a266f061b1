//! A client that asks again for what it has no answer of: each of its writes is done once, through every crash and compaction.

use chromatid::db::{Db, Request};
use chromatid::error::Result;
use chromatid::storage::sim::SimFiles;
use futures::executor::block_on;
use uuid::Uuid;

use super::rounds::{World, each_crash, rounds};
use super::storage_of;
use super::workloads::{delete, write};
use crate::support::chroma::{Chroma, Kind};
use crate::support::probe::{everything, why};
use crate::support::step::{Step, note_indexed, run};
use crate::support::{maintain, no_garbage, open};

const CLIENT: Uuid = Uuid::from_u128(0xc0ffee);

/// Most of them fail, or do something else, when they are done twice.
fn steps() -> Vec<Step> {
    vec![
        Step::Create { name: "alpha", space: "l2" },
        write("alpha", Kind::Add, &[1, 2, 3, 4]),
        Step::Compact,
        Step::Fork { from: "alpha", to: "beta" },
        delete("alpha", Some(&["1", "2"]), None),
        write("alpha", Kind::Add, &[2]),
        Step::Rename { from: "beta", to: "gamma" },
        Step::Compact,
        Step::Create { name: "beta", space: "cosine" },
        write("beta", Kind::Upsert, &[7, 8]),
        Step::Drop { name: "gamma" },
        delete("alpha", Some(&["2"]), None),
        Step::Maintain,
        Step::Create { name: "gamma", space: "ip" },
    ]
}

/// What a client remembers, whatever happens to the store.
#[derive(Default)]
struct Client {
    /// Steps whose answers it has.
    answered: usize,
}

impl Client {
    /// Takes the steps that have no answer yet, and notes each answer.
    async fn go_on(&mut self, db: &Db) -> Result<()> {
        for step in &steps()[self.answered..] {
            let number = self.answered as u64 + 1;
            match step {
                Step::Compact | Step::Maintain => run(db, step).await?,
                _ if db.applied(CLIENT, number).is_some() => {}
                _ => {
                    let request = Request { client: CLIENT, number, acknowledged: number };
                    db.on_behalf(request, run(db, step)).await?;
                    assert!(db.applied(CLIENT, number).is_some(), "{step:?} is known to be done");
                }
            }
            self.answered += 1;
        }
        Ok(())
    }
}

/// The client goes on with what the crash has left; afterwards everything is as if nothing had happened.
async fn check(
    world: World,
    files: &SimFiles,
    at: u64,
    mut client: Client,
) -> std::result::Result<(), String> {
    let storage = storage_of(files, world.options(at))?;
    let db = open(&storage, &world.env(2)).await.map_err(why)?;
    client.go_on(&db).await.map_err(why)?;
    let mut model = Chroma::default();
    for step in &steps() {
        model.apply(step).map_err(|code| format!("{step:?}: {code}"))?;
    }
    note_indexed(&db, &mut model).map_err(why)?;
    everything(&db, &model).await?;
    maintain(&db).await?;
    no_garbage(&storage, &world.env(2)).await
}

/// Crashes at every operation. Answers how many images were judged.
fn crash_everywhere(world: World) -> std::result::Result<u64, String> {
    let run = |files: &SimFiles, at| {
        let mut client = Client::default();
        if let Ok(storage) = storage_of(files, world.options(at)) {
            block_on(async {
                if let Ok(db) = open(&storage, &world.env(1)).await {
                    let _ = client.go_on(&db).await;
                }
            });
        }
        client.answered
    };
    each_crash(world, "requests", run, |image, at, &answered| {
        block_on(check(world, image, at, Client { answered }))
    })
}

#[test]
fn each_write_is_done_once_after_every_crash() {
    let images = rounds("requests", 8, crash_everywhere);
    assert!(images >= 400, "only {images} crashes were tried");
}

#[test]
fn a_write_that_fails_is_not_known_as_done() {
    let world = World::default();
    let storage = storage_of(&world.files(), world.options(0)).unwrap();
    block_on(async {
        let db = open(&storage, &world.env(1)).await.unwrap();
        let request = |number| Request { client: CLIENT, number, acknowledged: 1 };
        let create = Step::Create { name: "alpha", space: "l2" };
        db.on_behalf(request(1), run(&db, &create)).await.unwrap();
        db.on_behalf(request(2), run(&db, &create)).await.unwrap_err();
        assert_eq!([1, 2].map(|number| db.applied(CLIENT, number).is_some()), [true, false]);
        // What others do while a request is under way is not its.
        let add = write("alpha", Kind::Add, &[1, 2]);
        let other = write("alpha", Kind::Add, &[3]);
        let both = futures::future::join(db.on_behalf(request(3), run(&db, &add)), run(&db, &other));
        let (ours, theirs) = both.await;
        ours.and(theirs).unwrap();
        assert_eq!(db.applied(CLIENT, 3).map(|applied| applied.operations), Some(2));
        // It has all answers: none is kept.
        let request = Request { client: CLIENT, number: 4, acknowledged: 4 };
        db.on_behalf(request, run(&db, &Step::Drop { name: "alpha" })).await.unwrap();
        assert_eq!([1, 3, 4].map(|number| db.applied(CLIENT, number).is_some()), [false, false, true]);
    });
}
