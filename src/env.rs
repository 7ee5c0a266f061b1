//! What the engine needs from the world besides storage: a clock, randomness and a place to pause.
//!
//! The engine never asks the platform itself, so that a test can run it on a seeded clock and generator.

use std::cell::Cell;

use futures::future::LocalBoxFuture;

use crate::limits::{PATIENCE_MS, PATIENCE_TURNS, READS_RECENT_MS, SLICE_MS};

/// The world around the engine. Implemented by [`NativeEnv`], by the browser bindings and by tests.
pub trait Env {
    /// Milliseconds since the Unix epoch.
    fn now_ms(&self) -> f64;

    /// Fills `bytes` with unpredictable (in tests: seeded) bytes.
    fn random(&self, bytes: &mut [u8]);

    /// Lets other work of the same thread run. Long loops call it every few milliseconds
    /// ([`crate::limits::SLICE_MS`]) so that a query never waits for a compaction.
    fn pause(&self) -> LocalBoxFuture<'_, ()>;

    /// Where reads are counted, if work in the background is to let them go first.
    fn reads(&self) -> Option<&Reads> {
        None
    }
}

/// Reads under way and when the last one was.
#[derive(Debug)]
pub struct Reads {
    under_way: Cell<u32>,
    last_ms: Cell<f64>,
}

impl Default for Reads {
    fn default() -> Self {
        Self { under_way: Cell::new(0), last_ms: Cell::new(f64::NEG_INFINITY) }
    }
}

/// A read under way, until it is dropped.
#[must_use]
pub struct Reading<'a>(Option<&'a dyn Env>);

impl<'a> Reading<'a> {
    pub fn begin(env: &'a dyn Env) -> Self {
        let Some(reads) = env.reads() else { return Self(None) };
        reads.under_way.set(reads.under_way.get() + 1);
        Self(Some(env))
    }
}

impl Drop for Reading<'_> {
    fn drop(&mut self) {
        if let Some((env, reads)) = self.0.and_then(|env| Some((env, env.reads()?))) {
            reads.under_way.set(reads.under_way.get() - 1);
            reads.last_ms.set(env.now_ms());
        }
    }
}

/// A pause of work in the background. While there are reads it lasts until they have what they came for, at most
/// [`PATIENCE_MS`], so that the work comes to its end under any load.
pub async fn give_way(env: &dyn Env) {
    let Some(reads) = env.reads() else { return env.pause().await };
    let started = env.now_ms();
    let mut calm_turns = 0;
    for _ in 0..PATIENCE_TURNS {
        env.pause().await;
        let now = env.now_ms();
        let is_calm = reads.under_way.get() == 0;
        calm_turns = if is_calm { calm_turns + 1 } else { 0 };
        let is_quiet = is_calm && now - reads.last_ms.get() >= READS_RECENT_MS;
        // The head of a request comes in one turn, its body, with which the read begins, in the next.
        if is_quiet || calm_turns == 2 || now - started >= PATIENCE_MS {
            return;
        }
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

        fn reads(&self) -> Option<&Reads> {
            Some(&self.reads)
        }
    }

    /// Pauses that a slice of work in the background waits for.
    fn waited(clock: &Clock) -> u32 {
        give_way(clock).now_or_never().expect("a pause of this clock is over at once");
        clock.pauses.take()
    }

    #[test]
    fn the_background_pauses_once_while_nothing_is_read() {
        let clock = Clock { now: Cell::new(1e12), ..Clock::default() };
        assert_eq!(waited(&clock), 1);
        drop(Reading::begin(&clock));
        clock.now.set(clock.now.get() + READS_RECENT_MS);
        assert_eq!(waited(&clock), 1, "the last read is long over");
    }

    #[test]
    fn the_background_waits_for_the_body_of_a_request_and_for_its_end() {
        let clock = Clock { events: vec![(2, true), (6, false)], ..Clock::default() };
        drop(Reading::begin(&clock));
        assert_eq!(waited(&clock), 7, "two calm turns after the last read");
    }

    #[test]
    fn the_background_waits_for_several_reads() {
        let clock = Clock { events: vec![(1, true), (1, true), (3, false), (5, false)], ..Clock::default() };
        assert_eq!(waited(&clock), 6);
    }

    #[test]
    fn the_background_loses_its_patience() {
        let clock = Clock { pause_ms: PATIENCE_MS / 4.0, events: vec![(1, true)], ..Clock::default() };
        assert_eq!(waited(&clock), 4, "the read never ends");
        let still = Clock { events: vec![(1, true)], ..Clock::default() };
        assert_eq!(waited(&still), PATIENCE_TURNS, "a clock that stands still");
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
