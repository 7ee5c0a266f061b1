//! Results as the JSON that Chroma's API answers (spec: rest-api 4.5, 4.6, 4.8). A section that was not asked for is null.

use serde::{Serialize, Serializer};
use serde_json::{Value, json};

use super::bodies::Section;
use crate::db::{ChangedRecord, Changes, Facet, number_of_write};
use crate::types::{Embeddings, GetResult, Metadata, QueryResult, SearchResult};

#[derive(Serialize)]
pub struct GetAnswer<'a> {
    ids: &'a [String],
    embeddings: Option<Rows<'a>>,
    documents: &'a Option<Vec<Option<String>>>,
    uris: &'a Option<Vec<Option<String>>>,
    metadatas: &'a Option<Vec<Option<Metadata>>>,
    /// As the request named them.
    include: &'a [Section],
    /// Of conditional reads.
    #[serde(skip_serializing_if = "Option::is_none")]
    read_token: Option<u64>,
}

impl<'a> GetAnswer<'a> {
    pub fn new(found: &'a GetResult, include: &'a [Section], read_token: Option<u64>) -> Self {
        Self {
            ids: &found.ids,
            embeddings: found.embeddings.as_ref().map(Rows),
            documents: &found.documents,
            uris: &found.uris,
            metadatas: &found.metadatas,
            include,
            read_token,
        }
    }
}

/// Lists of what a get answers, one for each vector of the query.
#[derive(Serialize)]
pub struct QueryAnswer<'a> {
    ids: Vec<&'a [String]>,
    embeddings: Option<Vec<Option<Rows<'a>>>>,
    documents: Option<Vec<&'a Option<Vec<Option<String>>>>>,
    uris: Option<Vec<&'a Option<Vec<Option<String>>>>>,
    metadatas: Option<Vec<&'a Option<Vec<Option<Metadata>>>>>,
    distances: &'a Option<Vec<Vec<f32>>>,
    include: &'a [Section],
}

impl<'a> QueryAnswer<'a> {
    pub fn new(found: &'a QueryResult, include: &'a [Section]) -> Self {
        let rows = &found.rows;
        let has = |section| include.contains(&section);
        Self {
            ids: rows.iter().map(|found| found.ids.as_slice()).collect(),
            embeddings: has(Section::Embeddings)
                .then(|| rows.iter().map(|found| found.embeddings.as_ref().map(Rows)).collect()),
            documents: has(Section::Documents).then(|| rows.iter().map(|found| &found.documents).collect()),
            uris: has(Section::Uris).then(|| rows.iter().map(|found| &found.uris).collect()),
            metadatas: has(Section::Metadatas).then(|| rows.iter().map(|found| &found.metadatas).collect()),
            distances: &found.distances,
            include,
        }
    }
}

/// Each section has an entry for each search of the request.
#[derive(Serialize)]
pub struct SearchAnswer<'a> {
    ids: Vec<&'a [String]>,
    documents: Vec<&'a Option<Vec<Option<String>>>>,
    embeddings: Vec<Option<Rows<'a>>>,
    metadatas: Vec<&'a Option<Vec<Option<Metadata>>>>,
    scores: Vec<&'a Option<Vec<f32>>>,
    select: Vec<&'a [String]>,
}

impl<'a> SearchAnswer<'a> {
    pub fn new(found: &'a [SearchResult]) -> Self {
        Self {
            ids: found.iter().map(|found| found.ids.as_slice()).collect(),
            documents: found.iter().map(|found| &found.documents).collect(),
            embeddings: found.iter().map(|found| found.embeddings.as_ref().map(Rows)).collect(),
            metadatas: found.iter().map(|found| &found.metadatas).collect(),
            scores: found.iter().map(|found| &found.scores).collect(),
            select: found.iter().map(|found| found.select.as_slice()).collect(),
        }
    }
}

/// A matrix as a list of lists.
struct Rows<'a>(&'a Embeddings);

impl Serialize for Rows<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.0.rows())
    }
}

/// Records that have changed.
pub fn changes(Changes { records, place, more }: &Changes) -> Value {
    let change = |record: &ChangedRecord| {
        let kind = if record.is_there { "put" } else { "delete" };
        json!({"id": record.id, "seq": number_of_write(record.sequence, record.check), "kind": kind})
    };
    let records: Vec<Value> = records.iter().map(change).collect();
    json!({"changes": records, "cursor": place.to_string(), "more": more})
}

/// The values of metadata keys.
pub fn facets(facets: &[(String, Facet)]) -> Value {
    let facet = |(key, facet): &(String, Facet)| {
        let value = |(value, count): &(_, u64)| json!({"value": value, "count": count});
        json!({"key": key, "distinct": facet.distinct, "values": facet.values.iter().map(value).collect::<Vec<_>>()})
    };
    facets.iter().map(facet).collect()
}
