//! Records that are named rather than near: by id, by a filter, or in their order.

use roaring::RoaringBitmap;

use super::Snapshot;
use crate::error::{Error, Result};
use crate::exchange::{Exchange, join};
use crate::filter::{Records, Where};
use crate::limits::MAX_RESULTS;
use crate::record::Row;

/// Which records are asked for.
#[derive(Debug, Clone, Default)]
pub struct Get {
    /// These, in this order; those that there are not are left out.
    pub ids: Option<Vec<String>>,
    pub filter: Option<Where>,
    pub limit: Option<usize>,
    pub offset: usize,
    /// Whether their number is enough.
    pub count_only: bool,
}

/// What was found.
#[derive(Debug, Clone, Default)]
pub struct Selected {
    /// Records that match, those beyond `limit` included.
    pub count: u64,
    pub rows: Vec<Row>,
}

impl Snapshot {
    pub(super) async fn select(&self, exchange: &Exchange, request: Get) -> Result<Selected> {
        let limit = request.limit.unwrap_or(MAX_RESULTS);
        if limit > MAX_RESULTS || request.ids.as_ref().is_some_and(|ids| ids.len() > MAX_RESULTS) {
            let message =
                format!("a snapshot gives at most {MAX_RESULTS} records at once: ask for them in pages");
            return Err(Error::invalid(message));
        }
        let live = self.live(exchange).await?;
        let (matching, named) = join(
            async {
                match &request.filter {
                    Some(filter) => self.matching(exchange, filter, &live).await,
                    None => Ok(live.clone()),
                }
            },
            async {
                match &request.ids {
                    Some(ids) => self.named(exchange, ids, &live).await.map(Some),
                    None => Ok(None),
                }
            },
        )
        .await;
        let (matching, named) = (matching?, named?);
        let (count, numbers) = match named {
            Some(named) => {
                let named: Vec<u32> = named.into_iter().filter(|n| matching.contains(*n)).collect();
                let count = named.len() as u64;
                (count, named.into_iter().skip(request.offset).take(limit).collect())
            }
            None => (matching.len(), page(&matching, request.offset, limit)),
        };
        let numbers = if request.count_only { Vec::new() } else { numbers };
        Ok(Selected { count, rows: self.rows_of(exchange, &numbers).await? })
    }

    async fn named(&self, exchange: &Exchange, ids: &[String], live: &RoaringBitmap) -> Result<Vec<u32>> {
        let tables = self.tables(|layer| layer.ids);
        let records = Records { exchange, terms: &[], ids: &tables, live };
        let mut seen = RoaringBitmap::new();
        let numbers = records.numbers(ids).await?.into_iter().flatten();
        Ok(numbers.filter(|number| seen.insert(*number)).collect())
    }
}

fn page(matching: &RoaringBitmap, offset: usize, limit: usize) -> Vec<u32> {
    let first = u32::try_from(offset).ok().and_then(|offset| matching.select(offset));
    first.map_or_else(Vec::new, |first| matching.range(first..).take(limit).collect())
}
