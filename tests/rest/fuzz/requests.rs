//! Requests: of anything, and of what was recorded with something changed.

use std::fmt;
use std::sync::LazyLock;

use chromatid::rest::Request;
use chromatid::rest::routes::ENDPOINTS;
use chromatid::storage::sim::Xorshift;
use serde_json::Value;

use super::mutate::{self, pick};
use super::world::World;

pub struct Sent {
    pub method: String,
    pub path: String,
    query: String,
    content_type: Option<&'static str>,
    body: Vec<u8>,
}

impl Sent {
    pub fn request(&self) -> Request<'_> {
        Request {
            method: &self.method,
            path: &self.path,
            query: &self.query,
            content_type: self.content_type,
            body: &self.body,
            longest_wait: 0,
            identity: None,
        }
    }
}

impl fmt::Display for Sent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let body: String = String::from_utf8_lossy(&self.body).chars().take(1_000).collect();
        write!(f, "{} {:?}?{:?} {:?} {body:?}", self.method, self.path, self.query, self.content_type)
    }
}

/// What was recorded: method, path and body.
static TEMPLATES: LazyLock<Vec<(String, String, String)>> = LazyLock::new(|| {
    let recorded: Vec<Value> =
        serde_json::from_str(include_str!("../../fixtures/rest/recorded.json")).unwrap();
    let further: Vec<Value> = serde_json::from_str(include_str!("templates.json")).unwrap();
    // What nothing was recorded of would hardly be met otherwise.
    let further = std::iter::repeat_n(further, 8).flatten();
    let text = |of: &Value, name: &str| of[name].as_str().unwrap_or_default().to_owned();
    let template = |of: Value| (text(&of, "method"), text(&of, "path"), text(&of, "body"));
    recorded.into_iter().chain(further).map(template).collect()
});

const METHODS: [&str; 9] = ["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS", "get", "\u{0}é"];
const CONTENT_TYPES: [Option<&str>; 6] = [
    None,
    Some("application/json"),
    Some("application/vnd.api+json; charset=utf-8"),
    Some("text/plain"),
    Some(""),
    Some(";;\u{fffd}="),
];
const QUERIES: [&str; 9] = [
    "limit=1&offset=1",
    "limit=-1",
    "limit=4294967296",
    "offset=4294967295&limit=4294967295",
    "limit=%FF&limit=1",
    "read_level=index_only",
    "read_level=\u{1F600}",
    "&&==%&%zz&limit",
    "limit=1e3",
];
const SEGMENTS: [&str; 14] = [
    "default_tenant",
    "default_database",
    "plain",
    "counter",
    "1",
    "4294967296",
    "-1",
    "%2e%2e",
    "%FF%FE",
    "%",
    "%00",
    "a:b:c",
    "default_tenant:default_database:plain",
    "__proto__",
];

/// The next request.
pub fn any(random: &mut Xorshift, world: &World) -> Sent {
    if random.below(4) == 0 { arbitrary(random, world) } else { changed(random, world) }
}

fn arbitrary(random: &mut Xorshift, world: &World) -> Sent {
    let endpoint = &ENDPOINTS[random.below(ENDPOINTS.len() as u64) as usize];
    let mut path = filled(random, world, endpoint.pattern);
    match random.below(12) {
        0 => path.push('/'),
        1 => path.insert(random.below(2) as usize, '/'),
        2 => path = path.chars().rev().collect(),
        3 => path = path.replace("v2", "v1"),
        4 => path = String::from_utf8_lossy(&bytes(random, 30)).into_owned(),
        5 => path.truncate(path.len() / 2),
        _ => {}
    }
    let method = if random.below(4) == 0 { pick(random, &METHODS) } else { endpoint.method };
    let query = match random.below(3) {
        0 => pick(random, &QUERIES).to_owned(),
        1 => String::from_utf8_lossy(&bytes(random, 20)).into_owned(),
        _ => String::new(),
    };
    let body = match random.below(4) {
        0 => Vec::new(),
        1 => bytes(random, 60),
        2 => soup(random),
        _ => mutate::value(random).into_bytes(),
    };
    let content_type = CONTENT_TYPES[random.below(CONTENT_TYPES.len() as u64) as usize];
    Sent { method: method.to_owned(), path, query, content_type, body }
}

/// What was recorded, with changes in its body.
fn changed(random: &mut Xorshift, world: &World) -> Sent {
    let (method, path, body) = &TEMPLATES[random.below(TEMPLATES.len() as u64) as usize];
    let path = path.replace("{DB}", "/tenants/default_tenant/databases/default_database");
    let path = if path.starts_with("/api/") { path } else { format!("/api/v2{path}") };
    let (path, query) = path.split_once('?').unwrap_or((&path, ""));
    let id = &world.ids[random.below(world.ids.len() as u64) as usize];
    let body = with_id(body, id);
    let body = match serde_json::from_str(&body) {
        Ok(body) => mutate::body(random, body).into_bytes(),
        Err(_) => body.into_bytes(),
    };
    Sent {
        method: method.clone(),
        path: with_id(path, id),
        query: query.to_owned(),
        content_type: None,
        body,
    }
}

/// Puts an id where a collection was named when it was recorded.
fn with_id(text: &str, id: &str) -> String {
    let mut text = text.replace("<uuid>", id);
    while let Some((before, rest)) = text.split_once("<id of ") {
        let after = rest.split_once('>').map_or("", |(_, after)| after);
        text = format!("{before}{id}{after}");
    }
    text
}

fn filled(random: &mut Xorshift, world: &World, pattern: &str) -> String {
    let mut segment = |part: &str| match part {
        _ if random.below(12) == 0 => pick(random, &SEGMENTS).to_owned(),
        "{tenant}" => "default_tenant".to_owned(),
        "{database}" => "default_database".to_owned(),
        "{collection_id}" => world.ids[random.below(world.ids.len() as u64) as usize].clone(),
        part if part.starts_with('{') => pick(random, &SEGMENTS).to_owned(),
        part => part.to_owned(),
    };
    pattern
        .split('/')
        .map(|part| if part.is_empty() { String::new() } else { segment(part) })
        .collect::<Vec<_>>()
        .join("/")
}

fn bytes(random: &mut Xorshift, most: u64) -> Vec<u8> {
    (0..random.below(most + 1)).map(|_| random.next() as u8).collect()
}

/// Pieces of JSON in any order.
fn soup(random: &mut Xorshift) -> Vec<u8> {
    const PIECES: [&str; 16] = [
        "{",
        "}",
        "[",
        "]",
        ",",
        ":",
        "\"ids\"",
        "\"embeddings\"",
        "\"where\"",
        "\"name\"",
        "null",
        "1",
        "-",
        "\"",
        "\\u",
        " ",
    ];
    (0..random.below(30)).flat_map(|_| pick(random, &PIECES).bytes()).collect()
}
