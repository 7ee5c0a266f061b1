//! Pauses in long work.

use std::fmt;
use std::rc::Rc;

use super::Blockstore;
use crate::env::{Env, give_way};
use crate::limits::SLICE_MS;

/// Lets other work of the thread run whenever [`SLICE_MS`] have passed since it last could.
pub(crate) struct Pace {
    env: Rc<dyn Env>,
    since: f64,
    is_background: bool,
}

impl fmt::Debug for Pace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pace").field("since", &self.since).finish_non_exhaustive()
    }
}

impl Pace {
    pub(crate) fn new(store: &Blockstore) -> Self {
        let env = Rc::clone(store.env());
        let since = env.now_ms();
        Self { env, since, is_background: false }
    }

    /// For work that reads go before.
    pub(crate) fn background(store: &Blockstore) -> Self {
        Self { is_background: true, ..Self::new(store) }
    }

    /// Called after each block.
    pub(crate) async fn step(&mut self) {
        if self.env.now_ms() - self.since >= SLICE_MS {
            if self.is_background {
                give_way(&*self.env).await;
            } else {
                self.env.pause().await;
            }
            self.since = self.env.now_ms();
        }
    }
}
