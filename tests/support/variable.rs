//! What the environment says of how much is tested.

/// The number in a variable; `None` if it is not set.
///
/// # Panics
/// If it is set to something else.
pub fn number(name: &str) -> Option<u64> {
    let text = std::env::var(name).ok()?;
    Some(text.parse().unwrap_or_else(|fault| panic!("{name}={text}: {fault}")))
}
