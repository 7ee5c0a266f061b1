//! Search payloads as JSON. A body of the wrong shape is a 422 that says where; what is well formed and breaks a rule is
//! a 400 (spec: query-semantics 8.11).

use serde::Deserialize;
use serde_json::{Map, Value};

use super::{
    Aggregate, AggregateKey, EMBEDDING_KEY, GroupBy, Knn, KnnQuery, Rank, Search, SearchRequest, Select,
};
use crate::error::{Error, Result};
use crate::limits::{MAX_RANK_DEPTH, MAX_RANK_NODES, MAX_SEARCHES};
use crate::types::metadata::SparseVector;
use crate::types::results::ReadLevel;
use crate::types::where_clause::{INVALID_WHERE, Where};

/// Neighbours that a search looks for unless told otherwise.
const KNN_LIMIT: u32 = 16;

impl SearchRequest {
    /// Reads the body of a search. Unknown members are passed over.
    pub fn from_json(body: &Value) -> Result<Self> {
        let body = object(body, "body", "a struct")?;
        let searches = body.get("searches").ok_or_else(|| Error::shape("missing field `searches`"))?;
        let searches = list(searches, "searches")?;
        if searches.len() > MAX_SEARCHES {
            let rule = format_args!("must have at most {MAX_SEARCHES} members, got {}", searches.len());
            return Err(Error::validation("searches", rule));
        }
        let search = |(index, search)| read_search(search, &format!("searches[{index}]"));
        let searches: Result<_> = searches.iter().enumerate().map(search).collect();
        let read_level = match member(body, "read_level") {
            None => ReadLevel::default(),
            Some(level) => ReadLevel::parse(&read::<String>(level, "read_level")?)?,
        };
        Ok(Self { searches: searches?, read_level })
    }
}

fn read_search(json: &Value, at: &str) -> Result<Search> {
    let json = object(json, at, "struct SearchPayload")?;
    let rank = member(json, "rank").map(|rank| Ranks::read(rank, &format!("{at}.rank"))).transpose()?;
    let group_by = match member(json, "group_by") {
        Some(group_by) => read_group_by(group_by, &format!("{at}.group_by"))?,
        None => None,
    };
    if group_by.is_some() && rank.is_none() {
        return Err(Error::validation(
            &format!("{at}.__all__"),
            "group_by requires rank expression to be specified",
        ));
    }
    let (offset, limit) = read_limit(member(json, "limit"), &format!("{at}.limit"))?;
    Ok(Search {
        filter: read_filter(member(json, "filter"), &format!("{at}.filter"))?,
        rank,
        group_by,
        offset,
        limit,
        select: read_select(member(json, "select"), &format!("{at}.select"))?,
    })
}

fn read_filter(json: Option<&Value>, at: &str) -> Result<Option<Where>> {
    let Some(json) = json.filter(|json| !json.as_object().is_some_and(Map::is_empty)) else {
        return Ok(None);
    };
    Where::parse(json).map(Some).map_err(|error| match error {
        // Part of the body's shape here, other than in get and query.
        Error::InvalidArgument(fault) if fault.starts_with(INVALID_WHERE) => {
            Error::shape(format_args!("{at}: {fault}"))
        }
        other => other,
    })
}

fn read_limit(json: Option<&Value>, at: &str) -> Result<(u32, Option<u32>)> {
    let Some(json) = json else { return Ok((0, None)) };
    let json = object(json, at, "struct Limit")?;
    let number =
        |name: &str| member(json, name).map(|value| read(value, &format!("{at}.{name}"))).transpose();
    Ok((number("offset")?.unwrap_or(0), number("limit")?))
}

fn read_select(json: Option<&Value>, at: &str) -> Result<Select> {
    let Some(json) = json else { return Ok(Select::default()) };
    let keys = object(json, at, "struct Select")?.get("keys");
    let keys = keys.map(|keys| read::<Vec<String>>(keys, &format!("{at}.keys"))).transpose()?;
    let mut keys = keys.unwrap_or_default();
    keys.sort_unstable();
    keys.dedup();
    Ok(Select { keys })
}

fn read_group_by(json: &Value, at: &str) -> Result<Option<GroupBy>> {
    let json = object(json, at, "struct GroupBy")?;
    let keys =
        member(json, "keys").map(|keys| read::<Vec<String>>(keys, &format!("{at}.keys"))).transpose()?;
    let keys = keys.unwrap_or_default();
    let aggregate = member(json, "aggregate");
    let aggregate =
        aggregate.map(|aggregate| read_aggregate(aggregate, &format!("{at}.aggregate"))).transpose()?;
    let refuse = |rule: &str| Err(Error::validation(at, rule));
    let aggregate = match aggregate {
        None if keys.is_empty() => return Ok(None),
        Some(aggregate) if !keys.is_empty() => aggregate,
        _ => return refuse("group_by keys and aggregate must both be specified or both be omitted"),
    };
    if keys.iter().any(|key| key.starts_with('#')) {
        return refuse(
            "group_by keys must be metadata fields (cannot use #score, #document, #embedding, or #metadata)",
        );
    }
    if aggregate.keys.is_empty() {
        return refuse("aggregate keys must not be empty");
    }
    let is_special = |key: &AggregateKey| matches!(key, AggregateKey::Metadata(key) if key.starts_with('#'));
    if aggregate.keys.iter().any(is_special) {
        return refuse(
            "aggregate keys must be metadata fields or #score (cannot use #document, #embedding, or #metadata)",
        );
    }
    if aggregate.k == 0 {
        return refuse("aggregate k must be greater than 0");
    }
    Ok(Some(GroupBy { keys, aggregate }))
}

fn read_aggregate(json: &Value, at: &str) -> Result<Aggregate> {
    let json = object(json, at, "enum Aggregate")?;
    let mut members = json.iter();
    let (Some((name, body)), None) = (members.next(), members.next()) else {
        return Err(Error::shape(format_args!("{at}: expected one of `$min_k` and `$max_k`")));
    };
    let largest = match name.as_str() {
        "$min_k" => false,
        "$max_k" => true,
        other => {
            let fault = format_args!("{at}: unknown variant `{other}`, expected `$min_k` or `$max_k`");
            return Err(Error::shape(fault));
        }
    };
    let at = format!("{at}.{name}");
    let body = object(body, &at, "a struct")?;
    let key = |key: String| if key == "#score" { AggregateKey::Score } else { AggregateKey::Metadata(key) };
    let keys: Vec<String> = read(required(body, "keys", &at)?, &format!("{at}.keys"))?;
    let k = read(required(body, "k", &at)?, &format!("{at}.k"))?;
    Ok(Aggregate { largest, keys: keys.into_iter().map(key).collect(), k })
}

/// Reads one ranking expression.
struct Ranks {
    nodes: usize,
    /// Where the expression stands in the body.
    at: String,
}

impl Ranks {
    fn read(json: &Value, at: &str) -> Result<Rank> {
        Self { nodes: 0, at: at.to_owned() }.rank(json, at, 0)
    }

    /// The bounds are checked before each descent, so that no input can exhaust the stack.
    fn rank(&mut self, json: &Value, at: &str, depth: usize) -> Result<Rank> {
        self.nodes += 1;
        if depth > MAX_RANK_DEPTH || self.nodes > MAX_RANK_NODES {
            let rule = format_args!("more than {MAX_RANK_DEPTH} levels or {MAX_RANK_NODES} expressions");
            return Err(Error::validation(&self.at, rule));
        }
        let (operator, operand) = only_member(json, at)?;
        let (whole, at) = (at, &format!("{at}.{operator}"));
        Ok(match operator {
            "$knn" => Rank::Knn(self.knn(operand, at)?),
            "$val" => Rank::Val(number(operand, at)?),
            "$sum" => Rank::Sum(self.operands(operand, at, depth)?),
            "$mul" => Rank::Mul(self.operands(operand, at, depth)?),
            "$max" => Rank::Max(self.operands(operand, at, depth)?),
            "$min" => Rank::Min(self.operands(operand, at, depth)?),
            "$sub" => Rank::Sub(self.sides(operand, at, depth)?),
            "$div" => Rank::Div(self.sides(operand, at, depth)?),
            "$abs" => Rank::Abs(Box::new(self.rank(operand, at, depth + 1)?)),
            "$exp" => Rank::Exp(Box::new(self.rank(operand, at, depth + 1)?)),
            "$log" => Rank::Log(Box::new(self.rank(operand, at, depth + 1)?)),
            unknown => {
                return Err(Error::shape(format_args!(
                    "{whole}: unknown variant `{unknown}`, expected one of `$abs`, `$div`, `$exp`, `$knn`, `$log`, `$max`, \
                     `$min`, `$mul`, `$sub`, `$sum`, `$val`"
                )));
            }
        })
    }

    fn operands(&mut self, json: &Value, at: &str, depth: usize) -> Result<Vec<Rank>> {
        let operands = list(json, at)?.iter().enumerate();
        operands.map(|(index, operand)| self.rank(operand, &format!("{at}[{index}]"), depth + 1)).collect()
    }

    fn sides(&mut self, json: &Value, at: &str, depth: usize) -> Result<Box<[Rank; 2]>> {
        let json = object(json, at, "a struct")?;
        let mut side = |name: &str| self.rank(required(json, name, at)?, &format!("{at}.{name}"), depth + 1);
        Ok(Box::new([side("left")?, side("right")?]))
    }

    fn knn(&self, json: &Value, at: &str) -> Result<Knn> {
        let json = object(json, at, "struct Knn")?;
        let at_query = format!("{at}.query");
        let query = match required(json, "query", at)? {
            Value::Array(components) => {
                let component = |component: &Value| component.as_f64().map(|component| component as f32);
                components.iter().map(component).collect::<Option<_>>().map(KnnQuery::Dense)
            }
            sparse => SparseVector::deserialize(sparse).ok().map(KnnQuery::Sparse),
        };
        let query = query.ok_or_else(|| {
            Error::shape(format_args!(
                "{at_query}: data did not match any variant of untagged enum QueryVector"
            ))
        })?;
        if let KnnQuery::Sparse(vector) = &query
            && let Err(fault) = vector.validate()
        {
            let rule = format_args!("Invalid sparse vector in KNN query: {fault}");
            return Err(Error::validation(&self.at, rule));
        }
        let key = member(json, "key").map(|key| read(key, &format!("{at}.key"))).transpose()?;
        let limit = member(json, "limit").map(|limit| read(limit, &format!("{at}.limit"))).transpose()?;
        let default =
            member(json, "default").map(|value| number(value, &format!("{at}.default"))).transpose()?;
        let return_rank = member(json, "return_rank");
        let return_rank = return_rank.map(|value| read(value, &format!("{at}.return_rank"))).transpose()?;
        Ok(Knn {
            query,
            key: key.unwrap_or_else(|| EMBEDDING_KEY.to_owned()),
            limit: limit.unwrap_or(KNN_LIMIT),
            default,
            return_rank: return_rank.unwrap_or(false),
        })
    }
}

/// The operator of a ranking expression with its operand. What has not exactly one is to Chroma no JSON, a text an operator
/// without its operand.
fn only_member<'a>(json: &'a Value, at: &str) -> Result<(&'a str, &'a Value)> {
    let mut members = json.as_object().into_iter().flatten();
    match (members.next(), members.next()) {
        (Some((operator, operand)), None) => Ok((operator.as_str(), operand)),
        _ if json.is_string() => Err(unexpected(json, at, "a ranking expression")),
        _ => Err(Error::InvalidArgument(format!(
            "Failed to parse the request body as JSON: {at}: expected value"
        ))),
    }
}

/// A member that is there and not null.
fn member<'a>(object: &'a Map<String, Value>, name: &str) -> Option<&'a Value> {
    object.get(name).filter(|value| !value.is_null())
}

fn required<'a>(object: &'a Map<String, Value>, name: &str, at: &str) -> Result<&'a Value> {
    object.get(name).ok_or_else(|| Error::shape(format_args!("{at}: missing field `{name}`")))
}

fn object<'a>(json: &'a Value, at: &str, expected: &str) -> Result<&'a Map<String, Value>> {
    json.as_object().ok_or_else(|| unexpected(json, at, expected))
}

fn list<'a>(json: &'a Value, at: &str) -> Result<&'a Vec<Value>> {
    json.as_array().ok_or_else(|| unexpected(json, at, "a sequence"))
}

fn number(json: &Value, at: &str) -> Result<f32> {
    json.as_f64().map(|number| number as f32).ok_or_else(|| unexpected(json, at, "f32"))
}

fn read<T: for<'de> Deserialize<'de>>(json: &Value, at: &str) -> Result<T> {
    T::deserialize(json).map_err(|fault| Error::shape(format_args!("{at}: {fault}")))
}

fn unexpected(json: &Value, at: &str, expected: &str) -> Error {
    let found = match json {
        Value::Null => "null".to_owned(),
        Value::Bool(value) => format!("boolean `{value}`"),
        Value::Number(number) if number.is_f64() => format!("floating point `{number}`"),
        Value::Number(number) => format!("integer `{number}`"),
        Value::String(text) => format!("string {text:?}"),
        Value::Array(_) => "sequence".to_owned(),
        Value::Object(_) => "map".to_owned(),
    };
    Error::shape(format_args!("{at}: invalid type: {found}, expected {expected}"))
}
