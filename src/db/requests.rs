//! Calls on behalf of clients that may have to ask again ([`sysdb::Request`](crate::sysdb::Request)).

use std::future::poll_fn;
use std::pin::pin;

use uuid::Uuid;

use super::Db;
use crate::sysdb::{Applied, Request};

impl Db {
    /// Makes a call whose write, if it makes one, is noted as that of `request`: in the same entry of the log. A call that fails has noted
    /// nothing. Two calls for one request must not be under way at once.
    pub async fn on_behalf<T>(&self, request: Request, call: impl Future<Output = T>) -> T {
        let store = self.store();
        let mut call = pin!(call);
        let mut unused = Some(request);
        // What others do between the polls is not on behalf of this client.
        poll_fn(move |context| {
            store.request.set(unused.take());
            let polled = call.as_mut().poll(context);
            unused = store.request.take();
            polled
        })
        .await
    }

    /// What a request has done. `None` if it has done nothing, or its client has said that it has the answer.
    pub fn applied(&self, client: Uuid, number: u64) -> Option<Applied> {
        self.store().catalog.borrow().applied(client, number)
    }
}
