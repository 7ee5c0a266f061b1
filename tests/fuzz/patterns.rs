//! Regular expressions: those that people write, those that explode, and what becomes of both.

use chromatid::storage::sim::Xorshift;
use chromatid::text::{Pattern, Requirement};

use crate::harness::{Memory, fuzz};
use crate::mutate::pick;

/// The program, what it was made from, and what it keeps of texts.
const MEMORY: Memory = Memory { least: 64 << 20, per_byte: 0 };

const PIECES: [&str; 40] = [
    "a",
    "b",
    "xyz",
    "é",
    "日",
    "\u{1F600}",
    ".",
    "\\d",
    "\\w+",
    "\\s*",
    "\\b",
    "\\B",
    "^",
    "$",
    "|",
    "(",
    ")",
    "(?:",
    "(?i)",
    "(?s-u:",
    "(?x)",
    "[a-z]",
    "[^\\p{L}]",
    "\\p{Greek}",
    "\\pL{3}",
    "[[:alpha:]&&[^a]]",
    "*",
    "+",
    "?",
    "*?",
    "{2}",
    "{0,1000}",
    "{1000}",
    "{3,}",
    "{4294967295}",
    "\\x{10FFFF}",
    "\\",
    "[",
    "(?P<n>",
    "\\Q",
];

const EXPLODING: [&str; 16] = [
    "(a{1,1000}){1,1000}",
    "((a{1,100}){1,100}){1,100}",
    "(x+x+)+y",
    "(a|aa)+$",
    "(.*)*(.*)*(.*)*=",
    "(a?){50}a{50}",
    "\\p{L}{1000}",
    "[\\p{L}--\\p{Lu}]{500}",
    "(\\w\\W){200}",
    "(?i)(straße|ſ|K){100}",
    "(|||||||){100}",
    "((((((((((a*)*)*)*)*)*)*)*)*)*)*",
    "[a-z0-9]{0,999}[A-Z]{0,999}",
    "^(([a-z])+.)+[A-Z]([a-z])+$",
    "(?x) a # b",
    "a{0}b{0}(c{0}){0}",
];

fn pattern(random: &mut Xorshift) -> String {
    let mut pattern = String::new();
    if random.below(3) == 0 {
        pattern.push_str(pick(random, &EXPLODING));
    }
    for _ in 0..random.below(12) {
        let at = pattern
            .char_indices()
            .map(|(at, _)| at)
            .nth(random.below(pattern.chars().count() as u64 + 1) as usize);
        pattern.insert_str(at.unwrap_or(pattern.len()), pick(random, &PIECES));
    }
    match random.below(200) {
        0 => "(".repeat(random.below(1_000) as usize) + &pattern + &")".repeat(random.below(1_000) as usize),
        1 => pattern.repeat(1 + 2_048 / pattern.len().max(1)),
        2 => "[".repeat(random.below(2_048) as usize),
        3 => pattern + &"*".repeat(random.below(2_000) as usize),
        _ => pattern,
    }
}

/// Whether a text has what is required.
pub fn is_met(requirement: &Requirement, text: &str) -> bool {
    match requirement {
        Requirement::Anything => true,
        Requirement::Text(part) => text.contains(part),
        Requirement::All(parts) => parts.iter().all(|part| is_met(part, text)),
        Requirement::Any(parts) => parts.iter().any(|part| is_met(part, text)),
    }
}

/// Compiles a pattern and looks for it. What it requires is in every text that it matches.
fn read(source: &str) {
    let Ok(pattern) = Pattern::new(source) else { return };
    let texts =
        ["", "a", &"a".repeat(3_000), "xxxxxxxxxxxxxxxxxxxx", "日本 straße \u{1F600} K", &source.repeat(3)];
    for text in texts {
        let matches = pattern.is_match(text);
        let may_match = is_met(pattern.requirement(), text);
        assert!(may_match || !matches, "{source:?} matches {text:?} without what it requires");
        assert!(
            !(pattern.is_literal() && may_match) || matches,
            "{source:?} is found in {text:?} and does not match"
        );
    }
}

#[test]
fn expressions() {
    EXPLODING.iter().for_each(|source| read(source));
    fuzz("expressions", 4_000, MEMORY, pattern, String::len, |source| read(source));
}
