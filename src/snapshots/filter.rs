//! Filters: the grammar of `where`, and which records of a snapshot match.

use roaring::RoaringBitmap;
use serde_json::Value;

use crate::error::{Error, Result};
use crate::exchange::{Exchange, join_all};
use crate::ids;
use crate::limits::{MAX_IN_LIST, MAX_WHERE_CONDITIONS, MAX_WHERE_DEPTH};
use crate::table::{self, Table};
use crate::terms::{Place, Scalar, numbers, read_bitmap, term};

/// A filter over records.
#[derive(Debug, Clone, PartialEq)]
pub enum Where {
    And(Vec<Where>),
    Or(Vec<Where>),
    /// Records with one of these terms, or (negated) those without.
    Terms {
        terms: Vec<Vec<u8>>,
        negated: bool,
    },
    /// Records with a term from `low` on, below `high`.
    Between {
        low: Vec<u8>,
        high: Vec<u8>,
    },
    /// The record's id is (or, negated, is not) one of these.
    Ids {
        ids: Vec<String>,
        negated: bool,
    },
}

const INVALID: &str = "Invalid where clause";

impl Where {
    /// Parses the `where` of a request. Conditions on documents are refused: a snapshot has no index of texts.
    pub fn parse(json: &Value) -> Result<Self> {
        clause(json, 0, &mut 0)
    }
}

fn invalid<T>() -> Result<T> {
    Err(Error::invalid(INVALID))
}

fn clause(json: &Value, depth: usize, conditions: &mut usize) -> Result<Where> {
    let (key, operand) = only_member(json)?;
    let members = |operand: &Value, conditions: &mut usize| -> Result<Vec<Where>> {
        let Value::Array(members) = operand else { return invalid() };
        if depth >= MAX_WHERE_DEPTH {
            return Err(Error::invalid(format!("{INVALID}: nested more than {MAX_WHERE_DEPTH} deep")));
        }
        members.iter().map(|member| clause(member, depth + 1, conditions)).collect()
    };
    *conditions += 1;
    if *conditions > MAX_WHERE_CONDITIONS {
        return Err(Error::invalid(format!("{INVALID}: more than {MAX_WHERE_CONDITIONS} conditions")));
    }
    match key {
        "$and" => Ok(Where::And(members(operand, conditions)?)),
        "$or" => Ok(Where::Or(members(operand, conditions)?)),
        key if key.starts_with('$') => invalid(),
        key => condition(key, operand),
    }
}

fn only_member(json: &Value) -> Result<(&str, &Value)> {
    let Value::Object(object) = json else { return invalid() };
    let mut members = object.iter();
    match (members.next(), members.next()) {
        (Some((key, value)), None) => Ok((key, value)),
        _ => invalid(),
    }
}

fn condition(key: &str, json: &Value) -> Result<Where> {
    let (operator, operand) = match json {
        Value::Object(_) => only_member(json)?,
        scalar => ("$eq", scalar),
    };
    if key == "#document" || matches!(operator, "$regex" | "$not_regex") {
        return Err(no_texts());
    }
    if key == "#id" {
        return id_condition(operator, operand);
    }
    let terms = |place, operands: Vec<Scalar>, negated| Where::Terms {
        terms: operands.iter().map(|operand| term(place, key, operand)).collect(),
        negated,
    };
    Ok(match operator {
        "$eq" => terms(Place::Value, vec![scalar(operand)?], false),
        "$ne" => terms(Place::Value, vec![scalar(operand)?], true),
        "$in" => terms(Place::Value, list(operand)?, false),
        "$nin" => terms(Place::Value, list(operand)?, true),
        "$contains" => terms(Place::Element, vec![scalar(operand)?], false),
        "$not_contains" => terms(Place::Element, vec![scalar(operand)?], true),
        "$gt" | "$gte" | "$lt" | "$lte" => range(key, operator, &scalar(operand)?)?,
        _ => return invalid(),
    })
}

/// What a filter of documents is answered.
pub fn no_texts() -> Error {
    Error::Unsupported(
        "snapshots have no index of documents: `whereDocument`, `$regex` and `#document` are not supported. Filter by \
         metadata, or copy the snapshot into a local collection"
            .into(),
    )
}

fn scalar(json: &Value) -> Result<Scalar> {
    Scalar::from_json(json).map_or_else(invalid, Ok)
}

/// The operands of `$in` and `$nin`: not empty, and all of one type.
fn list(json: &Value) -> Result<Vec<Scalar>> {
    let Value::Array(members) = json else { return invalid() };
    if members.len() > MAX_IN_LIST {
        return Err(Error::invalid(format!("{INVALID}: more than {MAX_IN_LIST} members in a list")));
    }
    let operands: Vec<Scalar> = members.iter().map(scalar).collect::<Result<_>>()?;
    let kind = |operand: &Scalar| match operand {
        Scalar::Bool(_) => 0,
        Scalar::Int(_) | Scalar::Float(_) => 1,
        Scalar::Text(_) => 2,
    };
    let uniform = operands.windows(2).all(|pair| kind(&pair[0]) == kind(&pair[1]));
    if operands.is_empty() || !uniform { invalid() } else { Ok(operands) }
}

fn range(key: &str, operator: &str, operand: &Scalar) -> Result<Where> {
    if !operand.is_number() {
        return invalid();
    }
    let (mut low, mut high) = numbers(key);
    let at = term(Place::Value, key, operand);
    // The next term in the order of bytes.
    let after = || at.iter().copied().chain([0]).collect();
    match operator {
        "$gt" => low = after(),
        "$gte" => low = at,
        "$lt" => high = at,
        _ => high = after(),
    }
    Ok(Where::Between { low, high })
}

fn id_condition(operator: &str, operand: &Value) -> Result<Where> {
    let texts = |operands: Vec<Scalar>| -> Result<Vec<String>> {
        let text = |operand| if let Scalar::Text(text) = operand { Ok(text) } else { invalid() };
        operands.into_iter().map(text).collect()
    };
    match operator {
        "$eq" | "$ne" => Ok(Where::Ids { ids: texts(vec![scalar(operand)?])?, negated: operator == "$ne" }),
        "$in" | "$nin" => Ok(Where::Ids { ids: texts(list(operand)?)?, negated: operator == "$nin" }),
        _ => invalid(),
    }
}

/// What a filter is evaluated over.
pub struct Records<'a> {
    pub exchange: &'a Exchange,
    /// The tables of terms and of ids of all layers.
    pub terms: &'a [Table],
    pub ids: &'a [Table],
    /// The records that there are.
    pub live: &'a RoaringBitmap,
}

impl Records<'_> {
    /// The records that match, all of them live.
    pub async fn matching(&self, filter: &Where) -> Result<RoaringBitmap> {
        let leaves = self.leaves(filter).await?;
        Ok(self.combine(filter, &mut leaves.into_iter()))
    }

    /// What the conditions of a filter match, in their order: they are looked up together.
    async fn leaves(&self, filter: &Where) -> Result<Vec<RoaringBitmap>> {
        let mut conditions = Vec::new();
        gather(filter, &mut conditions);
        let mut keys = Vec::new();
        for condition in &conditions {
            if let Where::Terms { terms, .. } = condition {
                keys.extend(terms.iter().cloned());
            }
        }
        let mut by_term = self.terms_of(&keys).await?.into_iter();
        let mut leaves = Vec::with_capacity(conditions.len());
        for condition in conditions {
            leaves.push(match condition {
                Where::Terms { terms, .. } => union(by_term.by_ref().take(terms.len())),
                Where::Between { low, high } => self.between(low, high).await?,
                Where::Ids { ids, .. } => self.numbers(ids).await?.into_iter().flatten().collect(),
                Where::And(_) | Where::Or(_) => RoaringBitmap::new(),
            });
        }
        Ok(leaves)
    }

    /// Takes in what the conditions match, in the order of [`gather`].
    fn combine(&self, filter: &Where, leaves: &mut dyn Iterator<Item = RoaringBitmap>) -> RoaringBitmap {
        let mut leaf = |negated: bool| {
            let found = leaves.next().unwrap_or_default();
            if negated { self.live - found } else { found & self.live }
        };
        match filter {
            Where::Terms { negated, .. } | Where::Ids { negated, .. } => leaf(*negated),
            Where::Between { .. } => leaf(false),
            Where::And(members) => {
                members.iter().fold(self.live.clone(), |all, member| all & self.combine(member, leaves))
            }
            Where::Or(members) => {
                let none = RoaringBitmap::new();
                members.iter().fold(none, |all, member| all | self.combine(member, leaves))
            }
        }
    }

    /// The records of each term, over all layers.
    async fn terms_of(&self, keys: &[Vec<u8>]) -> Result<Vec<RoaringBitmap>> {
        let of_layer = async |layer: &Table| {
            let stored = layer.lookup(self.exchange, keys).await?;
            let present: Vec<usize> = (0..keys.len()).filter(|at| stored[*at].is_some()).collect();
            let stored: Vec<Vec<u8>> = stored.into_iter().flatten().collect();
            let values = table::values(self.exchange, &stored).await?;
            Ok::<_, Error>((present, values))
        };
        let mut found = vec![RoaringBitmap::new(); keys.len()];
        for layer in join_all(self.terms.iter().map(of_layer)).await {
            let (present, values) = layer?;
            for (at, bytes) in present.into_iter().zip(values) {
                found[at] |= read_bitmap(&bytes)?;
            }
        }
        Ok(found)
    }

    async fn between(&self, low: &[u8], high: &[u8]) -> Result<RoaringBitmap> {
        let of_layer = async |layer: &Table| {
            let entries = layer.scan(self.exchange, low, Some(high)).await?;
            let stored: Vec<Vec<u8>> = entries.into_iter().map(|(_, value)| value).collect();
            table::values(self.exchange, &stored).await
        };
        let mut found = RoaringBitmap::new();
        if low < high {
            for layer in join_all(self.terms.iter().map(of_layer)).await {
                for bytes in layer? {
                    found |= read_bitmap(&bytes)?;
                }
            }
        }
        Ok(found)
    }

    /// The numbers of the live records with these ids; none where there is no such record.
    pub async fn numbers(&self, ids: &[String]) -> Result<Vec<Option<u32>>> {
        let keys: Vec<Vec<u8>> = ids.iter().map(|id| id.as_bytes().to_vec()).collect();
        let mut numbers = vec![None; ids.len()];
        for layer in join_all(self.ids.iter().map(|layer| layer.lookup(self.exchange, &keys))).await {
            for (place, stored) in numbers.iter_mut().zip(layer?) {
                let number = stored.map(|stored| ids::read(&stored)).transpose()?;
                *place = number.map(|(number, _)| number).filter(|n| self.live.contains(*n)).or(*place);
            }
        }
        Ok(numbers)
    }
}

fn gather<'a>(filter: &'a Where, conditions: &mut Vec<&'a Where>) {
    match filter {
        Where::And(members) | Where::Or(members) => {
            members.iter().for_each(|member| gather(member, conditions));
        }
        leaf => conditions.push(leaf),
    }
}

fn union(bitmaps: impl Iterator<Item = RoaringBitmap>) -> RoaringBitmap {
    bitmaps.fold(RoaringBitmap::new(), |all, bitmap| all | bitmap)
}
