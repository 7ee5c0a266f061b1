//! Changes to JSON: values of other kinds and at the limits, members left out and doubled, and text that is no JSON.

use chromatid::storage::sim::Xorshift;
use serde_json::{Value, json};

/// Stands for text that is put in when the value has become one.
const RAW: &str = "@raw";

/// Values of every kind, at their limits, and things that only look like values.
const VALUES: [&str; 44] = [
    "null",
    "true",
    "false",
    "0",
    "-0",
    "-0.0",
    "1",
    "-1",
    "1.0",
    "1.5",
    "2",
    "255",
    "4294967295",
    "4294967296",
    "9007199254740993",
    "9223372036854775807",
    "9223372036854775808",
    "-9223372036854775808",
    "-9223372036854775809",
    "18446744073709551615",
    "18446744073709551616",
    "1e308",
    "1e400",
    "-1e400",
    "1e-400",
    "3.5e38",
    "NaN",
    "Infinity",
    "-Infinity",
    "01",
    "\"\"",
    "\"a\"",
    "\"\\u0000\"",
    "\"\\ud800\"",
    "\"\\udc00\\ud800\"",
    "\"\u{1F600}\u{202e}\"",
    "\"AACAPwAAAEA=\"",
    "[]",
    "[[]]",
    "{}",
    "{\"__proto__\": {\"x\": 1}}",
    "{\"constructor\": 1, \"toString\": 2}",
    "{\"$and\": [{\"$or\": []}]}",
    "{\"indices\": [2, 1], \"values\": [1]}",
];

const NAMES: [&str; 14] = [
    "",
    "a",
    "#document",
    "#embedding",
    "#id",
    "$and",
    "$knn",
    "$val",
    "chroma:document",
    "chroma:uri",
    "__proto__",
    "constructor",
    "a.b[0]: c",
    "\u{0}",
];

/// One of some.
pub fn pick<'a, T: ?Sized>(random: &mut Xorshift, from: &[&'a T]) -> &'a T {
    from[random.below(from.len() as u64) as usize]
}

/// A value as text. One of a hundred is very large or very deep.
pub fn value(random: &mut Xorshift) -> String {
    if random.below(100) > 0 {
        return pick(random, &VALUES).to_owned();
    }
    let vector = |length| format!("[[{}]]", vec!["0.5"; length].join(","));
    match random.below(7) {
        0 => "[".repeat(100_000) + &"]".repeat(100_000),
        1 => "{\"a\":".repeat(100_000) + "1" + &"}".repeat(100_000),
        2 => "{\"$and\":[".repeat(60) + "{\"a\":1}" + &"]}".repeat(60),
        3 => format!("[\"{}\"]", "x".repeat(10 * 1024 * 1024)),
        4 => vector(16_384),
        5 => vector(16_385),
        _ => format!("[{}]", vec!["\"r1\""; 20_000].join(",")),
    }
}

/// A body with up to three changes, as text.
pub fn body(random: &mut Xorshift, mut body: Value) -> String {
    let mut raw = Vec::new();
    for _ in 0..random.below(4) {
        let mut place = random.below(count(&body));
        change(random, &mut body, &mut place, &mut raw);
    }
    // The last one first: its text may hold the places of earlier ones.
    let mut text = body.to_string();
    for (number, raw) in raw.iter().enumerate().rev() {
        text = text.replace(&format!("\"{RAW}{number}\""), raw);
    }
    text
}

fn count(value: &Value) -> u64 {
    1 + match value {
        Value::Array(members) => members.iter().map(count).sum(),
        Value::Object(members) => members.values().map(count).sum(),
        _ => 0,
    }
}

/// Changes the value that comes at `place`.
fn change(random: &mut Xorshift, value: &mut Value, place: &mut u64, raw: &mut Vec<String>) {
    if *place == 0 {
        *place = u64::MAX;
        return change_here(random, value, raw);
    }
    *place -= 1;
    let mut each = |member: &mut Value| {
        if *place != u64::MAX {
            change(random, member, place, raw);
        }
    };
    match value {
        Value::Array(members) => members.iter_mut().for_each(&mut each),
        Value::Object(members) => members.values_mut().for_each(&mut each),
        _ => {}
    }
}

fn change_here(random: &mut Xorshift, value: &mut Value, raw: &mut Vec<String>) {
    let mut put = |text: String| {
        raw.push(text);
        Value::String(format!("{RAW}{}", raw.len() - 1))
    };
    match value {
        Value::Object(members) if random.below(2) == 0 && !members.is_empty() => {
            let at = random.below(members.len() as u64) as usize;
            let name = members.keys().nth(at).cloned().unwrap_or_default();
            match random.below(3) {
                0 => _ = members.remove(&name),
                1 => _ = members.insert(pick(random, &NAMES).to_owned(), json!(1)),
                _ => {
                    // The same member twice, which no value can hold.
                    let text = value.to_string();
                    let (before, name) = (text.strip_suffix('}').unwrap_or(&text), json!(name));
                    *value = put(format!("{before},{name}:{}}}", self::value(random)));
                }
            }
        }
        Value::Array(members) if random.below(2) == 0 && !members.is_empty() => {
            let at = random.below(members.len() as u64) as usize;
            match random.below(4) {
                0 => _ = members.remove(at),
                1 => members.push(members[at].clone()),
                2 => members.swap(0, at),
                _ => *members = vec![members[at].clone(); 300],
            }
        }
        _ => *value = put(self::value(random)),
    }
}
