//! A requirement as bytes, on its way from one module to another: a tag, then a length (u32, little-endian), then so many bytes of text
//! or so many parts.

use crate::Requirement;

const ANYTHING: u8 = 0;
const TEXT: u8 = 1;
const ALL: u8 = 2;
const ANY: u8 = 3;

/// Nesting beyond which nothing is read: more than a pattern can have.
const MAX_DEPTH: usize = 512;

/// Bytes that are no requirement.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Malformed;

impl Requirement {
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::new();
        self.write(&mut bytes);
        bytes
    }

    fn write(&self, bytes: &mut Vec<u8>) {
        let (tag, length) = match self {
            Requirement::Anything => (ANYTHING, 0),
            Requirement::Text(text) => (TEXT, text.len()),
            Requirement::All(parts) => (ALL, parts.len()),
            Requirement::Any(parts) => (ANY, parts.len()),
        };
        bytes.push(tag);
        bytes.extend_from_slice(&(length as u32).to_le_bytes());
        match self {
            Requirement::Anything => {}
            Requirement::Text(text) => bytes.extend_from_slice(text.as_bytes()),
            Requirement::All(parts) | Requirement::Any(parts) => {
                parts.iter().for_each(|part| part.write(bytes))
            }
        }
    }

    pub fn from_bytes(mut bytes: &[u8]) -> Result<Self, Malformed> {
        let requirement = read(&mut bytes, 0)?;
        if bytes.is_empty() { Ok(requirement) } else { Err(Malformed) }
    }
}

fn read(bytes: &mut &[u8], depth: usize) -> Result<Requirement, Malformed> {
    let (head, rest) = bytes.split_first_chunk::<5>().ok_or(Malformed)?;
    *bytes = rest;
    let [tag, length @ ..] = *head;
    let length = u32::from_le_bytes(length) as usize;
    // Each part takes bytes, so that a wrong length ends with them.
    let parts =
        |bytes: &mut &[u8]| (0..length).map(|_| read(bytes, depth + 1)).collect::<Result<Vec<_>, _>>();
    match tag {
        ANYTHING if length == 0 => Ok(Requirement::Anything),
        TEXT => {
            let (text, rest) = rest.split_at_checked(length).ok_or(Malformed)?;
            *bytes = rest;
            Ok(Requirement::Text(std::str::from_utf8(text).map_err(|_| Malformed)?.to_owned()))
        }
        ALL if depth < MAX_DEPTH => Ok(Requirement::All(parts(bytes)?)),
        ANY if depth < MAX_DEPTH => Ok(Requirement::Any(parts(bytes)?)),
        _ => Err(Malformed),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn requirement() -> impl Strategy<Value = Requirement> {
        let leaf = prop_oneof![Just(Requirement::Anything), any::<String>().prop_map(Requirement::Text)];
        leaf.prop_recursive(4, 16, 4, |inner| {
            let parts = prop::collection::vec(inner, 0..4);
            (any::<bool>(), parts)
                .prop_map(|(all, parts)| if all { Requirement::All(parts) } else { Requirement::Any(parts) })
        })
    }

    proptest! {
        #[test]
        fn requirements_come_back(requirement in requirement()) {
            let bytes = requirement.to_bytes();
            prop_assert_eq!(Requirement::from_bytes(&bytes), Ok(requirement));
            for length in 0..bytes.len() {
                prop_assert_eq!(Requirement::from_bytes(&bytes[..length]), Err(Malformed));
            }
        }

        #[test]
        fn any_bytes_are_read_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..60)) {
            let _ = Requirement::from_bytes(&bytes);
        }
    }

    #[test]
    fn nesting_is_bounded() {
        let nested = [ALL, 1, 0, 0, 0].repeat(100_000);
        assert_eq!(Requirement::from_bytes(&nested), Err(Malformed));
    }
}
