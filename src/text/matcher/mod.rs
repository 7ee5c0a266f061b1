//! What matches patterns: the package of patterns, linked natively and as a module of its own in WebAssembly.

#[cfg(target_arch = "wasm32")]
mod hosted;
#[cfg(not(target_arch = "wasm32"))]
mod linked;

#[cfg(target_arch = "wasm32")]
pub use hosted::{Answer, Matcher, PatternHost, provide_patterns};
#[cfg(not(target_arch = "wasm32"))]
pub use linked::Matcher;

use chromatid_patterns::Requirement;

use crate::error::Error;
use crate::limits::MAX_PATTERN_PROGRAM_BYTES;

/// A pattern that was compiled.
pub struct Compiled {
    pub matcher: Matcher,
    pub requirement: Requirement,
    pub is_literal: bool,
    /// Bytes that it may come to take.
    pub bytes: usize,
}

/// The misspelling is Chroma's.
fn syntax(message: &str) -> Error {
    Error::InvalidArgument(format!("Regex syntax errror: {message}"))
}

fn too_large() -> Error {
    Error::InvalidArgument(format!(
        "Regular expression too large: its compiled form takes more than {MAX_PATTERN_PROGRAM_BYTES} bytes"
    ))
}
