//! Requests that nobody would send, each sequence from a seed: whatever comes, there is an answer that the description knows, and nothing
//! changes but by what was accepted.

mod mutate;
mod requests;
mod world;

use std::cell::RefCell;

use chromatid::rest::routes::{Endpoint, Found, find};
use chromatid::rest::{Request, Response};
use chromatid::storage::sim::Xorshift;
use serde_json::Value;

use super::operations::{COMMON, operation, refusals};
use requests::Sent;
use world::World;

thread_local! {
    /// What is being answered, for who has to tell of a panic.
    static CURRENT: RefCell<String> = const { RefCell::new(String::new()) };
}

/// The request that is being answered.
pub fn current() -> String {
    CURRENT.with_borrow(Clone::clone)
}

/// Sends `count` requests that follow from `seed` to a database of their own.
///
/// # Errors
/// The first answer that is not as it has to be, with its request.
pub fn run(seed: u64, count: usize, observe: &mut dyn FnMut(&Request<'_>, &Response)) -> Result<(), String> {
    let mut random = Xorshift::new(seed);
    let mut world = World::new(seed);
    let mut before = world.state();
    for number in 0..count {
        let sent = requests::any(&mut random, &world);
        CURRENT.set(format!("seed {seed}, request {number}: {sent}"));
        let request = sent.request();
        let response = world.send(&request);
        let told = judge(&sent, &response);
        observe(&request, &response);
        let after = world.state();
        let told = match told {
            Ok(Some(endpoint)) if before != after && !(changes(endpoint) && response.status < 300) => {
                Err("the state is another one".into())
            }
            Ok(None) if before != after => Err("the state is another one".into()),
            told => told.map(drop),
        };
        told.map_err(|fault| {
            let body: String = String::from_utf8_lossy(&response.body).chars().take(300).collect();
            format!("{}\n  answered {} {body}\n  {fault}", current(), response.status)
        })?;
        before = after;
        if world.has_grown() {
            settle(&mut world)?;
            world = World::new(seed);
            before = world.state();
        }
    }
    settle(&mut world)
}

/// What was accepted is there when the database is opened again, and can be compacted.
fn settle(world: &mut World) -> Result<(), String> {
    CURRENT.set(format!("after {}", current()));
    world.settle().map_err(|fault| format!("{}\n  {fault}", current()))
}

/// Whether an answer is one that the description knows; answers the endpoint that gave it.
fn judge(sent: &Sent, response: &Response) -> Result<Option<&'static Endpoint>, String> {
    let known: (Vec<u16>, _) = match find(&sent.method, &sent.path) {
        Ok(Found::Endpoint(endpoint, _)) => {
            let mut known = refusals(endpoint);
            known.push(operation(endpoint.call).status);
            known.extend(COMMON);
            (known, Some(endpoint))
        }
        Ok(Found::OtherMethods(_)) => (vec![405], None),
        Ok(Found::Retired) => (vec![410], None),
        Ok(Found::Nothing) => (vec![404], None),
        Err(_) => (vec![400], None),
    };
    if !known.0.contains(&response.status) {
        return Err(format!("expected one of {:?}", known.0));
    }
    if (response.status == 405) != response.allow.is_some() {
        return Err(format!("the methods that it has are {:?}", response.allow));
    }
    if response.body.is_empty() || response.content_type != "application/json" {
        return Ok(known.1);
    }
    let answer: Value = serde_json::from_slice(&response.body).map_err(|fault| fault.to_string())?;
    if response.status >= 300 && !(answer["error"].is_string() && answer["message"].is_string()) {
        return Err("no error body".into());
    }
    Ok(known.1)
}

/// Whether a call may change something.
fn changes(endpoint: &Endpoint) -> bool {
    let reads = ["/get", "/query", "/search", "/facets", "/conditional/get"];
    endpoint.method != "GET" && !reads.iter().any(|read| endpoint.pattern.ends_with(read))
}
