//! Results as the JSON that Chroma's API answers (spec: rest-api 4.5, 4.6, 4.8). A section that was not asked for is null.

use serde::Serialize;
use serde_json::{Value, json};

use crate::types::record::Embeddings;
use crate::types::results::{GetResult, QueryResult};
use crate::types::search::SearchResult;

impl GetResult {
    /// The answer to a get; `include` as the request named the sections.
    pub fn to_json(&self, include: &[&str]) -> Value {
        json!({
            "ids": self.ids,
            "embeddings": self.embeddings.as_ref().map(rows),
            "documents": self.documents,
            "uris": self.uris,
            "metadatas": self.metadatas,
            "include": include,
        })
    }
}

impl QueryResult {
    /// The answer to a query: lists of what a get answers, one for each vector.
    pub fn to_json(&self, include: &[&str]) -> Value {
        let has = |name| include.contains(&name);
        let rows = &self.rows;
        json!({
            "ids": rows.iter().map(|found| &found.ids).collect::<Vec<_>>(),
            "embeddings": section(has("embeddings"), rows, |found| found.embeddings.as_ref().map(self::rows)),
            "documents": section(has("documents"), rows, |found| found.documents.clone()),
            "uris": section(has("uris"), rows, |found| found.uris.clone()),
            "metadatas": section(has("metadatas"), rows, |found| found.metadatas.clone()),
            "distances": self.distances,
            "include": include,
        })
    }
}

impl SearchResult {
    /// The answer to all searches of a request: each section has an entry for each search.
    pub fn to_json(results: &[Self]) -> Value {
        json!({
            "ids": each(results, |found| &found.ids),
            "documents": each(results, |found| &found.documents),
            "embeddings": each(results, |found| found.embeddings.as_ref().map(rows)),
            "metadatas": each(results, |found| &found.metadatas),
            "scores": each(results, |found| &found.scores),
            "select": each(results, |found| &found.select),
        })
    }
}

fn rows(embeddings: &Embeddings) -> Vec<&[f32]> {
    embeddings.rows().collect()
}

fn section<'a, T, V: Serialize>(
    included: bool,
    rows: &'a [T],
    column: impl Fn(&'a T) -> V,
) -> Option<Vec<V>> {
    included.then(|| each(rows, column))
}

fn each<'a, T, V>(results: &'a [T], column: impl Fn(&'a T) -> V) -> Vec<V> {
    results.iter().map(column).collect()
}
