//! Patterns within this program.

use chromatid_patterns::{Fault, Limits, Program};

use super::Compiled;
use crate::error::Result;
use crate::limits::{MAX_PATTERN_DEPTH, MAX_PATTERN_PROGRAM_BYTES, PATTERN_CACHE_BYTES};

pub struct Matcher(Program);

impl Matcher {
    pub fn compile(source: &str) -> Result<Compiled> {
        let limits = Limits {
            program_bytes: MAX_PATTERN_PROGRAM_BYTES,
            cache_bytes: PATTERN_CACHE_BYTES,
            depth: MAX_PATTERN_DEPTH,
        };
        let program = Program::new(source, limits).map_err(|fault| match fault {
            Fault::Syntax(message) => super::syntax(&message),
            Fault::TooLarge => super::too_large(),
        })?;
        Ok(Compiled {
            requirement: program.requirement().clone(),
            is_literal: program.is_literal(),
            bytes: program.bytes(),
            matcher: Matcher(program),
        })
    }

    pub fn is_match(&self, text: &str) -> bool {
        self.0.is_match(text)
    }
}
