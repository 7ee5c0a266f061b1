//! Patterns in a module beside this one, which the host has loaded.

use std::cell::RefCell;
use std::rc::Rc;

use chromatid_patterns::Requirement;

use super::Compiled;
use crate::error::{Error, Result};

/// What the host says of a pattern.
#[derive(Debug)]
pub enum Answer {
    /// A byte that says whether it is a literal, the bytes that it takes (u32, little-endian), and its requirement.
    Compiled {
        handle: u32,
        answer: Vec<u8>,
    },
    /// It is no pattern; what the parser said.
    Fault(String),
    TooLarge,
}

/// The module of patterns.
pub trait PatternHost {
    fn compile(&self, source: &str) -> Answer;

    /// `None` if there is no such pattern.
    fn is_match(&self, handle: u32, text: &str) -> Option<bool>;

    fn release(&self, handle: u32);
}

thread_local! {
    static HOST: RefCell<Option<Rc<dyn PatternHost>>> = const { RefCell::new(None) };
}

/// Makes the module known that compiles patterns from now on.
pub fn provide_patterns(host: Rc<dyn PatternHost>) {
    HOST.set(Some(host));
}

/// A pattern of the module, until it is dropped.
pub struct Matcher {
    host: Rc<dyn PatternHost>,
    handle: u32,
}

impl Matcher {
    pub fn compile(source: &str) -> Result<Compiled> {
        let Some(host) = HOST.with_borrow(Clone::clone) else {
            return Err(Error::Unavailable(
                "the module of regular expressions was not loaded; try again".into(),
            ));
        };
        match host.compile(source) {
            Answer::Compiled { handle, answer } => {
                let matcher = Matcher { host, handle };
                let other =
                    || Error::Internal("the module of regular expressions is of another version".into());
                let ([is_literal, bytes @ ..], requirement) =
                    answer.split_first_chunk::<5>().ok_or_else(other)?;
                Ok(Compiled {
                    matcher,
                    requirement: Requirement::from_bytes(requirement).map_err(|_| other())?,
                    is_literal: *is_literal == 1,
                    bytes: u32::from_le_bytes(*bytes) as usize,
                })
            }
            Answer::Fault(message) => Err(super::syntax(&message)),
            Answer::TooLarge => Err(super::too_large()),
        }
    }

    pub fn is_match(&self, text: &str) -> bool {
        self.host.is_match(self.handle, text).expect("a pattern is released only when this is dropped")
    }
}

impl Drop for Matcher {
    fn drop(&mut self) {
        self.host.release(self.handle);
    }
}
