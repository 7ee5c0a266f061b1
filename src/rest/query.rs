//! Query strings. Unknown parameters are passed over; of repeated ones the last counts.

use crate::error::{Error, Result};

/// A parameter, decoded.
pub fn parameter(query: &str, name: &str) -> Option<String> {
    let found = form_urlencoded::parse(query.as_bytes()).filter(|(key, _)| key == name).last();
    found.map(|(_, value)| value.into_owned())
}

/// A parameter that is a number.
pub fn number(query: &str, name: &str) -> Result<Option<u32>> {
    let parse = |text: String| {
        text.parse().map_err(|fault| {
            Error::InvalidArgument(format!("Failed to deserialize query string: {name}: {fault}"))
        })
    };
    parameter(query, name).map(parse).transpose()
}
