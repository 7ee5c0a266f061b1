//! What the engine needs from the world besides storage: a clock, randomness and a place to pause.
//!
//! The engine never asks the platform itself, so that a test can run it on a seeded clock and generator.

use std::cell::Cell;

use futures::future::LocalBoxFuture;

use crate::limits::{NAP_MS, PATIENCE_NAPS, READS_RECENT_MS, SLICE_MS};

/// The world around the engine. Implemented by [`NativeEnv`], by the browser bindings and by tests.
pub trait Env {
    /// Milliseconds since the Unix epoch.
    fn now_ms(&self) -> f64;

    /// Fills `bytes` with unpredictable (in tests: seeded) bytes.
    fn random(&self, bytes: &mut [u8]);

    /// Lets other work of the same thread run. Long loops call it every few milliseconds
    /// ([`crate::limits::SLICE_MS`]) so that a query never waits for a compaction.
    fn pause(&self) -> LocalBoxFuture<'_, ()>;

    /// Lets other work of the thread and of the machine run for about so many milliseconds. Where nothing can wake a thread: as long as a pause.
    fn sleep(&self, _ms: f64) -> LocalBoxFuture<'_, ()> {
        self.pause()
    }

    /// Where reads are counted, if work in the background is to let them go first.
    fn reads(&self) -> Option<&Reads> {
        None
    }
}

/// Reads under way, when the last one ended, and how soon after one the next usually begins.
#[derive(Debug)]
pub struct Reads {
    under_way: Cell<u32>,
    last_ms: Cell<f64>,
    /// Time from the end of a read to the beginning of the next, smoothed, at most [`READS_RECENT_MS`].
    gap_ms: Cell<f64>,
}

impl Default for Reads {
    fn default() -> Self {
        Self {
            under_way: Cell::new(0),
            last_ms: Cell::new(f64::NEG_INFINITY),
            gap_ms: Cell::new(READS_RECENT_MS),
        }
    }
}

/// How much the newest gap between two reads counts, beside all before it.
const GAP_WEIGHT: f64 = 0.25;

impl Reads {
    fn begin(&self, now: f64) {
        if self.under_way.get() == 0 {
            let gap = (now - self.last_ms.get()).clamp(0.0, READS_RECENT_MS);
            self.gap_ms.set(self.gap_ms.get() + GAP_WEIGHT * (gap - self.gap_ms.get()));
        }
        self.under_way.set(self.under_way.get() + 1);
    }

    fn end(&self, now: f64) {
        self.under_way.set(self.under_way.get() - 1);
        self.last_ms.set(now);
    }

    /// Whether nothing is read, and a slice would probably be over before the next read: it ends in the first half of the usual gap.
    fn leave_room(&self, now: f64) -> bool {
        let since = now - self.last_ms.get();
        self.under_way.get() == 0 && (since >= READS_RECENT_MS || since + SLICE_MS <= self.gap_ms.get() / 2.0)
    }
}

/// A read under way, until it is dropped.
#[must_use]
pub struct Reading<'a>(Option<&'a dyn Env>);

impl<'a> Reading<'a> {
    pub fn begin(env: &'a dyn Env) -> Self {
        let Some(reads) = env.reads() else { return Self(None) };
        reads.begin(env.now_ms());
        Self(Some(env))
    }
}

impl Drop for Reading<'_> {
    fn drop(&mut self) {
        if let Some((env, reads)) = self.0.and_then(|env| Some((env, env.reads()?))) {
            reads.end(env.now_ms());
        }
    }
}

/// A pause of work in the background. While reads come one after the other it lasts some naps, at most [`PATIENCE_NAPS`], so that few of them
/// meet a slice and the work still comes to its end under any load. Naps are counted, not measured: the clock of workerd may stand still.
pub async fn give_way(env: &dyn Env) {
    env.pause().await;
    let Some(reads) = env.reads() else { return };
    if reads.under_way.get() == 0 && env.now_ms() - reads.last_ms.get() >= READS_RECENT_MS {
        return;
    }
    // The head of a request comes in one turn, its body, with which the read begins, in the next.
    env.pause().await;
    for _ in 0..PATIENCE_NAPS {
        if reads.leave_room(env.now_ms()) {
            return;
        }
        env.sleep(NAP_MS).await;
    }
}

/// The ordinary environment of a native process.
#[cfg(not(target_arch = "wasm32"))]
#[derive(Debug, Default, Clone, Copy)]
pub struct NativeEnv;

#[cfg(not(target_arch = "wasm32"))]
impl Env for NativeEnv {
    fn now_ms(&self) -> f64 {
        std::time::SystemTime::now()
            .duration_since(std::time::UNIX_EPOCH)
            .map_or(0.0, |elapsed| elapsed.as_secs_f64() * 1e3)
    }

    fn random(&self, bytes: &mut [u8]) {
        getrandom::fill(bytes).expect("the operating system has a random generator");
    }

    fn pause(&self) -> LocalBoxFuture<'_, ()> {
        turn()
    }
}

/// Wakes itself once: the executor gets one turn for everything else.
#[cfg(any(not(target_arch = "wasm32"), feature = "conformance"))]
pub(crate) fn turn() -> LocalBoxFuture<'static, ()> {
    let mut paused = false;
    Box::pin(futures::future::poll_fn(move |context| {
        if paused {
            return std::task::Poll::Ready(());
        }
        paused = true;
        context.waker().wake_by_ref();
        std::task::Poll::Pending
    }))
}

/// Cuts a long piece of work into slices: between its steps it pauses when the slice is used up.
pub struct Slices<'a> {
    env: &'a dyn Env,
    started: Cell<f64>,
    is_background: bool,
}

impl<'a> Slices<'a> {
    /// Starts the first slice of work that somebody waits for.
    pub fn new(env: &'a dyn Env) -> Self {
        Self { env, started: Cell::new(env.now_ms()), is_background: false }
    }

    /// Starts the first slice of work that reads go before.
    pub fn background(env: &'a dyn Env) -> Self {
        Self { is_background: true, ..Self::new(env) }
    }

    /// Pauses if the slice has lasted [`SLICE_MS`], and starts the next one.
    pub async fn step(&self) {
        if self.env.now_ms() - self.started.get() >= SLICE_MS {
            if self.is_background {
                give_way(self.env).await;
            } else {
                self.env.pause().await;
            }
            self.started.set(self.env.now_ms());
        }
    }
}

#[cfg(test)]
mod tests {
    use futures::FutureExt;

    use super::*;

    #[derive(Default)]
    struct Clock {
        now: Cell<f64>,
        pauses: Cell<u32>,
        /// How long others run during a pause.
        pause_ms: f64,
        naps: Cell<u32>,
        /// Whether naps pass without a change of the clock.
        is_still: bool,
        reads: Reads,
        /// In which pauses a read begins (true) or ends.
        events: Vec<(u32, bool)>,
    }

    impl Env for Clock {
        fn now_ms(&self) -> f64 {
            self.now.get()
        }

        fn random(&self, bytes: &mut [u8]) {
            bytes.fill(0);
        }

        fn pause(&self) -> LocalBoxFuture<'_, ()> {
            self.pauses.set(self.pauses.get() + 1);
            self.now.set(self.now.get() + self.pause_ms);
            for (_, begins) in self.events.iter().filter(|(pause, _)| *pause == self.pauses.get()) {
                if *begins {
                    std::mem::forget(Reading::begin(self));
                } else {
                    drop(Reading(Some(self)));
                }
            }
            Box::pin(futures::future::ready(()))
        }

        fn sleep(&self, ms: f64) -> LocalBoxFuture<'_, ()> {
            self.naps.set(self.naps.get() + 1);
            if !self.is_still {
                self.now.set(self.now.get() + ms);
            }
            Box::pin(futures::future::ready(()))
        }

        fn reads(&self) -> Option<&Reads> {
            Some(&self.reads)
        }
    }

    /// Pauses and naps that a slice of work in the background waits for.
    fn waited(clock: &Clock) -> (u32, u32) {
        give_way(clock).now_or_never().expect("a pause of this clock is over at once");
        (clock.pauses.take(), clock.naps.take())
    }

    /// Reads that last 3 ms, each so long after the one before.
    fn reads(clock: &Clock, gap_ms: f64, count: u32) {
        for _ in 0..count {
            clock.now.set(clock.now.get() + gap_ms);
            let read = Reading::begin(clock);
            clock.now.set(clock.now.get() + 3.0);
            drop(read);
        }
    }

    #[test]
    fn the_background_pauses_once_while_nothing_is_read() {
        let clock = Clock { now: Cell::new(1e12), ..Clock::default() };
        assert_eq!(waited(&clock), (1, 0));
        drop(Reading::begin(&clock));
        clock.now.set(clock.now.get() + READS_RECENT_MS);
        assert_eq!(waited(&clock), (1, 0), "the last read is long over");
    }

    #[test]
    fn the_background_waits_for_the_body_of_a_request_and_for_its_end() {
        let clock = Clock { now: Cell::new(1e12), events: vec![(2, true)], ..Clock::default() };
        drop(Reading::begin(&clock));
        let (pauses, naps) = waited(&clock);
        assert_eq!(pauses, 2);
        assert_eq!(naps, PATIENCE_NAPS, "a read that never ends");
    }

    #[test]
    fn between_reads_that_follow_each_other_closely_the_background_has_a_slice_now_and_then() {
        let clock = Clock { now: Cell::new(1e12), ..Clock::default() };
        reads(&clock, 1.5, 30);
        assert_eq!(waited(&clock), (2, PATIENCE_NAPS));
    }

    #[test]
    fn the_background_works_in_the_first_half_of_the_gap_between_two_reads() {
        let clock = Clock { now: Cell::new(1e12), ..Clock::default() };
        reads(&clock, 40.0, 30);
        assert_eq!(waited(&clock), (2, 0), "the next read is not near");
        clock.now.set(clock.now.get() + 20.0 - SLICE_MS);
        assert_eq!(waited(&clock), (2, 0), "a slice still ends in the first half");
        clock.now.set(clock.now.get() + SLICE_MS);
        assert_eq!(waited(&clock), (2, PATIENCE_NAPS), "the next read is near");
        clock.now.set(clock.now.get() + READS_RECENT_MS);
        assert_eq!(waited(&clock), (1, 0), "it did not come");
    }

    #[test]
    fn reads_beside_each_other_have_no_gap() {
        let clock = Clock { now: Cell::new(1e12), ..Clock::default() };
        for _ in 0..30 {
            let reads = [Reading::begin(&clock), Reading::begin(&clock)];
            clock.now.set(clock.now.get() + 3.0);
            drop(reads);
        }
        assert_eq!(waited(&clock), (2, PATIENCE_NAPS));
    }

    #[test]
    fn a_clock_that_stands_still_does_not_stop_the_background() {
        let clock = Clock { now: Cell::new(1e12), is_still: true, ..Clock::default() };
        reads(&clock, 0.0, 30);
        assert_eq!(waited(&clock), (2, PATIENCE_NAPS));
    }

    fn work(clock: &Clock, slices: &Slices<'_>, step_ms: f64, steps: u32) -> u32 {
        for _ in 0..steps {
            clock.now.set(clock.now.get() + step_ms);
            slices.step().now_or_never().expect("a pause of this clock is over at once");
        }
        clock.pauses.take()
    }

    #[test]
    fn work_pauses_when_its_slice_is_used_up_and_not_before() {
        let clock = Clock::default();
        let slices = Slices::new(&clock);
        assert_eq!(work(&clock, &slices, SLICE_MS / 4.0, 3), 0);
        assert_eq!(work(&clock, &slices, SLICE_MS / 4.0, 1), 1);
        assert_eq!(work(&clock, &slices, SLICE_MS / 4.0, 12), 3);
        assert_eq!(work(&clock, &slices, SLICE_MS * 3.0, 2), 2);
    }

    #[test]
    fn what_others_do_in_a_pause_is_not_counted() {
        let clock = Clock { pause_ms: 1_000.0, ..Clock::default() };
        let slices = Slices::new(&clock);
        assert_eq!(work(&clock, &slices, SLICE_MS / 2.0, 8), 4);
    }

    #[test]
    fn a_pause_gives_others_a_turn() {
        let turns = Cell::new(0);
        let other = async {
            for _ in 0..3 {
                turns.set(turns.get() + 1);
                NativeEnv.pause().await;
            }
        };
        let pausing = async {
            let before = turns.get();
            NativeEnv.pause().await;
            turns.get() - before
        };
        let ((), seen) = futures::executor::block_on(async { futures::join!(other, pausing) });
        assert_eq!(seen, 1);
    }
}
