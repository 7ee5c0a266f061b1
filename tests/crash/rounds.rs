//! How many crashes are tried, and from which seeds.
//!
//! An ordinary run makes one round of each test, in the world of seed 0. `CHROMATID_CRASH_IMAGES` says how many crash images
//! are judged in all: each test goes on, world after world, until it has done its share of them. `CHROMATID_SEED` is the
//! first world, so that the seed that a failure names makes it again.

use std::cell::RefCell;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::rc::Rc;

use chromatid::env::Env;
use chromatid::storage::file::FileOptions;
use chromatid::storage::sim::{Crash, Fault, SimFiles};

use crate::support::env::seeded;
use crate::support::variable;

/// One default and one under which journals are rewritten all the time.
const OPTIONS: [FileOptions; 2] = [
    FileOptions { rewrite_bytes: 1 << 20, spare_bytes: 1 << 18 },
    FileOptions { rewrite_bytes: 400, spare_bytes: 0 },
];

/// Whatever is random in a test case, by one seed.
#[derive(Debug, Clone, Copy, Default)]
pub struct World(u64);

impl World {
    /// The surroundings of one session of the database; no two of one test case draw the same ids.
    pub fn env(self, session: u64) -> Rc<dyn Env> {
        seeded(self.0 << 32 | session, 0.25)
    }

    /// New files.
    pub fn files(self) -> SimFiles {
        SimFiles::new(5 + self.0)
    }

    /// New files for a crash at this operation. On half of them others run while a flush is under way, and each kind is met under each of
    /// the [`OPTIONS`].
    pub fn files_for(self, at: u64) -> SimFiles {
        let files = self.files();
        files.set_waits(self.turn(at / 2, 2) == 1);
        files
    }

    /// How the files are kept where a crash strikes at this operation.
    pub fn options(self, at: u64) -> FileOptions {
        OPTIONS[self.turn(at, OPTIONS.len())]
    }

    /// Which of `count` ways is taken where a crash strikes at this operation; another one in the next world.
    pub fn turn(self, at: u64, count: usize) -> usize {
        (at.wrapping_add(self.0) % count as u64) as usize
    }

    /// What decides how the crash at an operation goes.
    pub fn crash_seed(self, at: u64, number: u64) -> u64 {
        self.0 << 32 | (at * 1_000 + number)
    }
}

thread_local! {
    /// The crash that is being judged, for who has to tell of a panic.
    static CURRENT: RefCell<String> = const { RefCell::new(String::new()) };
}

/// Says which crash is judged from now on.
pub fn judging(workload: &str, crash: Crash, at: u64, seed: u64) {
    CURRENT.set(format!("workload {workload}, {crash:?} at operation {at}, seed of the crash {seed}"));
}

/// Ends a workload at each of its operations, in every way. `run` makes it on the files and answers what it got; `check` judges what a crash has left.
/// Answers how many images were judged.
pub fn each_crash<T>(
    world: World,
    workload: &str,
    mut run: impl FnMut(&SimFiles, u64) -> T,
    mut check: impl FnMut(&SimFiles, u64, &T) -> Result<(), String>,
) -> Result<u64, String> {
    let mut images = 0;
    for at in 0.. {
        let files = world.files();
        files.set_fault(Some(Fault::Crash { at }));
        let reached = run(&files, at);
        for crash in [Crash::Kill, Crash::PowerLossNothing, Crash::PowerLossPrefix, Crash::PowerLossSubset] {
            let seed = world.crash_seed(at, 0);
            judging(workload, crash, at, seed);
            check(&files.reopen(crash, seed), at, &reached)?;
            images += 1;
        }
        if files.operations() <= at {
            break;
        }
    }
    Ok(images)
}

/// Makes as many rounds as there have to be, each in a world of its own, and answers how many crash images they judged.
/// `percent` of all of them are this test's.
///
/// # Panics
/// At the first failure, with all that is needed to make it again.
pub fn rounds(test: &str, percent: u64, mut round: impl FnMut(World) -> Result<u64, String>) -> u64 {
    let first = variable::number("CHROMATID_SEED").unwrap_or(0);
    let share = variable::number("CHROMATID_CRASH_IMAGES").map_or(0, |images| images * percent / 100);
    let mut images = 0;
    for seed in first.. {
        CURRENT.take();
        images += match catch_unwind(AssertUnwindSafe(|| round(World(seed)))) {
            Ok(Ok(images)) => images,
            Ok(Err(reason)) => panic!("CHROMATID_SEED={seed}, {test}, {}: {reason}", CURRENT.take()),
            Err(_) => panic!("CHROMATID_SEED={seed}, {test}, {}: it panicked", CURRENT.take()),
        };
        if images >= share {
            break;
        }
    }
    println!("{test}: {images} crash images");
    images
}
