//! Regular expressions in the syntax of Rust's `regex` crate, which is Chroma's: Unicode throughout, matched in linear time.

use std::fmt;
use std::hash::{Hash, Hasher};
use std::rc::Rc;

use super::Requirement;
use super::matcher::{Compiled, Matcher};
use crate::error::{Error, Result};
use crate::limits::MAX_PATTERN_BYTES;

/// A compiled regular expression. Copies share it, and what it has learnt about texts. Equal are those of the same source.
#[derive(Clone)]
pub struct Pattern(Rc<Inner>);

struct Inner {
    source: String,
    compiled: Compiled,
}

impl Pattern {
    /// Compiles a pattern. A fault of syntax is reported as Chroma does; what is too large says which bound it passed.
    pub fn new(source: &str) -> Result<Self> {
        if source.len() > MAX_PATTERN_BYTES {
            return Err(Error::InvalidArgument(format!(
                "Regular expression too large: longer than {MAX_PATTERN_BYTES} bytes"
            )));
        }
        Ok(Self(Rc::new(Inner { source: source.to_owned(), compiled: Matcher::compile(source)? })))
    }

    /// Whether the pattern matches anywhere in a text.
    pub fn is_match(&self, text: &str) -> bool {
        self.0.compiled.matcher.is_match(text)
    }

    pub fn source(&self) -> &str {
        &self.0.source
    }

    /// What every text that matches must contain.
    pub fn requirement(&self) -> &Requirement {
        &self.0.compiled.requirement
    }

    /// Bytes that it takes, roughly: what keeping it costs.
    pub fn bytes(&self) -> usize {
        self.source().len() + self.0.compiled.bytes
    }

    /// Whether the requirement is one text that suffices: whatever contains it matches.
    pub fn is_literal(&self) -> bool {
        self.0.compiled.is_literal
    }
}

impl PartialEq for Pattern {
    fn eq(&self, other: &Self) -> bool {
        self.source() == other.source()
    }
}

impl Hash for Pattern {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.0.source.hash(state);
    }
}

impl Eq for Pattern {}

impl fmt::Debug for Pattern {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_tuple("Pattern").field(&self.source()).finish()
    }
}
