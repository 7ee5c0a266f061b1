//! The requested columns of some records.

use crate::blockstore::DataRecord;
use crate::error::{Corruption, Error, Result};
use crate::segment::{Snapshot, decode_metadata};
use crate::types::metadata::visible;
use crate::types::{Embeddings, GetResult, Include, Metadata};

/// The columns of the records with these offset ids, in their order. All of them are live. Only the
/// blocks of the columns that are asked for are read.
pub async fn project(snapshot: &Snapshot, offsets: &[u32], include: Include) -> Result<GetResult> {
    let mut in_segment: Vec<u32> =
        offsets.iter().copied().filter(|offset| !snapshot.tail.records().contains_key(offset)).collect();
    in_segment.sort_unstable();
    in_segment.dedup();
    let stored = Stored::load(snapshot, in_segment, include).await?;
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
                metadata: visible(&record.metadata),
            },
            None => stored.row(*offset, include)?,
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

/// What the segment has of the requested records: names alone, or whole data records.
struct Stored {
    offsets: Vec<u32>,
    names: Vec<Option<String>>,
    data: Vec<Option<DataRecord>>,
}

impl Stored {
    async fn load(snapshot: &Snapshot, offsets: Vec<u32>, include: Include) -> Result<Self> {
        let mut stored = Self { offsets, names: Vec::new(), data: Vec::new() };
        if let Some(readers) = snapshot.segment.readers() {
            if include.documents || include.metadatas || include.uris {
                stored.data = readers.data.get_many("", &stored.offsets).await?;
            } else {
                stored.names = readers.names.get_many("", &stored.offsets).await?;
            }
        }
        Ok(stored)
    }

    fn row(&self, offset: u32, include: Include) -> Result<Row> {
        let missing = || Error::from(Corruption::new(format!("record {offset}"), "its data is missing"));
        let index = self.offsets.binary_search(&offset).map_err(|_| missing())?;
        if let Some(name) = self.names.get(index) {
            let id = name.clone().ok_or_else(missing)?;
            return Ok(Row { id, document: None, uri: None, metadata: None });
        }
        let data = self.data.get(index).and_then(Option::as_ref).ok_or_else(missing)?;
        let metadata = match include.metadatas {
            true => visible(&decode_metadata(data.metadata.as_deref())?),
            false => None,
        };
        let document = data.document.clone().filter(|_| include.documents);
        Ok(Row { id: data.id.clone(), document, uri: data.uri.clone().filter(|_| include.uris), metadata })
    }
}

/// The vectors of the records with these offset ids, row-major.
async fn embeddings(snapshot: &Snapshot, offsets: &[u32]) -> Result<Embeddings> {
    let dimension = snapshot.dimension.unwrap_or(0);
    let in_tail = |offset: &u32| snapshot.tail.records().get(offset).and_then(|record| record.embedding());
    let mut in_segment: Vec<u32> =
        offsets.iter().copied().filter(|offset| in_tail(offset).is_none()).collect();
    in_segment.sort_unstable();
    in_segment.dedup();
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
