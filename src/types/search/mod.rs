//! The Search API: which records, ranked by which expression, grouped, cut into a page, and what of them (spec: query-semantics 8).

mod parse;

use super::metadata::{Metadata, SparseVector};
use super::record::Embeddings;
use super::results::ReadLevel;
use super::where_clause::Where;

/// Searches of one request. Each sees the same records.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct SearchRequest {
    pub searches: Vec<Search>,
    pub read_level: ReadLevel,
}

#[derive(Debug, Clone, PartialEq, Default)]
pub struct Search {
    pub filter: Option<Where>,
    /// Without one, records come in the order of their insertion.
    pub rank: Option<Rank>,
    pub group_by: Option<GroupBy>,
    /// Rows to pass over first.
    pub offset: u32,
    /// Rows at most; `None` for all.
    pub limit: Option<u32>,
    pub select: Select,
}

/// An expression whose value for a record is its score; lower is better.
#[derive(Debug, Clone, PartialEq)]
pub enum Rank {
    Knn(Knn),
    Val(f32),
    Sum(Vec<Rank>),
    Mul(Vec<Rank>),
    Max(Vec<Rank>),
    Min(Vec<Rank>),
    Sub(Box<[Rank; 2]>),
    Div(Box<[Rank; 2]>),
    Abs(Box<Rank>),
    Exp(Box<Rank>),
    Log(Box<Rank>),
}

/// The nearest records of a vector, by their distances or their places among them.
#[derive(Debug, Clone, PartialEq)]
pub struct Knn {
    pub query: KnnQuery,
    /// [`EMBEDDING_KEY`], or the metadata key of sparse vectors.
    pub key: String,
    /// How many.
    pub limit: u32,
    /// The score of all other records; without one they take no part.
    pub default: Option<f32>,
    /// Scores are places (0 for the nearest) instead of distances.
    pub return_rank: bool,
}

/// The key of the vectors of records.
pub const EMBEDDING_KEY: &str = "#embedding";

#[derive(Debug, Clone, PartialEq)]
pub enum KnnQuery {
    Dense(Vec<f32>),
    Sparse(SparseVector),
}

/// Of the records whose values under `keys` are equal, those that the aggregate chooses.
#[derive(Debug, Clone, PartialEq)]
pub struct GroupBy {
    /// Of metadata; at least one.
    pub keys: Vec<String>,
    pub aggregate: Aggregate,
}

/// The `k` records of a group with the smallest or largest values.
#[derive(Debug, Clone, PartialEq)]
pub struct Aggregate {
    pub largest: bool,
    /// At least one; later ones decide between equal values.
    pub keys: Vec<AggregateKey>,
    /// At least one.
    pub k: u32,
}

#[derive(Debug, Clone, PartialEq)]
pub enum AggregateKey {
    Score,
    Metadata(String),
}

/// What rows carry besides their ids.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Select {
    /// As they were asked for, ascending, each once.
    pub keys: Vec<String>,
}

impl Select {
    pub fn document(&self) -> bool {
        self.has("#document")
    }

    pub fn embedding(&self) -> bool {
        self.has(EMBEDDING_KEY)
    }

    pub fn score(&self) -> bool {
        self.has("#score")
    }

    /// Whether a row has any metadata.
    pub fn metadata(&self) -> bool {
        self.has("#metadata") || self.keys.iter().any(|key| !key.starts_with('#'))
    }

    fn has(&self, key: &str) -> bool {
        self.keys.iter().any(|selected| selected == key)
    }

    /// The part of a record's metadata that is selected; `None` when nothing is left.
    pub fn cut(&self, metadata: Metadata) -> Option<Metadata> {
        if self.has("#metadata") {
            return Some(metadata);
        }
        let mut cut = metadata;
        cut.retain(|key, _| self.has(key));
        (!cut.is_empty()).then_some(cut)
    }
}

impl Rank {
    /// The leaves that look for neighbours, depth first.
    pub fn knns(&self) -> Vec<&Knn> {
        let mut knns = Vec::new();
        self.visit(&mut |rank| {
            if let Rank::Knn(knn) = rank {
                knns.push(knn);
            }
        });
        knns
    }

    fn visit<'a>(&'a self, visit: &mut impl FnMut(&'a Rank)) {
        visit(self);
        match self {
            Rank::Knn(_) | Rank::Val(_) => {}
            Rank::Sum(operands) | Rank::Mul(operands) | Rank::Max(operands) | Rank::Min(operands) => {
                operands.iter().for_each(|operand| operand.visit(visit));
            }
            Rank::Sub(operands) | Rank::Div(operands) => {
                operands.iter().for_each(|operand| operand.visit(visit));
            }
            Rank::Abs(operand) | Rank::Exp(operand) | Rank::Log(operand) => operand.visit(visit),
        }
    }
}

/// Records by columns, best first. A section that was not selected is `None`.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct SearchResult {
    pub ids: Vec<String>,
    pub documents: Option<Vec<Option<String>>>,
    pub embeddings: Option<Embeddings>,
    pub metadatas: Option<Vec<Option<Metadata>>>,
    pub scores: Option<Vec<f32>>,
    /// The selected keys, ascending.
    pub select: Vec<String>,
}

#[cfg(test)]
mod tests;
