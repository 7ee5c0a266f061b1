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
        // Wakes itself once: the executor gets one turn for everything else.
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
