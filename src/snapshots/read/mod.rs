//! Reading a snapshot: queries by vectors, gets by id, filter and place, and what publishing needs of the one before.

mod get;
mod nearest;
mod rows;

use std::collections::BTreeMap;
use std::rc::Rc;

use roaring::RoaringBitmap;

pub use get::{Get, Selected};
pub use nearest::{Found, Nearest};

use crate::build::{Frame, Published};
use crate::error::{Error, Result};
use crate::exchange::{Budget, Exchange, Run, join_all};
use crate::filter::{Records, Where};
use crate::ids;
use crate::manifest::{Layer, Manifest};
use crate::table::Table;
use crate::terms::read_bitmap;

/// The records of each layer by their ids, and which of them are dead.
pub type Contents = (Vec<BTreeMap<String, Published>>, RoaringBitmap);

/// An open snapshot: its manifest, and what follows from it.
#[derive(Clone)]
pub struct Snapshot {
    pub manifest: Rc<Manifest>,
    frame: Rc<Frame>,
}

impl Snapshot {
    pub fn new(manifest: Manifest) -> Self {
        let frame = Frame::new(manifest.identity.space, manifest.identity.dimension);
        Self { manifest: Rc::new(manifest), frame: Rc::new(frame) }
    }

    fn run<T, F: Future<Output = Result<T>> + 'static>(
        &self,
        budget: Budget,
        start: impl FnOnce(Self, Exchange) -> F,
    ) -> Run<T> {
        let snapshot = self.clone();
        Run::new(self.manifest.packs.as_slice().into(), budget, |exchange| start(snapshot, exchange))
    }

    /// The nearest records of a vector.
    pub fn nearest(&self, request: Nearest, budget: Budget) -> Run<Vec<Found>> {
        self.run(budget, |snapshot, exchange| async move { snapshot.find(&exchange, request).await })
    }

    /// Records by their ids, by a filter, or all, in the order of the snapshot.
    pub fn get(&self, request: Get, budget: Budget) -> Run<Selected> {
        self.run(budget, |snapshot, exchange| async move { snapshot.select(&exchange, request).await })
    }

    /// Everything that there is by its ids: what [`changes`](crate::build::changes) starts from.
    pub fn published(&self) -> Run<Contents> {
        self.run(Budget::NONE, |snapshot, exchange| async move {
            let dead = snapshot.dead(&exchange).await?;
            let layers = snapshot.manifest.layers.iter().map(|layer| published_in(layer, &exchange));
            let layers = join_all(layers).await.into_iter().collect::<Result<_>>()?;
            Ok((layers, dead))
        })
    }

    /// The records that later layers have replaced or deleted.
    async fn dead(&self, exchange: &Exchange) -> Result<RoaringBitmap> {
        if self.manifest.dead.is_empty() {
            return Ok(RoaringBitmap::new());
        }
        let bytes = exchange.read(&self.manifest.dead).await.concat();
        let dead = read_bitmap(&bytes)?;
        if dead.len() != u64::from(self.manifest.dead_count) {
            return Err(Error::corrupt("bitmap", "another number of records than the manifest says"));
        }
        Ok(dead)
    }

    /// The records that there are.
    async fn live(&self, exchange: &Exchange) -> Result<RoaringBitmap> {
        let dead = self.dead(exchange).await?;
        let mut live = RoaringBitmap::new();
        for layer in &self.manifest.layers {
            live.insert_range(layer.start..layer.end());
        }
        Ok(live - dead)
    }

    fn tables(&self, of: impl Fn(&Layer) -> Option<Table>) -> Vec<Table> {
        self.manifest.layers.iter().filter_map(of).collect()
    }

    /// The live records that match a filter.
    async fn matching(
        &self,
        exchange: &Exchange,
        filter: &Where,
        live: &RoaringBitmap,
    ) -> Result<RoaringBitmap> {
        let (terms, ids) = (self.tables(|layer| layer.terms), self.tables(|layer| layer.ids));
        Records { exchange, terms: &terms, ids: &ids, live }.matching(filter).await
    }
}

async fn published_in(layer: &Layer, exchange: &Exchange) -> Result<BTreeMap<String, Published>> {
    let Some(table) = &layer.ids else { return Ok(BTreeMap::new()) };
    let record = |(id, value): (Vec<u8>, Vec<u8>)| {
        let (number, digest) = ids::read(&value)?;
        let id = String::from_utf8(id).map_err(|_| Error::corrupt("ids", "an id is not UTF-8"))?;
        Ok((id, Published { number, digest }))
    };
    table.scan(exchange, &[], None).await?.into_iter().map(record).collect()
}
