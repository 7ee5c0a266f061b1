//! What the engine's tests share: a naive Chroma to compare with, steps that drive both, and a world
//! without surprises.

pub mod aes;
pub mod archives;
pub mod chroma;
pub mod env;
pub mod filter;
pub mod garbage;
pub mod layout;
pub mod opened;
pub mod probe;
pub mod record;
pub mod searched;
pub mod slow;
pub mod step;
pub mod variable;
pub mod vectors;

pub use garbage::no_garbage;
pub use opened::{maintain, open};
