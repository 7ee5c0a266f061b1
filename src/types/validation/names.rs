//! Names of collections, databases and tenants (spec: rest-api 1.4).

use std::net::IpAddr;

use crate::error::{Error, Result};
use crate::limits::{MAX_NAME_LENGTH, MIN_NAME_LENGTH};

/// Checks a collection's name. `field` is the member of the request that holds it, for the message; empty
/// for a message without Chroma's prefix of field validators.
pub fn collection_name(field: &str, name: &str) -> Result<()> {
    name_fault(name, name).map_or(Ok(()), |fault| {
        Err(if field.is_empty() { Error::InvalidArgument(fault) } else { Error::validation(field, fault) })
    })
}

/// Checks the name of a database that is to be created: as a collection's, or two such names around one
/// `+` (a multi-region database, `topology+name`) that together are no longer than one.
pub fn database_name(name: &str) -> Result<()> {
    let fault = match name.split_once('+') {
        None => name_fault(name, name),
        Some(_) if name.len() > MAX_NAME_LENGTH => Some(pattern_fault(name)),
        Some((topology, local)) => name_fault(topology, name).or_else(|| name_fault(local, name)),
    };
    fault.map_or(Ok(()), |fault| Err(Error::InvalidArgument(fault)))
}

/// Checks the name of a database that a path speaks of: only its length.
pub fn database_path_name(name: &str) -> Result<()> {
    if name.chars().count() < MIN_NAME_LENGTH {
        let message = format!("database name must be at least {MIN_NAME_LENGTH} characters");
        return Err(Error::InvalidArgument(message));
    }
    Ok(())
}

/// Checks the name of a tenant that is to be created: only its length.
pub fn tenant_name(name: &str) -> Result<()> {
    if name.chars().count() < MIN_NAME_LENGTH {
        let rule = format_args!(
            "Validation error: length [{{\"value\": String({name:?}), \"min\": Number({MIN_NAME_LENGTH})}}]"
        );
        return Err(Error::validation("name", rule));
    }
    Ok(())
}

/// What is wrong with `name`, if anything, in a message about `got`.
fn name_fault(name: &str, got: &str) -> Option<String> {
    if !has_name_pattern(name) {
        Some(pattern_fault(got))
    } else if name.contains("..") {
        Some(format!("Expected a name that does not contains two consecutive periods (..). Got {got}"))
    } else if name.parse::<IpAddr>().is_ok() {
        Some(format!("Expected a name that is not a valid ip address. Got {got}"))
    } else {
        None
    }
}

fn pattern_fault(got: &str) -> String {
    format!(
        "Expected a name containing {MIN_NAME_LENGTH}-{MAX_NAME_LENGTH} characters from [a-zA-Z0-9._-], \
         starting and ending with a character in [a-zA-Z0-9]. Got: {got}"
    )
}

/// `^[a-zA-Z0-9][a-zA-Z0-9._-]{1,510}[a-zA-Z0-9]$`
fn has_name_pattern(name: &str) -> bool {
    let outer = |byte: &u8| byte.is_ascii_alphanumeric();
    let inner = |byte: &u8| outer(byte) || matches!(byte, b'.' | b'_' | b'-');
    let bytes = name.as_bytes();
    (MIN_NAME_LENGTH..=MAX_NAME_LENGTH).contains(&bytes.len())
        && bytes.iter().all(inner)
        && bytes.first().is_some_and(outer)
        && bytes.last().is_some_and(outer)
}

#[cfg(test)]
mod tests {
    use super::*;

    const PATTERN: &str = "Expected a name containing 3-512 characters from [a-zA-Z0-9._-], starting and \
                           ending with a character in [a-zA-Z0-9]. Got: ";

    fn message(result: Result<()>) -> String {
        let error = result.unwrap_err();
        assert_eq!((error.code(), error.name()), (400, "InvalidArgumentError"));
        error.to_string()
    }

    #[test]
    fn a_collection_name_has_3_to_512_characters_of_the_pattern() {
        let longest = "a".repeat(512);
        for name in ["abc", "a.b", "a-_.9", "Z_z", "1.2.3", "1.2.3.4.5", "192.168.1.256", longest.as_str()] {
            collection_name("name", name).unwrap();
        }
        let too_long = "a".repeat(513);
        for name in
            ["", "ab", "-abc", "abc-", ".abc", "abc_", "a b c", "äbc", "a+b", "abc\n", too_long.as_str()]
        {
            assert_eq!(
                message(collection_name("name", name)),
                format!("Validation error: name: {PATTERN}{name}")
            );
        }
    }

    #[test]
    fn two_periods_and_addresses_are_refused_with_their_own_messages() {
        assert_eq!(
            message(collection_name("name", "a..b")),
            "Validation error: name: Expected a name that does not contains two consecutive periods (..). \
             Got a..b"
        );
        assert_eq!(
            message(collection_name("name", "192.168.1.1")),
            "Validation error: name: Expected a name that is not a valid ip address. Got 192.168.1.1"
        );
    }

    #[test]
    fn the_message_names_the_field_that_was_given() {
        assert_eq!(
            message(collection_name("new_name", "x")),
            format!("Validation error: new_name: {PATTERN}x")
        );
        assert_eq!(message(collection_name("", "d")), format!("{PATTERN}d"));
    }

    #[test]
    fn a_database_is_named_like_a_collection_or_by_topology_and_name() {
        let half = "a".repeat(255);
        for name in ["db1", "eu-west+main", format!("{half}+{half}").as_str()] {
            database_name(name).unwrap();
        }
        let half = "a".repeat(256);
        for name in
            ["d", "ab+main", "main+ab", "abc+", "+abc", "abc+def+ghi", format!("{half}+{half}").as_str()]
        {
            assert_eq!(message(database_name(name)), format!("{PATTERN}{name}"));
        }
        assert_eq!(
            message(database_name("abc+10.0.0.1")),
            "Expected a name that is not a valid ip address. Got abc+10.0.0.1"
        );
    }

    #[test]
    fn paths_and_tenants_only_ask_for_three_characters() {
        database_path_name("a b").unwrap();
        database_path_name("äöü").unwrap();
        assert_eq!(message(database_path_name("äö")), "database name must be at least 3 characters");
        tenant_name("$ !").unwrap();
        assert_eq!(
            message(tenant_name("ab")),
            r#"Validation error: name: Validation error: length [{"value": String("ab"), "min": Number(3)}]"#
        );
    }
}
