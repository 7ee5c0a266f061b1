//! The requested columns of some records.

use std::rc::Rc;

use crate::blockstore::{Block, DataRecord, DataRecordRef};
use crate::error::{Corruption, Result};
use crate::segment::{Snapshot, decode_metadata};
use crate::types::metadata::visible;
use crate::types::{Embeddings, GetResult, Include, Metadata};

/// The columns of the records with these offset ids, in their order. All of them are live, and differ. Only the
/// blocks of the columns that are asked for are read.
pub async fn project(snapshot: &Snapshot, offsets: &[u32], include: Include) -> Result<GetResult> {
    let mut in_segment: Vec<u32> =
        offsets.iter().copied().filter(|offset| !snapshot.tail.records().contains_key(offset)).collect();
    in_segment.sort_unstable();
    let mut stored = Stored::load(snapshot, in_segment, include).await?;
    let mut result = GetResult {
        ids: Vec::with_capacity(offsets.len()),
        embeddings: None,
        documents: include.documents.then(Vec::new),
        uris: include.uris.then(Vec::new),
        metadatas: include.metadatas.then(Vec::new),
    };
    for offset in offsets {
        let row = match snapshot.tail.records().get(offset) {
            Some(record) => Row {
                id: record.id.clone(),
                document: record.document.clone(),
                uri: record.uri.clone(),
                metadata: visible(record.metadata.clone()),
            },
            None => stored.take(*offset)?,
        };
        result.ids.push(row.id);
        push(&mut result.documents, row.document);
        push(&mut result.uris, row.uri);
        push(&mut result.metadatas, row.metadata);
    }
    if include.embeddings {
        result.embeddings = Some(embeddings(snapshot, offsets).await?);
    }
    Ok(result)
}

fn push<T>(column: &mut Option<Vec<T>>, value: T) {
    if let Some(column) = column {
        column.push(value);
    }
}

struct Row {
    id: String,
    document: Option<String>,
    uri: Option<String>,
    metadata: Option<Metadata>,
}

/// What the segment has of the requested records.
struct Stored {
    offsets: Vec<u32>,
    rows: Vec<Option<Row>>,
}

impl Stored {
    async fn load(snapshot: &Snapshot, offsets: Vec<u32>, include: Include) -> Result<Self> {
        let mut rows = Vec::new();
        rows.resize_with(offsets.len(), || None);
        if let Some(readers) = snapshot.segment.readers() {
            if include.documents || include.metadatas || include.uris {
                let read = |place: usize, block: &Rc<Block>, row| {
                    rows[place] = Some(row_of(block.value::<DataRecord>(row)?, include)?);
                    Ok(())
                };
                readers.data.visit_many("", &offsets, read).await?;
            } else {
                let read = |place: usize, block: &Rc<Block>, row| {
                    let id = block.value::<String>(row)?.to_owned();
                    rows[place] = Some(Row { id, document: None, uri: None, metadata: None });
                    Ok(())
                };
                readers.names.visit_many("", &offsets, read).await?;
            }
        }
        Ok(Self { offsets, rows })
    }

    fn take(&mut self, offset: u32) -> Result<Row> {
        let place = self.offsets.binary_search(&offset).ok();
        let row = place.and_then(|place| self.rows.get_mut(place)?.take());
        row.ok_or_else(|| Corruption::new(format!("record {offset}"), "its data is missing").into())
    }
}

fn row_of(record: DataRecordRef<'_>, include: Include) -> Result<Row> {
    let text = |text: Option<&str>, wanted: bool| text.filter(|_| wanted).map(str::to_owned);
    Ok(Row {
        id: record.id.to_owned(),
        document: text(record.document, include.documents),
        uri: text(record.uri, include.uris),
        metadata: match include.metadatas {
            true => visible(decode_metadata(record.metadata)?),
            false => None,
        },
    })
}

/// The vectors of the records with these offset ids, row-major.
async fn embeddings(snapshot: &Snapshot, offsets: &[u32]) -> Result<Embeddings> {
    let dimension = snapshot.dimension.unwrap_or(0);
    let in_tail = |offset: &u32| snapshot.tail.records().get(offset).and_then(|record| record.embedding());
    let mut in_segment: Vec<u32> =
        offsets.iter().copied().filter(|offset| in_tail(offset).is_none()).collect();
    in_segment.sort_unstable();
    let stored = match snapshot.segment.readers() {
        Some(readers) => readers.embeddings.get_many("", &in_segment).await?,
        None => Vec::new(),
    };
    let mut data = Vec::with_capacity(offsets.len() * dimension);
    for offset in offsets {
        let vector = match in_tail(offset) {
            Some(vector) => Some(vector),
            None => in_segment.binary_search(offset).ok().and_then(|index| stored.get(index)?.as_deref()),
        };
        match vector {
            Some(vector) if vector.len() == dimension => data.extend_from_slice(vector),
            _ => return Err(Corruption::new(format!("record {offset}"), "its embedding is missing").into()),
        }
    }
    Ok(Embeddings { data, dimension, present: None })
}
