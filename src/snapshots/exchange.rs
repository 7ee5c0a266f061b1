//! Reading without doing input or output: a run asks for parts, is given their bytes, and goes on.
//!
//! What a run does is an ordinary `async` function over an [`Exchange`]. It is polled by [`Run::step`], each time to where it cannot go
//! on without parts that it has not been given. Each such stop is a *hop*: what it asks for can be fetched at once.

use std::cell::RefCell;
use std::collections::{BTreeSet, HashMap};
use std::future::poll_fn;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, Waker};

use crate::error::{Error, Result};
use crate::pack::PackName;
use crate::part::{Hash, PartRef};
use crate::ranges::{self, Range};

/// What a run may cost: what comes over the network, not what a cache has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Budget {
    pub max_bytes: u64,
    pub max_requests: u64,
}

impl Budget {
    /// No bound.
    pub const NONE: Self = Self { max_bytes: u64::MAX, max_requests: u64::MAX };
}

/// What a run has cost so far.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Cost {
    /// Times that it waited for the network.
    pub hops: u64,
    pub requests: u64,
    pub bytes: u64,
}

#[derive(Default)]
struct State {
    given: HashMap<Hash, Rc<[u8]>>,
    wanted: BTreeSet<PartRef>,
}

/// What a run reads through.
#[derive(Clone, Default)]
pub struct Exchange(Rc<RefCell<State>>);

impl Exchange {
    /// The bytes of parts, in their order.
    pub async fn read(&self, parts: &[PartRef]) -> Vec<Rc<[u8]>> {
        poll_fn(|_| self.poll(parts)).await
    }

    fn poll(&self, parts: &[PartRef]) -> Poll<Vec<Rc<[u8]>>> {
        let State { given, wanted } = &mut *self.0.borrow_mut();
        let found: Vec<_> = parts.iter().filter_map(|part| given.get(&part.hash).cloned()).collect();
        if found.len() == parts.len() {
            return Poll::Ready(found);
        }
        wanted.extend(parts.iter().filter(|part| !given.contains_key(&part.hash)));
        Poll::Pending
    }
}

/// Runs all of them, so that what they wait for is one hop; gives what they give, in their order.
pub async fn join_all<F: Future>(futures: impl IntoIterator<Item = F>) -> Vec<F::Output> {
    let mut futures: Vec<_> = futures.into_iter().map(|future| (Some(Box::pin(future)), None)).collect();
    poll_fn(|context| {
        for (pending, output) in &mut futures {
            if let Some(future) = pending
                && let Poll::Ready(ready) = future.as_mut().poll(context)
            {
                *output = Some(ready);
                *pending = None;
            }
        }
        if futures.iter().any(|(pending, _)| pending.is_some()) { Poll::Pending } else { Poll::Ready(()) }
    })
    .await;
    futures.into_iter().filter_map(|(_, output)| output).collect()
}

/// Runs both, as [`join_all`].
pub async fn join<A: Future, B: Future>(a: A, b: B) -> (A::Output, B::Output) {
    let (mut a, mut b) = (Box::pin(a), Box::pin(b));
    let (mut of_a, mut of_b) = (None, None);
    poll_fn(|context| {
        if of_a.is_none()
            && let Poll::Ready(ready) = a.as_mut().poll(context)
        {
            of_a = Some(ready);
        }
        if of_b.is_none()
            && let Poll::Ready(ready) = b.as_mut().poll(context)
        {
            of_b = Some(ready);
        }
        match (of_a.take(), of_b.take()) {
            (Some(a), Some(b)) => Poll::Ready((a, b)),
            (a, b) => {
                (of_a, of_b) = (a, b);
                Poll::Pending
            }
        }
    })
    .await
}

/// Where a run stands.
#[derive(Debug)]
pub enum Step<T> {
    /// It goes on when it has these.
    Need(Vec<PartRef>),
    Done(T),
}

/// A function under way.
pub struct Run<T> {
    future: Pin<Box<dyn Future<Output = Result<T>>>>,
    exchange: Exchange,
    packs: Rc<[PackName]>,
    budget: Budget,
    cost: Cost,
}

impl<T> Run<T> {
    /// Of what `start` makes of an exchange; all that it reads has to lie in `packs`.
    pub fn new<F: Future<Output = Result<T>> + 'static>(
        packs: Rc<[PackName]>,
        budget: Budget,
        start: impl FnOnce(Exchange) -> F,
    ) -> Self {
        let exchange = Exchange::default();
        let future = Box::pin(start(exchange.clone()));
        Self { future, exchange, packs, budget, cost: Cost::default() }
    }

    /// Goes on as far as what was given leads.
    pub fn step(&mut self) -> Result<Step<T>> {
        self.exchange.0.borrow_mut().wanted.clear();
        match self.future.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
            Poll::Ready(result) => result.map(Step::Done),
            Poll::Pending => {
                let missing = self.missing();
                missing.iter().try_for_each(|part| self.check(part))?;
                Ok(Step::Need(missing))
            }
        }
    }

    /// Whether a part lies in one of the packs.
    fn check(&self, part: &PartRef) -> Result<()> {
        match self.packs.get(part.pack as usize) {
            Some(pack) if part.end() <= pack.length => Ok(()),
            _ => Err(Error::corrupt("part", "it lies in no pack")),
        }
    }

    /// The parts that it waits for.
    pub fn missing(&self) -> Vec<PartRef> {
        self.exchange.0.borrow().wanted.iter().copied().collect()
    }

    /// Gives it the bytes of a part that it waits for; they are verified, and left aside if they are wrong.
    pub fn supply(&mut self, part: PartRef, bytes: &[u8]) -> Result<()> {
        part.verify(bytes)?;
        let mut state = self.exchange.0.borrow_mut();
        state.wanted.remove(&part);
        state.given.insert(part.hash, bytes.into());
        Ok(())
    }

    /// The ranges in which the parts that it still waits for are read over the network, counted as such.
    pub fn plan(&mut self) -> Result<Vec<Range>> {
        let ranges = ranges::plan(&self.missing());
        if ranges.is_empty() {
            return Ok(ranges);
        }
        let cost = Cost {
            hops: self.cost.hops + 1,
            requests: self.cost.requests + ranges.len() as u64,
            bytes: self.cost.bytes + ranges.iter().map(|range| u64::from(range.length())).sum::<u64>(),
        };
        if cost.requests > self.budget.max_requests {
            let limit = self.budget.max_requests;
            return Err(Error::Budget { option: "maxRequests", unit: "requests", limit });
        }
        if cost.bytes > self.budget.max_bytes {
            return Err(Error::Budget { option: "maxBytes", unit: "bytes", limit: self.budget.max_bytes });
        }
        self.cost = cost;
        Ok(ranges)
    }

    /// What [`plan`](Self::plan) has counted.
    pub fn cost(&self) -> Cost {
        self.cost
    }
}
