//! The grammar of `where` and `where_document` (spec: query-semantics 1–3).

use serde_json::{Map, Value};

use super::{Comparison, Condition, DocumentCondition, Scalar, Where};
use crate::error::{Error, Result};
use crate::limits::{MAX_IN_LIST, MAX_PATTERNS, MAX_WHERE_DEPTH, MAX_WHERE_PREDICATES};
use crate::text::Pattern;
use crate::types::metadata::{DOCUMENT_KEY, URI_KEY};

pub(in crate::types) const INVALID_WHERE: &str = "Invalid where clause";
const INVALID_WHERE_DOCUMENT: &str = "Invalid where document clause";

impl Where {
    /// Parses the `where` of get, query and delete. Every fault of grammar is Chroma's one
    /// `Invalid where clause`; a tree beyond [`crate::limits`] says which bound it passed.
    ///
    /// A condition on a key that no record can have (`#embedding`, `#metadata`, `#score`,
    /// `chroma:document`, `chroma:uri`, and `#document` or `#id` with operands that they do not take)
    /// becomes a constant: nothing, or everything if it is negative.
    pub fn parse(json: &Value) -> Result<Self> {
        Parser::new(INVALID_WHERE).run(|parser| parser.metadata_clause(json, 0))
    }

    /// Parses a `where_document`; its one fault is `Invalid where document clause`.
    pub fn parse_document(json: &Value) -> Result<Self> {
        Parser::new(INVALID_WHERE_DOCUMENT).run(|parser| parser.document_clause(json, 0))
    }

    /// Parses both filters of a request, where absent and null mean no filter; a record has to pass both.
    pub fn parse_request(metadata: Option<&Value>, document: Option<&Value>) -> Result<Option<Self>> {
        let metadata = metadata.filter(|json| !json.is_null()).map(Self::parse).transpose()?;
        let document = document.filter(|json| !json.is_null()).map(Self::parse_document).transpose()?;
        Ok(match (metadata, document) {
            (Some(metadata), Some(document)) => Some(Where::And(vec![metadata, document])),
            (metadata, document) => metadata.or(document),
        })
    }
}

/// One run over one clause.
struct Parser {
    /// The message for every fault of grammar.
    fault: &'static str,
    /// Members of `$and` and `$or` so far, be they predicates or clauses in turn.
    predicates: usize,
    patterns: usize,
    /// The first thing that is well formed and yet refused. It is reported only when the whole clause
    /// has been read, as faults of grammar come first.
    refusal: Option<Error>,
}

impl Parser {
    fn new(fault: &'static str) -> Self {
        Self { fault, predicates: 0, patterns: 0, refusal: None }
    }

    fn run(mut self, clause: impl FnOnce(&mut Self) -> Result<Where>) -> Result<Where> {
        let filter = clause(&mut self)?;
        match self.refusal {
            Some(refusal) => Err(refusal),
            None => Ok(filter),
        }
    }

    fn invalid<T>(&self) -> Result<T> {
        Err(Error::InvalidArgument(self.fault.into()))
    }

    fn beyond<T>(&self, bound: impl std::fmt::Display) -> Result<T> {
        Err(Error::InvalidArgument(format!("{}: {bound}", self.fault)))
    }

    fn refuse(&mut self, error: Error) {
        self.refusal.get_or_insert(error);
    }

    /// The only member of an object.
    fn only_member<'json>(&self, object: &'json Map<String, Value>) -> Result<(&'json str, &'json Value)> {
        let mut members = object.iter();
        match (members.next(), members.next()) {
            (Some((key, value)), None) => Ok((key, value)),
            _ => self.invalid(),
        }
    }

    /// The members of `$and` and `$or`. The bounds are checked before each descent, so that no input can
    /// exhaust the stack.
    fn members(
        &mut self,
        json: &Value,
        depth: usize,
        clause: fn(&mut Self, &Value, usize) -> Result<Where>,
    ) -> Result<Vec<Where>> {
        let Value::Array(members) = json else { return self.invalid() };
        if depth >= MAX_WHERE_DEPTH {
            return self.beyond(format_args!("$and and $or are nested more than {MAX_WHERE_DEPTH} deep"));
        }
        self.predicates = self.predicates.saturating_add(members.len());
        if self.predicates > MAX_WHERE_PREDICATES {
            return self.beyond(format_args!("more than {MAX_WHERE_PREDICATES} predicates"));
        }
        members.iter().map(|member| clause(self, member, depth + 1)).collect()
    }

    fn metadata_clause(&mut self, json: &Value, depth: usize) -> Result<Where> {
        let Value::Object(object) = json else { return self.invalid() };
        match self.only_member(object)? {
            ("$and", members) => Ok(Where::And(self.members(members, depth, Self::metadata_clause)?)),
            ("$or", members) => Ok(Where::Or(self.members(members, depth, Self::metadata_clause)?)),
            (key, _) if key.starts_with('$') => self.invalid(),
            (key, operand) => self.predicate(key, operand),
        }
    }

    fn document_clause(&mut self, json: &Value, depth: usize) -> Result<Where> {
        let Value::Object(object) = json else { return self.invalid() };
        match self.only_member(object)? {
            ("$and", members) => Ok(Where::And(self.members(members, depth, Self::document_clause)?)),
            ("$or", members) => Ok(Where::Or(self.members(members, depth, Self::document_clause)?)),
            (operator, operand) => self.document_predicate(operator, operand),
        }
    }

    fn document_predicate(&mut self, operator: &str, operand: &Value) -> Result<Where> {
        let Value::String(text) = operand else { return self.invalid() };
        let condition = match operator {
            "$contains" => DocumentCondition::Contains(text.clone()),
            "$not_contains" => DocumentCondition::NotContains(text.clone()),
            "$regex" => DocumentCondition::Regex(self.pattern(text)?),
            "$not_regex" => DocumentCondition::NotRegex(self.pattern(text)?),
            _ => return self.invalid(),
        };
        Ok(Where::Document(condition))
    }

    fn pattern(&mut self, source: &str) -> Result<Pattern> {
        self.patterns += 1;
        if self.patterns > MAX_PATTERNS {
            return self.beyond(format_args!("more than {MAX_PATTERNS} regular expressions"));
        }
        Pattern::new(source).or_else(|error| {
            self.refuse(error);
            // It stands for the refused one until the whole clause has been read.
            Pattern::new("")
        })
    }

    /// `{key: scalar}` or `{key: {operator: operand}}`.
    fn predicate(&mut self, key: &str, json: &Value) -> Result<Where> {
        let Value::Object(object) = json else {
            let condition = Condition::Compare(Comparison::Equal, self.scalar(json)?);
            return Ok(self.resolve_key(key, condition));
        };
        let (operator, operand) = self.only_member(object)?;
        let about_document = matches!(operator, "$contains" | "$not_contains" | "$regex" | "$not_regex");
        if key == "#document" && about_document {
            return self.document_predicate(operator, operand);
        }
        let condition = self.condition(operator, operand)?;
        Ok(self.resolve_key(key, condition))
    }

    fn condition(&mut self, operator: &str, operand: &Value) -> Result<Condition> {
        Ok(match operator {
            "$eq" => Condition::Compare(Comparison::Equal, self.scalar(operand)?),
            "$ne" => Condition::Compare(Comparison::NotEqual, self.scalar(operand)?),
            "$gt" => Condition::Compare(Comparison::Greater, self.number(operand)?),
            "$gte" => Condition::Compare(Comparison::GreaterOrEqual, self.number(operand)?),
            "$lt" => Condition::Compare(Comparison::Less, self.number(operand)?),
            "$lte" => Condition::Compare(Comparison::LessOrEqual, self.number(operand)?),
            "$in" => Condition::In(self.list(operand)?),
            "$nin" => Condition::NotIn(self.list(operand)?),
            "$contains" => Condition::Contains(self.scalar(operand)?),
            "$not_contains" => Condition::NotContains(self.scalar(operand)?),
            _ => return self.invalid(),
        })
    }

    fn scalar(&self, json: &Value) -> Result<Scalar> {
        match json {
            Value::Bool(value) => Ok(Scalar::Bool(*value)),
            Value::String(text) => Ok(Scalar::Str(text.clone())),
            _ => self.number(json),
        }
    }

    /// An integer that fits an i64, or a number with a fraction or exponent.
    fn number(&self, json: &Value) -> Result<Scalar> {
        match json {
            Value::Number(number) => match (number.as_i64(), number.as_f64()) {
                (Some(int), _) => Ok(Scalar::Int(int)),
                (None, Some(float)) if number.is_f64() => Ok(Scalar::Float(float)),
                _ => self.invalid(),
            },
            _ => self.invalid(),
        }
    }

    /// The operands of `$in` and `$nin`: not empty, and all of the type of the first. After a float,
    /// integers pass too; they stay integers, as they compare with everything exactly.
    fn list(&self, json: &Value) -> Result<Vec<Scalar>> {
        let Value::Array(members) = json else { return self.invalid() };
        if members.len() > MAX_IN_LIST {
            return self.beyond(format_args!("more than {MAX_IN_LIST} members in a list"));
        }
        let operands: Vec<Scalar> =
            members.iter().map(|member| self.scalar(member)).collect::<Result<_>>()?;
        let Some(first) = operands.first() else { return self.invalid() };
        let fits = |operand: &Scalar| {
            matches!(
                (first, operand),
                (Scalar::Bool(_), Scalar::Bool(_))
                    | (Scalar::Str(_), Scalar::Str(_))
                    | (Scalar::Int(_), Scalar::Int(_))
                    | (Scalar::Float(_), Scalar::Float(_) | Scalar::Int(_))
            )
        };
        if operands.iter().all(fits) { Ok(operands) } else { self.invalid() }
    }

    /// Gives the special keys their meaning (spec: query-semantics 3 and 9).
    fn resolve_key(&mut self, key: &str, condition: Condition) -> Where {
        match key {
            "#id" => match id_condition(condition) {
                Ok((ids, negated)) => Where::Id { ids, negated },
                Err(condition) => constant(&condition),
            },
            "#document" => {
                if has_string_operand(&condition) {
                    self.refuse(Error::InvalidArgument(
                        "Cannot filter using metadata key '#document' with type 'Str' because indexing is \
                         disabled"
                            .into(),
                    ));
                }
                constant(&condition)
            }
            "#embedding" | "#metadata" | "#score" | DOCUMENT_KEY | URI_KEY => constant(&condition),
            _ => Where::Metadata { key: key.to_owned(), condition },
        }
    }
}

/// What a condition says about records without the key.
fn constant(condition: &Condition) -> Where {
    if condition.is_negative() { Where::everything() } else { Where::nothing() }
}

/// The ids that a condition on `#id` lists, and whether it excludes them; the condition itself if it is
/// none that an id can meet.
fn id_condition(condition: Condition) -> Result<(Vec<String>, bool), Condition> {
    let all_strings = |operands: &[Scalar]| operands.iter().all(|operand| matches!(operand, Scalar::Str(_)));
    let texts = |operands: Vec<Scalar>| {
        let text = |operand| if let Scalar::Str(text) = operand { Some(text) } else { None };
        operands.into_iter().filter_map(text).collect()
    };
    let negated = condition.is_negative();
    match condition {
        Condition::Compare(Comparison::Equal | Comparison::NotEqual, Scalar::Str(id)) => {
            Ok((vec![id], negated))
        }
        Condition::In(operands) | Condition::NotIn(operands) if all_strings(&operands) => {
            Ok((texts(operands), negated))
        }
        other => Err(other),
    }
}

fn has_string_operand(condition: &Condition) -> bool {
    let operand = match condition {
        Condition::Compare(_, operand) | Condition::Contains(operand) | Condition::NotContains(operand) => {
            Some(operand)
        }
        Condition::In(operands) | Condition::NotIn(operands) => operands.first(),
    };
    matches!(operand, Some(Scalar::Str(_)))
}

#[cfg(test)]
#[path = "parse_tests.rs"]
mod tests;
