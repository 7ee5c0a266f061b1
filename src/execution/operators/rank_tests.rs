//! Against the definition, record by record.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;
use crate::types::search::{EMBEDDING_KEY, Knn, KnnQuery};

fn leaf() -> Rank {
    let query = KnnQuery::Dense(vec![0.0]);
    Rank::Knn(Knn { query, key: EMBEDDING_KEY.into(), limit: 1, default: None, return_rank: false })
}

fn scores(support: &[(u32, f32)], default: Option<f32>) -> Scores {
    Scores { support: support.to_vec(), default }
}

#[test]
fn only_records_that_both_sides_score_are_left() {
    let rank = Rank::Sum(vec![leaf(), leaf()]);
    let evaluated = |left: Scores, right: Scores| evaluate(&rank, &mut [left, right].into_iter());
    let (left, right) = ([(1, 0.5), (2, 1.0)], [(2, 0.25), (3, 4.0)]);
    assert_eq!(evaluated(scores(&left, None), scores(&right, None)), scores(&[(2, 1.25)], None));
    assert_eq!(
        evaluated(scores(&left, Some(10.0)), scores(&right, None)),
        scores(&[(2, 1.25), (3, 14.0)], None)
    );
    assert_eq!(
        evaluated(scores(&left, Some(10.0)), scores(&right, Some(20.0))),
        scores(&[(1, 20.5), (2, 1.25), (3, 14.0)], Some(30.0))
    );
}

#[test]
fn constants_score_no_record_of_their_own() {
    let rank = Rank::Mul(vec![Rank::Val(2.0), Rank::Val(3.0)]);
    assert_eq!(evaluate(&rank, &mut std::iter::empty()), scores(&[], Some(6.0)));
    let rank = Rank::Sub(Box::new([Rank::Val(1.0), leaf()]));
    let found = evaluate(&rank, &mut [scores(&[(7, 0.25)], None)].into_iter());
    assert_eq!(found, scores(&[(7, 0.75)], None));
}

#[test]
fn empty_sums_are_what_they_start_from() {
    let value = |rank| evaluate(&rank, &mut std::iter::empty()).default;
    assert_eq!(value(Rank::Sum(vec![])), Some(0.0));
    assert_eq!(value(Rank::Mul(vec![])), Some(1.0));
    assert_eq!(value(Rank::Max(vec![])), Some(f32::MIN));
    assert_eq!(value(Rank::Min(vec![])), Some(f32::MAX));
}

/// The score of one record, if it has one.
fn naive(rank: &Rank, knns: &mut dyn Iterator<Item = &Scores>, id: u32) -> Option<f32> {
    let mut fold = |operands: &[Rank], start: f32, f: fn(f32, f32) -> f32| {
        // Every leaf is consumed, also after one without a score.
        let operands: Vec<_> = operands.iter().map(|operand| naive(operand, knns, id)).collect();
        operands.into_iter().try_fold(start, |sum, value| Some(f(sum, value?)))
    };
    match rank {
        Rank::Knn(_) => {
            let scores = knns.next()?;
            let own = scores.support.iter().find(|(of, _)| *of == id).map(|(_, score)| *score);
            own.or(scores.default)
        }
        Rank::Val(value) => Some(*value),
        Rank::Sum(operands) => fold(operands, 0.0, |a, b| a + b),
        Rank::Mul(operands) => fold(operands, 1.0, |a, b| a * b),
        Rank::Max(operands) => fold(operands, f32::MIN, f32::max),
        Rank::Min(operands) => fold(operands, f32::MAX, f32::min),
        Rank::Sub(sides) | Rank::Div(sides) => {
            let (a, b) = (naive(&sides[0], knns, id), naive(&sides[1], knns, id));
            let is_sub = matches!(rank, Rank::Sub(_));
            a.zip(b).map(|(a, b)| if is_sub { a - b } else { a / b })
        }
        Rank::Abs(operand) => naive(operand, knns, id).map(f32::abs),
        Rank::Exp(operand) => naive(operand, knns, id).map(f32::exp),
        Rank::Log(operand) => naive(operand, knns, id).map(f32::ln),
    }
}

fn ranks() -> impl Strategy<Value = Rank> {
    let leaves = prop_oneof![2 => Just(leaf()), 1 => (-4.0_f32..4.0).prop_map(Rank::Val)];
    leaves.prop_recursive(4, 24, 4, |inner| {
        let several = prop::collection::vec(inner.clone(), 0..4);
        let two = (inner.clone(), inner.clone()).prop_map(|(a, b)| Box::new([a, b]));
        prop_oneof![
            several.clone().prop_map(Rank::Sum),
            several.clone().prop_map(Rank::Mul),
            several.clone().prop_map(Rank::Max),
            several.prop_map(Rank::Min),
            two.clone().prop_map(Rank::Sub),
            two.prop_map(Rank::Div),
            inner.clone().prop_map(|rank| Rank::Abs(Box::new(rank))),
            inner.clone().prop_map(|rank| Rank::Exp(Box::new(rank))),
            inner.prop_map(|rank| Rank::Log(Box::new(rank))),
        ]
    })
}

fn any_scores() -> impl Strategy<Value = Scores> {
    let support = prop::collection::btree_map(0_u32..8, -3.0_f32..3.0, 0..6);
    (support, prop::option::of(-3.0_f32..3.0)).prop_map(|(support, default): (BTreeMap<_, _>, _)| Scores {
        support: support.into_iter().collect(),
        default,
    })
}

proptest! {
    #[test]
    fn every_record_has_the_score_of_the_definition(
        rank in ranks(),
        knns in prop::collection::vec(any_scores(), 100),
    ) {
        let found = evaluate(&rank, &mut knns.iter().cloned());
        prop_assert!(found.support.is_sorted_by(|a, b| a.0 < b.0));
        let used = rank.knns().len();
        // A record is in the support if some leaf's support has it and every rule on the way to the root lets it through.
        for id in 0..8 {
            let expected = naive(&rank, &mut knns.iter(), id);
            let is_known = knns[..used].iter().any(|scores| scores.support.iter().any(|(of, _)| *of == id));
            let own = found.support.iter().find(|(of, _)| *of == id).map(|(_, score)| *score);
            match (own, expected) {
                (Some(own), Some(expected)) => prop_assert_eq!(own.to_bits(), expected.to_bits()),
                (None, expected) => prop_assert!(!is_known || expected.is_none(), "record {} is missing", id),
                (Some(_), None) => prop_assert!(false, "record {} is there", id),
            }
        }
    }
}
