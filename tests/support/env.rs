//! A world that follows from a seed.

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::task::Poll;

use chromatid::env::Env;
use chromatid::storage::sim::Xorshift;
use futures::future::{LocalBoxFuture, poll_fn};

/// Time passes when it is asked for: each look at the clock moves it on.
struct SeededEnv {
    now: Cell<f64>,
    tick: f64,
    random: RefCell<Xorshift>,
}

/// A world whose randomness follows from `seed`; `tick` milliseconds pass with each look at its clock.
pub fn seeded(seed: u64, tick: f64) -> Rc<dyn Env> {
    let random = RefCell::new(Xorshift::new(seed));
    Rc::new(SeededEnv { now: Cell::new(1e12), tick, random })
}

impl Env for SeededEnv {
    fn now_ms(&self) -> f64 {
        self.now.set(self.now.get() + self.tick);
        self.now.get()
    }

    fn random(&self, bytes: &mut [u8]) {
        let mut random = self.random.borrow_mut();
        for chunk in bytes.chunks_mut(8) {
            chunk.copy_from_slice(&random.next().to_le_bytes()[..chunk.len()]);
        }
    }

    fn pause(&self) -> LocalBoxFuture<'_, ()> {
        Box::pin(turns(1))
    }
}

/// Gives everything else that runs on the thread so many turns.
pub async fn turns(mut count: u32) {
    poll_fn(|context| {
        if count == 0 {
            return Poll::Ready(());
        }
        count -= 1;
        context.waker().wake_by_ref();
        Poll::Pending
    })
    .await;
}
