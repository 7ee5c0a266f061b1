//! Rows by their places, and by their numbers.

use std::collections::BTreeMap;

use super::Snapshot;
use crate::codec::Reader;
use crate::error::{Error, Result};
use crate::exchange::{Exchange, join_all};
use crate::part::PartRef;
use crate::record::{Row, read_rows};
use crate::table::{Entry, key_number, number_key};

impl Snapshot {
    /// The rows of some parts.
    pub(super) async fn rows(
        &self,
        exchange: &Exchange,
        parts: &[PartRef],
    ) -> Result<BTreeMap<PartRef, Vec<Row>>> {
        let bytes = exchange.read(parts).await;
        let dimension = self.manifest.identity.dimension;
        parts.iter().zip(bytes).map(|(part, bytes)| Ok((*part, read_rows(&bytes, dimension)?))).collect()
    }

    /// The rows of records by their numbers, in their order.
    pub(super) async fn rows_of(&self, exchange: &Exchange, numbers: &[u32]) -> Result<Vec<Row>> {
        let layers = &self.manifest.layers;
        let of_layer = |(start, end): (u32, u32)| numbers.iter().filter(move |n| (start..end).contains(*n));
        let places = join_all(layers.iter().map(async |layer| {
            let numbers: Vec<u32> = of_layer((layer.start, layer.end())).copied().collect();
            let keys: Vec<Vec<u8>> = numbers.iter().map(|number| number_key(*number)).collect();
            let entries = match &layer.rows {
                Some(table) => table.floors(exchange, &keys).await?,
                None => vec![None; keys.len()],
            };
            let place = |(number, entry): (u32, Option<Entry>)| {
                let (first, part) = entry.ok_or_else(|| Error::corrupt("table", "a record has no row"))?;
                let mut reader = Reader::new("table", &part);
                let part = PartRef::read(&mut reader)?;
                Ok((number, (part, number.wrapping_sub(key_number(&first)?) as usize)))
            };
            numbers.into_iter().zip(entries).map(place).collect::<Result<Vec<_>>>()
        }))
        .await;
        let places: Vec<_> = places.into_iter().collect::<Result<Vec<_>>>()?.concat();
        let places: BTreeMap<u32, (PartRef, usize)> = places.into_iter().collect();
        let mut parts: Vec<PartRef> = places.values().map(|(part, _)| *part).collect();
        parts.sort_unstable();
        parts.dedup();
        let rows = self.rows(exchange, &parts).await?;
        let row = |number: &u32| {
            let found = places.get(number).and_then(|(part, at)| rows.get(part)?.get(*at));
            found.cloned().ok_or_else(|| Error::corrupt("rows", "a record has no row"))
        };
        numbers.iter().map(row).collect()
    }
}
