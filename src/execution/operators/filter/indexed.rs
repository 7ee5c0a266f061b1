//! Conditions answered by the index of terms.
//!
//! A leaf is looked up, and where its terms tell less than all (long texts, patterns), the candidates are looked at. In a
//! conjunction the cheapest member comes first, what it leaves bounds the others, and once so few records are left that looking
//! at them is cheaper than further lookups, they are looked at. A negative leaf is the complement of its positive twin; nothing
//! is enumerated for it.

use std::cmp::min;
use std::ops::Bound;

use roaring::RoaringBitmap;

use super::records::{StoredView, passing};
use crate::error::Result;
use crate::segment::{Field, Kind, Readers, Term, TermIndex, TermRange, numbers};
use crate::text::{Gram, Pattern, Requirement};
use crate::types::where_clause::{Comparison, Condition, DocumentCondition, Scalar, Where};

/// The records of a segment that match a condition, whatever has become of them since.
#[derive(Clone, Copy)]
pub struct Indexed<'a> {
    pub readers: &'a Readers,
    pub terms: &'a TermIndex,
}

/// Records of a segment.
#[derive(Debug, Clone)]
enum Matching {
    Only(RoaringBitmap),
    AllBut(RoaringBitmap),
}

impl Indexed<'_> {
    /// Those that match; with `within` only of these, which are of the segment.
    pub async fn matching(&self, condition: &Where, within: Option<&RoaringBitmap>) -> Result<RoaringBitmap> {
        // As a conjunction with what is given.
        let matching = self.all_of(std::slice::from_ref(condition), within).await?;
        match bound(&matching, within) {
            Some(found) => Ok(found),
            None => Ok(bound(&matching, Some(&self.terms.records().await?)).unwrap_or_default()),
        }
    }

    /// What a condition matches, right for the records `within` at least.
    async fn select(&self, condition: &Where, within: Option<&RoaringBitmap>) -> Result<Matching> {
        match condition {
            Where::And(members) => Box::pin(self.all_of(members, within)).await,
            Where::Or(members) => Box::pin(self.any_of(members, within)).await,
            leaf => self.leaf(leaf, within).await,
        }
    }

    async fn all_of(&self, members: &[Where], within: Option<&RoaringBitmap>) -> Result<Matching> {
        let members = with_ranges_joined(members);
        let mut plan: Vec<(u64, usize)> =
            members.iter().map(|member| self.cost_of_member(member)).zip(0..).collect();
        plan.sort_unstable();
        let mut matching = Matching::AllBut(RoaringBitmap::new());
        let mut unsure: Vec<&Where> = Vec::new();
        for (cost, place) in plan {
            let member = &members[place];
            let left = bound(&matching, within);
            if left.as_ref().is_some_and(RoaringBitmap::is_empty) {
                return Ok(Matching::Only(RoaringBitmap::new()));
            }
            if left.as_ref().is_some_and(|left| self.cost_of_looking(left.len()) <= cost) {
                unsure.extend(&member.conditions);
                continue;
            }
            let found = match &member.leaf {
                // What is left of all its candidates is looked at once.
                Some(leaf) if !leaf.is_exact && !leaf.is_negated => {
                    unsure.extend(&member.conditions);
                    Matching::Only(self.candidates(leaf, left.as_ref()).await?)
                }
                Some(leaf) if member.conditions.len() > 1 => {
                    Matching::Only(self.candidates(leaf, left.as_ref()).await?)
                }
                _ => self.select(member.conditions[0], left.as_ref()).await?,
            };
            matching = and(matching, found);
        }
        match bound(&matching, within) {
            Some(left) if !unsure.is_empty() => {
                let test = |view: &StoredView<'_>| unsure.iter().all(|member| member.evaluate(view));
                Ok(Matching::Only(passing(&self.readers.data, &left, test).await?))
            }
            _ => Ok(matching),
        }
    }

    fn cost_of_member(&self, member: &Member<'_>) -> u64 {
        match &member.leaf {
            Some(leaf) => self.cost_of_leaf(leaf),
            None => self.cost(member.conditions[0]),
        }
    }

    async fn any_of(&self, members: &[Where], within: Option<&RoaringBitmap>) -> Result<Matching> {
        let mut matching = Matching::Only(RoaringBitmap::new());
        for member in members {
            matching = or(matching, self.select(member, within).await?);
        }
        Ok(matching)
    }

    async fn leaf(&self, condition: &Where, within: Option<&RoaringBitmap>) -> Result<Matching> {
        let Some(leaf) = Leaf::of(condition) else { return Ok(Matching::Only(RoaringBitmap::new())) };
        let mut found = self.candidates(&leaf, within).await?;
        if let Some(within) = within {
            found &= within;
        }
        if !leaf.is_exact {
            let test = |view: &StoredView<'_>| condition.evaluate(view) != leaf.is_negated;
            found = passing(&self.readers.data, &found, test).await?;
        }
        Ok(if leaf.is_negated { Matching::AllBut(found) } else { Matching::Only(found) })
    }

    /// The records that may match the positive twin of a leaf.
    async fn candidates(&self, leaf: &Leaf<'_>, within: Option<&RoaringBitmap>) -> Result<RoaringBitmap> {
        match &leaf.lookup {
            Lookup::Nothing => Ok(RoaringBitmap::new()),
            Lookup::Ids(ids) => Ok(self.readers.ids.get_many("", ids).await?.into_iter().flatten().collect()),
            Lookup::Terms(field, terms) => self.terms.any_of(field, terms, within).await,
            Lookup::Range(field, range) => self.terms.between(field, range, within).await,
            Lookup::Document(requirement) => match self.terms.may_meet(requirement, within).await? {
                Some(found) => Ok(found),
                None => self.terms.documents(within).await,
            },
        }
    }

    /// Blocks that looking at so many records reads, at most.
    fn cost_of_looking(&self, records: u64) -> u64 {
        min(records, self.readers.data.block_count() as u64)
    }

    /// Blocks that the lookups of a condition read, roughly.
    fn cost(&self, condition: &Where) -> u64 {
        let costs = |members: &[Where]| members.iter().map(|member| self.cost(member)).collect::<Vec<u64>>();
        match condition {
            // The cheapest one bounds the others.
            Where::And(members) => costs(members).into_iter().min().unwrap_or_default(),
            Where::Or(members) => costs(members).into_iter().fold(0, u64::saturating_add),
            leaf => Leaf::of(leaf).map_or(0, |leaf| self.cost_of_leaf(&leaf)),
        }
    }

    fn cost_of_leaf(&self, leaf: &Leaf<'_>) -> u64 {
        match &leaf.lookup {
            Lookup::Nothing => 0,
            Lookup::Ids(ids) => min(ids.len(), self.readers.ids.block_count()) as u64,
            Lookup::Terms(field, terms) => self.terms.blocks_of_terms(field, terms.len()),
            Lookup::Range(field, range) => self.terms.blocks_of_range(field, range),
            Lookup::Document(requirement) => self.terms.blocks_of_terms(&Field::DOCUMENT, grams(requirement)),
        }
    }
}

/// A member of a conjunction, or several that are one lookup.
struct Member<'a> {
    conditions: Vec<&'a Where>,
    /// `None` for what is no leaf.
    leaf: Option<Leaf<'a>>,
}

/// The members of a conjunction, ranges of one field as one: of numbers that differ from record to record, each bound alone has half of the
/// terms to read.
fn with_ranges_joined(members: &[Where]) -> Vec<Member<'_>> {
    let mut joined: Vec<Member<'_>> = Vec::with_capacity(members.len());
    for condition in members {
        let leaf = Leaf::of(condition);
        let same = joined.iter_mut().find_map(|other| match (&leaf, &mut other.leaf) {
            (
                Some(Leaf { lookup: Lookup::Range(field, range), .. }),
                Some(Leaf { lookup: Lookup::Range(other_field, other_range), .. }),
            ) if field == other_field => Some((range, other_range, &mut other.conditions)),
            _ => None,
        });
        match same {
            Some((range, other, conditions)) => {
                narrow(other, range);
                conditions.push(condition);
            }
            None => joined.push(Member { conditions: vec![condition], leaf }),
        }
    }
    joined
}

/// Makes a range what it has in common with another.
fn narrow(range: &mut TermRange, other: &TermRange) {
    let key = |bound: &Bound<String>, excluded_first: bool| match bound {
        Bound::Included(term) => Some((term.clone(), excluded_first)),
        Bound::Excluded(term) => Some((term.clone(), !excluded_first)),
        Bound::Unbounded => None,
    };
    // An absent lower bound is the least; of equal bounds the one that excludes is the narrower.
    if key(&other.0, false) > key(&range.0, false) {
        range.0 = other.0.clone();
    }
    match (key(&other.1, true), key(&range.1, true)) {
        (Some(_), None) => range.1 = other.1.clone(),
        (Some(new), Some(old)) if new < old => range.1 = other.1.clone(),
        _ => {}
    }
}

/// The records that are still in question; `None` while all are.
fn bound(matching: &Matching, within: Option<&RoaringBitmap>) -> Option<RoaringBitmap> {
    match (matching, within) {
        (Matching::Only(found), None) => Some(found.clone()),
        (Matching::Only(found), Some(within)) => {
            let mut found = found.clone();
            found &= within;
            Some(found)
        }
        (Matching::AllBut(other), Some(within)) => {
            let mut found = within.clone();
            found -= other;
            Some(found)
        }
        (Matching::AllBut(_), None) => None,
    }
}

fn and(a: Matching, b: Matching) -> Matching {
    match (a, b) {
        (Matching::Only(mut a), Matching::Only(b)) => {
            a &= &b;
            Matching::Only(a)
        }
        (Matching::Only(mut found), Matching::AllBut(other))
        | (Matching::AllBut(other), Matching::Only(mut found)) => {
            found -= &other;
            Matching::Only(found)
        }
        (Matching::AllBut(mut a), Matching::AllBut(b)) => {
            a |= &b;
            Matching::AllBut(a)
        }
    }
}

/// By the law of De Morgan.
fn or(a: Matching, b: Matching) -> Matching {
    complement(and(complement(a), complement(b)))
}

fn complement(matching: Matching) -> Matching {
    match matching {
        Matching::Only(found) => Matching::AllBut(found),
        Matching::AllBut(other) => Matching::Only(other),
    }
}

/// Grams that a requirement looks up.
fn grams(requirement: &Requirement) -> usize {
    match requirement {
        Requirement::Anything => 1,
        Requirement::Text(text) => text.chars().count(),
        Requirement::All(parts) | Requirement::Any(parts) => parts.iter().map(grams).sum(),
    }
}

/// A leaf of a condition, as a lookup of its positive twin.
struct Leaf<'a> {
    lookup: Lookup<'a>,
    is_negated: bool,
    /// Whether everything that is found matches.
    is_exact: bool,
}

enum Lookup<'a> {
    Nothing,
    Ids(&'a [String]),
    Terms(Field, Vec<String>),
    Range(Field, TermRange),
    Document(Requirement),
}

impl<'a> Leaf<'a> {
    /// `None` for what is no leaf.
    fn of(condition: &'a Where) -> Option<Self> {
        match condition {
            Where::Id { ids, negated } => {
                Some(Self { lookup: Lookup::Ids(ids), is_negated: *negated, is_exact: true })
            }
            Where::Metadata { key, condition } => Some(Self::of_metadata(key, condition)),
            Where::Document(condition) => Some(Self::of_document(condition)),
            Where::And(_) | Where::Or(_) => None,
        }
    }

    fn of_metadata(key: &str, condition: &Condition) -> Self {
        let (lookup, is_exact) = match condition {
            Condition::Compare(Comparison::Equal | Comparison::NotEqual, operand) => {
                terms(key, std::slice::from_ref(operand), false)
            }
            Condition::Compare(comparison, operand) => match numbers(*comparison, operand) {
                Some(range) => {
                    let field = Field::new(Kind::Number, key);
                    let is_exact = field.is_exact();
                    (Lookup::Range(field, range), is_exact)
                }
                None => (Lookup::Nothing, true),
            },
            Condition::In(operands) | Condition::NotIn(operands) => terms(key, operands, false),
            Condition::Contains(operand) | Condition::NotContains(operand) => {
                terms(key, std::slice::from_ref(operand), true)
            }
        };
        Self { lookup, is_negated: condition.is_negative(), is_exact }
    }

    fn of_document(condition: &DocumentCondition) -> Self {
        let (requirement, is_exact, is_negated) = match condition {
            DocumentCondition::Contains(text) => text_requirement(text, false),
            DocumentCondition::NotContains(text) => text_requirement(text, true),
            DocumentCondition::Regex(pattern) => pattern_requirement(pattern, false),
            DocumentCondition::NotRegex(pattern) => pattern_requirement(pattern, true),
        };
        Self { lookup: Lookup::Document(requirement), is_negated, is_exact }
    }
}

/// Texts no longer than a gram are found exactly, and the empty one is in every document.
fn text_requirement(text: &str, is_negated: bool) -> (Requirement, bool, bool) {
    if text.is_empty() {
        return (Requirement::Anything, true, is_negated);
    }
    let is_exact = text.chars().nth(Gram::CHARS).is_none();
    (Requirement::Text(text.to_owned()), is_exact, is_negated)
}

fn pattern_requirement(pattern: &Pattern, is_negated: bool) -> (Requirement, bool, bool) {
    match pattern.requirement() {
        Requirement::Text(text) if pattern.is_literal() => text_requirement(text, is_negated),
        requirement => (requirement.clone(), false, is_negated),
    }
}

/// The terms that some operands, all of one type, are.
fn terms<'a>(key: &str, operands: &[Scalar], element: bool) -> (Lookup<'a>, bool) {
    let found: Vec<Term> = operands.iter().filter_map(|operand| Term::of(operand, element)).collect();
    let Some(first) = found.first() else { return (Lookup::Nothing, true) };
    let field = Field::new(first.kind, key);
    let is_exact = field.is_exact() && found.iter().all(|term| term.is_exact);
    (Lookup::Terms(field, found.into_iter().map(|term| term.text).collect()), is_exact)
}
