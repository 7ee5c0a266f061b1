//! A pattern, compiled.

use std::cell::RefCell;

use regex_automata::Input;
use regex_automata::hybrid::dfa;
use regex_automata::nfa::thompson;
use regex_automata::nfa::thompson::pikevm::{self, PikeVM};
use regex_syntax::ParserBuilder;

use crate::requirement::{self, Requirement};

/// What a pattern may take.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Bytes of the compiled program.
    pub program_bytes: usize,
    /// Bytes of the automaton that is built while matching.
    pub cache_bytes: usize,
    /// Nesting of groups, classes and repetitions.
    pub depth: u32,
}

/// Why a pattern was refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fault {
    /// It is no pattern; what the parser said.
    Syntax(String),
    /// It is one, but larger than [`Limits::program_bytes`] when it is compiled.
    TooLarge,
}

/// A compiled pattern.
#[derive(Debug)]
pub struct Program {
    automaton: dfa::DFA,
    /// Where the automaton gives up: at word boundaries beside characters that are not ASCII, and on patterns whose states are too many.
    machine: PikeVM,
    scratch: RefCell<Scratch>,
    requirement: Requirement,
    is_literal: bool,
    cache_bytes: usize,
}

/// What matching writes to.
#[derive(Debug)]
struct Scratch {
    automaton: dfa::Cache,
    machine: Option<pikevm::Cache>,
}

impl Program {
    /// Compiles a pattern in the syntax of the `regex` crate. It matches texts, so one that could match other bytes is refused.
    pub fn new(source: &str, limits: Limits) -> Result<Self, Fault> {
        let hir = ParserBuilder::new()
            .nest_limit(limits.depth)
            .build()
            .parse(source)
            .map_err(|error| Fault::Syntax(error.to_string()))?;
        let nfa = thompson::Compiler::new()
            .configure(
                thompson::Config::new()
                    .nfa_size_limit(Some(limits.program_bytes))
                    .which_captures(thompson::WhichCaptures::None),
            )
            .build_from_hir(&hir)
            .map_err(|_| Fault::TooLarge)?;
        let automaton = dfa::Builder::new()
            .configure(
                dfa::Config::new()
                    .unicode_word_boundary(true)
                    .cache_capacity(limits.cache_bytes)
                    .skip_cache_capacity_check(true)
                    // Rather than thrash, it gives up: when a text keeps it making states all the time.
                    .minimum_cache_clear_count(Some(16))
                    .minimum_bytes_per_state(Some(10)),
            )
            .build_from_nfa(nfa.clone())
            .map_err(|_| Fault::TooLarge)?;
        let machine = PikeVM::new_from_nfa(nfa).map_err(|_| Fault::TooLarge)?;
        let scratch = Scratch { automaton: automaton.create_cache(), machine: None };
        let (requirement, is_literal) = requirement::of(&hir);
        Ok(Self {
            automaton,
            machine,
            scratch: RefCell::new(scratch),
            requirement,
            is_literal,
            cache_bytes: limits.cache_bytes,
        })
    }

    /// Whether it matches anywhere in `text`.
    pub fn is_match(&self, text: &str) -> bool {
        let scratch = &mut *self.scratch.borrow_mut();
        let input = Input::new(text).earliest(true);
        match self.automaton.try_search_fwd(&mut scratch.automaton, &input) {
            Ok(found) => found.is_some(),
            Err(_) => {
                let cache = scratch.machine.get_or_insert_with(|| self.machine.create_cache());
                self.machine.is_match(cache, text)
            }
        }
    }

    /// What every text that matches contains.
    pub fn requirement(&self) -> &Requirement {
        &self.requirement
    }

    /// Whether a text matches exactly if it meets the requirement.
    pub fn is_literal(&self) -> bool {
        self.is_literal
    }

    /// Bytes that it may come to take, roughly.
    pub fn bytes(&self) -> usize {
        self.machine.get_nfa().memory_usage() + self.cache_bytes
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const LIMITS: Limits = Limits { program_bytes: 1 << 20, cache_bytes: 1 << 18, depth: 50 };

    fn program(source: &str) -> Program {
        Program::new(source, LIMITS).unwrap()
    }

    #[test]
    fn the_syntax_is_that_of_the_regex_crate_with_unicode() {
        for (pattern, text, matches) in [
            ("river", "a river", true),
            ("^river", "a river", false),
            (r"\briver\b", "a river.", true),
            (r"\büber\b", "das über x", true),
            (r"\bber\b", "das über x", false),
            ("(?i)STRASSE", "straße", false),
            ("(?i)STRAßE", "straße", true),
            (r"\d+", "٣", true),
            (r"\p{Greek}", "λ", true),
            (r"\p{Lu}", "aÄ", true),
            (r"^\p{Han}+$", "数据库", true),
            (r"[[:alpha:]]{3}", "ab1", false),
            ("(?s)a.b", "a\nb", true),
            ("a.b", "a\nb", false),
            ("(?m)^b$", "a\nb\nc", true),
            ("(?x) a  b # comment", "ab", true),
            ("", "", true),
            (r"\A\z", "x", false),
            ("🦀.🦀", "🦀ß🦀", true),
        ] {
            assert_eq!(program(pattern).is_match(text), matches, "{pattern} in {text}");
        }
    }

    #[test]
    fn what_is_no_pattern_is_refused_and_so_is_what_grows_too_large() {
        for pattern in ["(", "a{2,1}", r"(?=a)", r"(a)\1", r"\p{Nonsense}", r"(?-u:\xFF)", "[z-a]", "*"] {
            assert!(matches!(Program::new(pattern, LIMITS), Err(Fault::Syntax(_))), "{pattern}");
        }
        for pattern in [r"(?:\w{100}){100}", r"\p{L}{1000}{1000}"] {
            assert_eq!(Program::new(pattern, LIMITS).err(), Some(Fault::TooLarge), "{pattern}");
        }
        let nested = format!("{}a{}", "(".repeat(1_000), ")".repeat(1_000));
        assert!(matches!(Program::new(&nested, LIMITS), Err(Fault::Syntax(_))));
    }

    #[test]
    fn patterns_that_explode_elsewhere_are_linear() {
        let text = "a".repeat(20_000);
        assert!(!program("^(a+)+$b").is_match(&text));
        assert!(!program("(a|a?)+b").is_match(&text));
        assert!(program("(x+x+)+y|a{50}").is_match(&text));
    }

    fn pattern() -> impl Strategy<Value = String> {
        let atom = prop::sample::select(vec![
            "a", "b", "ab", "ß", "🦀", ".", "[ab]", "[^a]", r"\w", r"\b", "^", "$", "(?i:AB)", "abc", "",
        ]);
        atom.prop_map(str::to_owned).prop_recursive(4, 24, 4, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 1..4).prop_map(|parts| parts.concat()),
                prop::collection::vec(inner.clone(), 1..4)
                    .prop_map(|parts| format!("(?:{})", parts.join("|"))),
                (inner, prop::sample::select(vec!["*", "+", "?", "{2}", "{1,3}", "{2,}"]))
                    .prop_map(|(part, times)| format!("(?:{part}){times}")),
            ]
        })
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2_000))]

        #[test]
        fn it_matches_what_the_regex_crate_matches_and_what_matches_meets_the_requirement(
            pattern in pattern(),
            texts in prop::collection::vec("[abAß🦀 \\n]{0,12}", 1..8),
        ) {
            let program = program(&pattern);
            let reference = regex::Regex::new(&pattern).unwrap();
            for text in texts {
                let matches = reference.is_match(&text);
                prop_assert_eq!(program.is_match(&text), matches, "{} in {:?}", pattern, text);
                let meets = program.requirement().is_met_by(&text);
                prop_assert!(!matches || meets, "{} in {:?}: {:?}", pattern, text, program.requirement());
                prop_assert!(!program.is_literal() || matches == meets, "{} in {:?}", pattern, text);
            }
        }
    }
}
