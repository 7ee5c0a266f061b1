//! What the engine needs from the world besides storage: a clock, randomness and a place to pause.
//!
//! The engine never asks the platform itself, so that a test can run it on a seeded clock and generator.

use futures::future::LocalBoxFuture;

/// The world around the engine. Implemented by [`NativeEnv`], by the browser bindings and by tests.
pub trait Env {
    /// Milliseconds since the Unix epoch.
    fn now_ms(&self) -> f64;

    /// Fills `bytes` with unpredictable (in tests: seeded) bytes.
    fn random(&self, bytes: &mut [u8]);

    /// Lets other work of the same thread run. Long loops call it every few milliseconds
    /// ([`crate::limits::SLICE_MS`]) so that a query never waits for a compaction.
    fn pause(&self) -> LocalBoxFuture<'_, ()>;
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
    started: std::cell::Cell<f64>,
}

impl<'a> Slices<'a> {
    /// Starts the first slice.
    pub fn new(env: &'a dyn Env) -> Self {
        Self { env, started: std::cell::Cell::new(env.now_ms()) }
    }

    /// Pauses if the slice has lasted [`crate::limits::SLICE_MS`], and starts the next one.
    pub async fn step(&self) {
        if self.env.now_ms() - self.started.get() >= crate::limits::SLICE_MS {
            self.env.pause().await;
            self.started.set(self.env.now_ms());
        }
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use futures::FutureExt;

    use super::*;
    use crate::limits::SLICE_MS;

    #[derive(Default)]
    struct Clock {
        now: Cell<f64>,
        pauses: Cell<u32>,
        /// How long others run during a pause.
        pause_ms: f64,
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
            Box::pin(futures::future::ready(()))
        }
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
