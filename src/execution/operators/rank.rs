//! Scores out of ranking expressions (spec: query-semantics 8.3).
//!
//! An expression has a value for some records, its *support*, and may have one for all others, its *default*. Only records
//! in the support of the whole expression are found.

use crate::types::search::Rank;

/// The values of an expression.
#[derive(Debug, Clone, PartialEq)]
pub struct Scores {
    /// By offset id, ascending.
    pub support: Vec<(u32, f32)>,
    /// The score of every other record; `None` if they take no part.
    pub default: Option<f32>,
}

impl Scores {
    fn constant(value: f32) -> Self {
        Self { support: Vec::new(), default: Some(value) }
    }

    fn map(mut self, f: fn(f32) -> f32) -> Self {
        self.support.iter_mut().for_each(|(_, score)| *score = f(*score));
        Self { default: self.default.map(f), ..self }
    }

    /// Of the records in either support, those that have a value on both sides.
    fn join(self, other: &Scores, f: fn(f32, f32) -> f32) -> Self {
        let (mut left, mut right) = (self.support.iter().peekable(), other.support.iter().peekable());
        let mut support = Vec::new();
        loop {
            let id = match (left.peek(), right.peek()) {
                (Some((a, _)), Some((b, _))) => *a.min(b),
                (Some((id, _)), None) | (None, Some((id, _))) => *id,
                (None, None) => break,
            };
            let a = left.next_if(|(a, _)| *a == id).map(|(_, score)| *score).or(self.default);
            let b = right.next_if(|(b, _)| *b == id).map(|(_, score)| *score).or(other.default);
            if let (Some(a), Some(b)) = (a, b) {
                support.push((id, f(a, b)));
            }
        }
        let default = self.default.zip(other.default).map(|(a, b)| f(a, b));
        Self { support, default }
    }
}

/// The values of an expression. `knns` gives those of its leaves that look for neighbours, depth first.
pub fn evaluate(rank: &Rank, knns: &mut dyn Iterator<Item = Scores>) -> Scores {
    let fold =
        |operands: &[Rank], start: f32, f: fn(f32, f32) -> f32, knns: &mut dyn Iterator<Item = Scores>| {
            let start = Scores::constant(start);
            operands.iter().fold(start, |scores, operand| scores.join(&evaluate(operand, knns), f))
        };
    match rank {
        Rank::Knn(_) => knns.next().unwrap_or_else(|| Scores { support: Vec::new(), default: None }),
        Rank::Val(value) => Scores::constant(*value),
        Rank::Sum(operands) => fold(operands, 0.0, |a, b| a + b, knns),
        Rank::Mul(operands) => fold(operands, 1.0, |a, b| a * b, knns),
        Rank::Max(operands) => fold(operands, f32::MIN, f32::max, knns),
        Rank::Min(operands) => fold(operands, f32::MAX, f32::min, knns),
        Rank::Sub(sides) => evaluate(&sides[0], knns).join(&evaluate(&sides[1], knns), |a, b| a - b),
        Rank::Div(sides) => evaluate(&sides[0], knns).join(&evaluate(&sides[1], knns), |a, b| a / b),
        Rank::Abs(operand) => evaluate(operand, knns).map(f32::abs),
        Rank::Exp(operand) => evaluate(operand, knns).map(f32::exp),
        Rank::Log(operand) => evaluate(operand, knns).map(f32::ln),
    }
}

#[cfg(test)]
#[path = "rank_tests.rs"]
mod tests;
