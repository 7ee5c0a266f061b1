//! Where in the text of a body a fault lies. Bodies that are read as they come tell it themselves; a search is read whole first, and its
//! faults say which member they are about. The place is the one at which Chroma's reader, which stops at the fault, says that it was.

use crate::error::Error;

/// A fault of shape of a body, with the place of the member that it names.
pub fn located(body: &[u8], fault: Error) -> Error {
    match fault {
        Error::Unprocessable(message) => Error::Unprocessable(with_place(body, message)),
        Error::InvalidArgument(message) if message.starts_with("Failed to parse the request body") => {
            Error::InvalidArgument(with_place(body, message))
        }
        other => other,
    }
}

/// `prefix: path: reason` with the place behind it; as it is, if the body has no such member.
fn with_place(body: &[u8], message: String) -> String {
    let Some((_, told)) = message.split_once(": ") else { return message };
    let (path, reason) = match told.split_once(": ") {
        Some((path, reason)) if !path.contains(' ') => (path, reason),
        _ => ("", told),
    };
    match find(body, path).and_then(|start| end_of_fault(body, start, reason)) {
        Some(end) => {
            let before = &body[..end];
            let line = 1 + before.iter().filter(|&&byte| byte == b'\n').count();
            let column = end - before.iter().rposition(|&byte| byte == b'\n').map_or(0, |at| at + 1);
            format!("{message} at line {line} column {column}")
        }
        None => message,
    }
}

/// How far the reader has come when it finds the fault in the value that begins at `start`.
fn end_of_fault(body: &[u8], start: usize, reason: &str) -> Option<usize> {
    let end = value(body, start)?;
    let members = body.get(start) == Some(&b'{');
    if reason.starts_with("unknown variant") && members {
        return value(body, blank(body, start + 1));
    }
    if reason.starts_with("expected value") && members {
        let first = blank(body, start + 1);
        return if body.get(first) == Some(&b'}') {
            Some(end)
        } else {
            member(body, first).map(|(_, end)| end)
        };
    }
    if reason.starts_with("data did not match") || reason.starts_with("Invalid where") {
        // It is found when the value has been read, and told when what it lies in ends, if it does.
        let next = blank(body, end);
        return Some(if matches!(body.get(next), Some(b'}' | b']')) { next + 1 } else { end });
    }
    Some(end)
}

/// Where the value of a path such as `searches[0].rank` begins.
fn find(body: &[u8], path: &str) -> Option<usize> {
    let mut at = blank(body, 0);
    for part in path.split('.').filter(|part| !part.is_empty()) {
        let mut steps = part.split('[');
        let name = steps.next()?;
        if !name.is_empty() {
            at = named(body, at, name)?;
        }
        for index in steps {
            at = element(body, at, index.strip_suffix(']')?.parse().ok()?)?;
        }
    }
    Some(at)
}

/// Where the value of a member of the object at `at` begins. Of members of one name the last counts.
fn named(body: &[u8], at: usize, name: &str) -> Option<usize> {
    if body.get(at) != Some(&b'{') {
        return None;
    }
    let (mut found, mut at) = (None, blank(body, at + 1));
    while body.get(at) == Some(&b'"') {
        let key_end = value(body, at)?;
        let (start, end) = member(body, at)?;
        if serde_json::from_slice::<String>(&body[at..key_end]).is_ok_and(|key| key == name) {
            found = Some(start);
        }
        at = after_comma(body, end);
    }
    found
}

fn element(body: &[u8], at: usize, index: usize) -> Option<usize> {
    if body.get(at) != Some(&b'[') {
        return None;
    }
    let mut at = blank(body, at + 1);
    for _ in 0..index {
        at = after_comma(body, value(body, at)?);
    }
    Some(at)
}

/// Start and end of the value of the member that begins at `at`.
fn member(body: &[u8], at: usize) -> Option<(usize, usize)> {
    let colon = blank(body, value(body, at)?);
    let start = blank(body, colon + 1);
    Some((start, value(body, start)?))
}

fn after_comma(body: &[u8], end: usize) -> usize {
    let next = blank(body, end);
    if body.get(next) == Some(&b',') { blank(body, next + 1) } else { next }
}

fn blank(body: &[u8], at: usize) -> usize {
    let rest = body.get(at..).unwrap_or_default();
    at + rest.iter().take_while(|byte| byte.is_ascii_whitespace()).count()
}

/// The end of the value that begins at `at`, in text that is known to be JSON.
fn value(body: &[u8], at: usize) -> Option<usize> {
    let mut depth = 0usize;
    let mut at = at;
    loop {
        match body.get(at)? {
            b'"' => at = text(body, at)?,
            b'{' | b'[' => {
                depth += 1;
                at += 1;
            }
            b'}' | b']' => {
                depth = depth.checked_sub(1)?;
                at += 1;
            }
            byte if byte.is_ascii_whitespace() || matches!(byte, b',' | b':') => at += 1,
            _ => {
                let rest = body.get(at..)?;
                let is_part = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'+' | b'.');
                at += rest.iter().take_while(|byte| is_part(byte)).count().max(1);
            }
        }
        if depth == 0 {
            return Some(at);
        }
    }
}

/// The end of the text that begins with the quotation mark at `at`.
fn text(body: &[u8], at: usize) -> Option<usize> {
    let mut at = at + 1;
    loop {
        match body.get(at)? {
            b'"' => return Some(at + 1),
            b'\\' => at += 2,
            _ => at += 1,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_place_is_behind_what_was_read() {
        let body = b"{\"a\": [1, {\"x\\\"\": \"y\"}],\n \"b\": {\"c\": null}}";
        for (told, expected) in [
            ("p: a[0]: invalid type", " at line 1 column 8"),
            ("p: b.c: invalid type", " at line 2 column 16"),
            ("p: b.c: data did not match", " at line 2 column 17"),
            ("p: missing field", " at line 2 column 18"),
            ("p: b: unknown variant `c`", " at line 2 column 10"),
            ("p: zzz.y: invalid type", ""),
        ] {
            assert_eq!(with_place(body, told.into()), format!("{told}{expected}"));
        }
    }

    proptest::proptest! {
        #[test]
        fn no_body_and_no_path_panic(body in "[\\[\\]{}\",:a1\\\\ \n]{0,40}", path in "[a\\[\\]0-9.]{0,12}") {
            let message = format!("p: {path}: expected value");
            let _ = with_place(body.as_bytes(), message);
        }
    }
}
