//! What every text that a pattern matches contains.
//!
//! A pattern is cut into runs of literals and small classes; each run of three characters and more must be in the text. What
//! follows one another is required together, and of alternatives one of them, in the manner of Russ Cox's code search (2012).

use regex_syntax::hir::{Class, Hir, HirKind, Repetition};

/// What a text must contain.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Requirement {
    /// Nothing in particular.
    Anything,
    /// This text, of three characters or more.
    Text(String),
    All(Vec<Requirement>),
    Any(Vec<Requirement>),
}

/// Characters of the shortest text that tells documents apart: those of a gram.
const SHORTEST: usize = 3;

/// Members of a class that is written out, at most: letters in both cases, and a few alternatives.
const CLASS_MEMBERS: usize = 6;

/// Texts that a run stands for, and alternatives that are looked up: with more, looking at all documents is cheaper.
const MAX_TEXTS: usize = 64;

/// Texts of three characters and more that a run stands for and is still made longer: with more, as without regard to case, what
/// follows makes a run of its own.
const MAX_LENGTHENED: usize = 8;

/// Bytes of a text of a run: its beginning says enough.
const MAX_TEXT_BYTES: usize = 256;

/// The requirement of a pattern, and whether meeting it is matching.
pub fn of(hir: &Hir) -> (Requirement, bool) {
    let found = analyse(hir);
    let is_one_text = found.exact.as_ref().is_some_and(|texts| texts.len() == 1);
    let requirement = found.total();
    let is_literal =
        is_one_text && hir.properties().look_set().is_empty() && matches!(requirement, Requirement::Text(_));
    (requirement, is_literal)
}

/// What is known of a part of a pattern.
struct Found {
    /// All that it matches, if these are few texts; where assertions hold is not looked at.
    exact: Option<Vec<String>>,
    /// What a match of it contains, if there are more.
    requirement: Requirement,
}

impl Found {
    fn exact(texts: Vec<String>) -> Self {
        Self { exact: Some(texts), requirement: Requirement::Anything }
    }

    fn unknown(requirement: Requirement) -> Self {
        Self { exact: None, requirement }
    }

    fn total(self) -> Requirement {
        match self.exact {
            Some(texts) => one_of(texts),
            None => self.requirement,
        }
    }
}

fn analyse(hir: &Hir) -> Found {
    match hir.kind() {
        HirKind::Empty | HirKind::Look(_) => Found::exact(vec![String::new()]),
        HirKind::Literal(literal) => match std::str::from_utf8(&literal.0) {
            Ok(text) if text.len() <= MAX_TEXT_BYTES => Found::exact(vec![text.to_owned()]),
            Ok(text) => Found::unknown(Requirement::Text(text.to_owned())),
            // Part of a character.
            Err(_) => Found::unknown(Requirement::Anything),
        },
        HirKind::Class(class) => match members(class) {
            Some(texts) => Found::exact(texts),
            None => Found::unknown(Requirement::Anything),
        },
        HirKind::Capture(capture) => analyse(&capture.sub),
        HirKind::Repetition(repetition) => repeated(repetition),
        HirKind::Concat(parts) => sequence(parts.iter().map(analyse)),
        HirKind::Alternation(parts) => alternatives(parts.iter().map(analyse).collect()),
    }
}

fn members(class: &Class) -> Option<Vec<String>> {
    let mut texts = Vec::new();
    match class {
        Class::Unicode(class) => {
            for range in class.ranges() {
                for char in range.start()..=range.end() {
                    texts.push(String::from(char));
                    if texts.len() > CLASS_MEMBERS {
                        return None;
                    }
                }
            }
        }
        // Only within ASCII are bytes characters.
        Class::Bytes(_) => return None,
    }
    Some(texts)
}

fn repeated(repetition: &Repetition) -> Found {
    let once = analyse(&repetition.sub);
    match (repetition.min, repetition.max) {
        (0, Some(1)) => match once.exact {
            Some(texts) if texts.len() < MAX_TEXTS => {
                Found::exact(texts.into_iter().chain([String::new()]).collect())
            }
            _ => Found::unknown(Requirement::Anything),
        },
        (0, _) => Found::unknown(Requirement::Anything),
        (min, max) => {
            let Some(texts) = once.exact else { return Found::unknown(once.requirement) };
            let mut all = texts.clone();
            for _ in 1..min {
                match product(&all, &texts) {
                    Some(longer) => all = longer,
                    // As often as fits: it is there that often at least.
                    None => return Found::unknown(one_of(all)),
                }
            }
            if max == Some(min) { Found::exact(all) } else { Found::unknown(one_of(all)) }
        }
    }
}

fn sequence(parts: impl Iterator<Item = Found>) -> Found {
    let mut run = vec![String::new()];
    let mut required = Vec::new();
    let mut is_exact = true;
    for part in parts {
        let longer = part.exact.as_ref().and_then(|texts| product(&run, texts));
        match (longer, part.exact) {
            (Some(longer), _) => run = longer,
            (None, Some(texts)) => {
                required.push(one_of(std::mem::replace(&mut run, texts)));
                is_exact = false;
            }
            (None, None) => {
                required.push(one_of(std::mem::replace(&mut run, vec![String::new()])));
                required.push(part.requirement);
                is_exact = false;
            }
        }
    }
    if is_exact {
        return Found::exact(run);
    }
    required.push(one_of(run));
    Found::unknown(all(required))
}

fn alternatives(parts: Vec<Found>) -> Found {
    let count = parts.iter().try_fold(0, |sum, part| Some(sum + part.exact.as_ref()?.len()));
    if count.is_some_and(|count| count <= MAX_TEXTS) {
        return Found::exact(parts.into_iter().filter_map(|part| part.exact).flatten().collect());
    }
    Found::unknown(any(parts.into_iter().map(Found::total).collect()))
}

/// Each text followed by each other one; `None` if these are too many or too long.
fn product(texts: &[String], others: &[String]) -> Option<Vec<String>> {
    let count = texts.len() * others.len();
    if count > MAX_TEXTS || count > MAX_LENGTHENED && texts.iter().all(|text| is_telling(text)) {
        return None;
    }
    let mut all = Vec::with_capacity(texts.len() * others.len());
    for text in texts {
        for other in others {
            if text.len() + other.len() > MAX_TEXT_BYTES {
                return None;
            }
            all.push(format!("{text}{other}"));
        }
    }
    Some(all)
}

fn one_of(texts: Vec<String>) -> Requirement {
    let text = |text: String| if is_telling(&text) { Requirement::Text(text) } else { Requirement::Anything };
    any(texts.into_iter().map(text).collect())
}

fn is_telling(text: &str) -> bool {
    text.chars().nth(SHORTEST - 1).is_some()
}

fn all(parts: Vec<Requirement>) -> Requirement {
    let mut flat = Vec::new();
    for part in parts {
        match part {
            Requirement::Anything => {}
            Requirement::All(parts) => flat.extend(parts),
            part => flat.push(part),
        }
    }
    join(flat, Requirement::All)
}

fn any(parts: Vec<Requirement>) -> Requirement {
    let mut flat = Vec::new();
    for part in parts {
        match part {
            Requirement::Anything => return Requirement::Anything,
            Requirement::Any(parts) => flat.extend(parts),
            part => flat.push(part),
        }
    }
    join(flat, Requirement::Any)
}

fn join(mut parts: Vec<Requirement>, join: fn(Vec<Requirement>) -> Requirement) -> Requirement {
    parts.sort_unstable();
    parts.dedup();
    match parts.len() {
        0 => Requirement::Anything,
        1 => parts.swap_remove(0),
        // Saying nothing is always right.
        2..=MAX_TEXTS => join(parts),
        _ => Requirement::Anything,
    }
}

#[cfg(test)]
impl Requirement {
    /// By its definition.
    pub fn is_met_by(&self, text: &str) -> bool {
        match self {
            Requirement::Anything => true,
            Requirement::Text(part) => text.contains(part),
            Requirement::All(parts) => parts.iter().all(|part| part.is_met_by(text)),
            Requirement::Any(parts) => parts.iter().any(|part| part.is_met_by(text)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn requirement(pattern: &str) -> (Requirement, bool) {
        of(&regex_syntax::parse(pattern).unwrap())
    }

    fn text(text: &str) -> Requirement {
        Requirement::Text(text.into())
    }

    #[test]
    fn runs_of_literals_are_required() {
        assert_eq!(requirement("river"), (text("river"), true));
        assert_eq!(requirement("(ri)(?:ver)"), (text("river"), true));
        assert_eq!(requirement("^river$"), (text("river"), false));
        assert_eq!(
            requirement(r"river\s+bank"),
            (Requirement::All(vec![text("bank"), text("river")]), false)
        );
        assert_eq!(requirement("riv.r"), (text("riv"), false));
        assert_eq!(requirement("a{3}"), (text("aaa"), true));
        assert_eq!(requirement("(abc){2,}"), (text("abcabc"), false));
        assert_eq!(requirement("a+bcd"), (text("bcd"), false));
    }

    #[test]
    fn of_alternatives_one_is_required() {
        let any = |texts: &[&str]| Requirement::Any(texts.iter().map(|one| text(one)).collect());
        assert_eq!(requirement("abc|def").0, any(&["abc", "def"]));
        assert_eq!(requirement("x?abc").0, any(&["abc", "xabc"]));
        assert_eq!(requirement("(?i)abc").0, any(&["ABC", "ABc", "AbC", "Abc", "aBC", "aBc", "abC", "abc"]));
        assert_eq!(requirement("(abc|def)+ghi").0, Requirement::All(vec![text("ghi"), any(&["abc", "def"])]));
        assert_eq!(requirement("gr[ae]y").0, any(&["gray", "grey"]));
        let Requirement::All(runs) = requirement("(?i)mountains").0 else { panic!("no runs") };
        assert!(
            runs.len() == 3
                && runs.iter().all(|run| matches!(run, Requirement::Any(texts) if texts.len() <= 12))
        );
    }

    #[test]
    fn what_says_nothing_is_anything() {
        for pattern in ["", ".*", "ab", "abc|x", "(abc)?", "(abc)*", r"\w{3}", "a|b|c", r"\d\d\d\d"] {
            assert_eq!(requirement(pattern), (Requirement::Anything, false), "{pattern}");
        }
        let many = (0..200).map(|number| format!("word{number}.")).collect::<Vec<_>>().join("|");
        assert_eq!(requirement(&many).0, Requirement::Anything);
    }
}
