//! How texts are looked for: cut into grams that an index keeps, and matched against patterns.

mod grams;
mod matcher;
mod pattern;

pub use chromatid_patterns::Requirement;
pub use grams::Gram;
#[cfg(target_arch = "wasm32")]
pub use matcher::{Answer, PatternHost, provide_patterns};
pub use pattern::Pattern;
