//! Cases that follow from their seeds, and what none of them may do.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Mutex;
use std::thread;
use std::time::{Duration, Instant};

use chromatid::storage::sim::Xorshift;

use crate::memory;
use crate::variable;

/// What one case may take. On a busy machine a case is tried again before it counts as slow.
const LONGEST: Duration = Duration::from_secs(1);
const TRIES: usize = 3;

/// What is taken for endless.
const ENDLESS: Duration = Duration::from_secs(60);

/// How much memory a case may hold.
#[derive(Debug, Clone, Copy)]
pub struct Memory {
    pub least: usize,
    pub per_byte: usize,
}

/// The case under way, and since when, for who waits for its end.
static CURRENT: Mutex<Option<(String, Instant)>> = Mutex::new(None);

fn note(case: Option<String>) {
    *CURRENT.lock().unwrap() = case.map(|case| (case, Instant::now()));
}

/// Ends the process when a case does not end: nothing else could say which one it was.
fn watch() {
    thread::spawn(|| {
        loop {
            thread::sleep(Duration::from_secs(1));
            if let Some((case, since)) = &*CURRENT.lock().unwrap()
                && since.elapsed() > ENDLESS
            {
                eprintln!("{case}: it does not end");
                std::process::abort();
            }
        }
    });
}

/// Makes an input from each seed and lets `read` have it. `size` is what memory is measured by.
///
/// # Panics
/// At the first case that panics, is slow or holds too much, with its seed.
pub fn fuzz<I>(
    target: &str,
    cases: u64,
    memory: Memory,
    make: impl Fn(&mut Xorshift) -> I,
    size: impl Fn(&I) -> usize,
    read: impl Fn(&I),
) {
    let first = variable::number("CHROMATID_FUZZ_SEED").unwrap_or(0);
    let seconds = variable::number("CHROMATID_FUZZ_SECONDS").map(Duration::from_secs);
    let start = Instant::now();
    watch();
    let mut tried = 0;
    for seed in first.. {
        if seconds.map_or(tried >= cases, |seconds| start.elapsed() >= seconds) {
            break;
        }
        let case = format!("CHROMATID_FUZZ_SEED={seed}, {target}");
        let input = make(&mut Xorshift::new(seed));
        note(Some(case.clone()));
        let bound = memory.least + memory.per_byte * size(&input);
        let outcome = catch_unwind(AssertUnwindSafe(|| judge(&input, bound, &read)));
        note(None);
        match outcome {
            Ok(Ok(())) => tried += 1,
            Ok(Err(fault)) => panic!("{case}: {fault}"),
            Err(_) => panic!("{case}: it panicked"),
        }
    }
    println!("{target}: {tried} cases");
}

fn judge<I>(input: &I, bound: usize, read: impl Fn(&I)) -> Result<(), String> {
    let mut fastest = Duration::MAX;
    for _ in 0..TRIES {
        let start = Instant::now();
        let held = memory::peak(|| read(input));
        if held > bound {
            return Err(format!("it held {held} bytes, {bound} at most were to be"));
        }
        fastest = fastest.min(start.elapsed());
        if fastest <= LONGEST {
            return Ok(());
        }
    }
    Err(format!("it took {fastest:?}"))
}
