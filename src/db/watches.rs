//! Live queries: a result now, and again whenever a write changes it.

use std::rc::{Rc, Weak};

use futures::channel::oneshot;

use super::Db;
use super::records::check_filter;
use crate::error::{Error, Result};
use crate::execution::collection::CollectionState;
use crate::execution::orchestrators::watch::may_change;
use crate::types::CollectionRef;

pub use crate::execution::orchestrators::watch::{WatchedRequest, WatchedResult};

/// A request that is watched, and what it answered last.
pub(super) struct Watch {
    tenant: String,
    database: String,
    collection: CollectionRef,
    request: WatchedRequest,
    last: Option<Last>,
}

struct Last {
    result: WatchedResult,
    /// Sequence number of the last write that it takes into account, and the state that it is of.
    sequence: u64,
    /// Not kept from ending: somebody may have restored or deleted the collection.
    state: Weak<CollectionState>,
}

impl Db {
    /// Begins to watch a request; answers a number for [`refresh`](Self::refresh) and [`unwatch`](Self::unwatch).
    pub fn watch(
        &self,
        tenant: &str,
        database: &str,
        collection: &str,
        request: WatchedRequest,
    ) -> Result<u32> {
        let state = self.read(tenant, database, collection)?;
        match &request {
            WatchedRequest::Get(request) => check_filter(&state, request.filter.as_ref())?,
            WatchedRequest::Query(request) => check_filter(&state, request.filter.as_ref())?,
            WatchedRequest::Search(request) => {
                request
                    .searches
                    .iter()
                    .try_for_each(|search| check_filter(&state, search.filter.as_ref()))?;
            }
            WatchedRequest::Facets(request) => check_filter(&state, request.filter.as_ref())?,
            WatchedRequest::Count => {}
        }
        let mut watches = self.inner.watches.borrow_mut();
        let number = self.next_number();
        let (tenant, database) = (tenant.to_owned(), database.to_owned());
        let collection = CollectionRef::parse(collection)?;
        watches.insert(number, Some(Watch { tenant, database, collection, request, last: None }));
        Ok(number)
    }

    /// Forgets a watched request.
    pub fn unwatch(&self, number: u32) {
        self.inner.watches.borrow_mut().remove(&number);
    }

    /// What a watched request answers now; `None` if that is what it answered last. Nothing is computed if nothing was written since that could
    /// change it.
    ///
    /// # Errors
    /// `NotFound` if the collection is gone, or nothing is watched under this number or that is being refreshed already; whatever the request itself may answer.
    pub async fn refresh(&self, number: u32) -> Result<Option<WatchedResult>> {
        let unknown = || Error::NotFound(format!("nothing is watched under number {number}"));
        // Taken out while it is worked on: it may be forgotten meanwhile.
        let mut watch =
            self.inner.watches.borrow_mut().get_mut(&number).and_then(Option::take).ok_or_else(unknown)?;
        let outcome = self.recompute(&mut watch).await;
        if let Some(place) = self.inner.watches.borrow_mut().get_mut(&number) {
            *place = Some(watch);
        }
        outcome
    }

    async fn recompute(&self, watch: &mut Watch) -> Result<Option<WatchedResult>> {
        let state = self.read(&watch.tenant, &watch.database, &watch.collection.to_string())?;
        let sequence = state.last_sequence();
        if let Some(last) = &mut watch.last
            && Weak::ptr_eq(&last.state, &Rc::downgrade(&state))
        {
            if last.sequence == sequence {
                return Ok(None);
            }
            if let Some(written) = state.written_after(last.sequence)
                && !may_change(&state, &watch.request, &last.result, &written).await?
            {
                last.sequence = sequence;
                return Ok(None);
            }
        }
        let result = watch.request.run(&state, self.env()).await?;
        let is_same = watch.last.as_ref().is_some_and(|last| last.result == result);
        watch.last = Some(Last { result: result.clone(), sequence, state: Rc::downgrade(&state) });
        Ok((!is_same).then_some(result))
    }

    /// Waits until something is written after the change that `seen` numbers; answers the number of the last one.
    ///
    /// # Errors
    /// `Unavailable` when the database is closed.
    pub async fn next_change(&self, seen: u32) -> Result<u32> {
        let store = self.store();
        store.log.check()?;
        if store.changes.get() == seen {
            let (sender, changed) = oneshot::channel();
            store.waiting.borrow_mut().push(sender);
            changed.await.map_err(|_| Error::Unavailable("the store is closed".into()))?;
        }
        Ok(store.changes.get())
    }
}
