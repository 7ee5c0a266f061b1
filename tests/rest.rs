//! The HTTP API: what a Chroma server answered to a sequence of requests, down to the texts of its errors, and what this one answers.

#[path = "rest/calls.rs"]
mod calls;
#[path = "rest/expected.rs"]
pub mod expected;
#[path = "rest/forms.rs"]
mod forms;
#[path = "rest/fuzz/mod.rs"]
pub mod fuzz;
#[path = "rest/scope.rs"]
mod scope;
#[path = "rest/server.rs"]
pub mod server;
#[path = "rest/strange.rs"]
mod strange;

use crate::openapi::operations;
use expected::{Exchange, difference};
use server::Server;

/// Recorded exchanges and, for those that differ, what is answered instead and why.
const RECORDED: &str = include_str!("fixtures/rest/recorded.json");

#[test]
fn recorded_requests_are_answered_as_recorded() {
    let exchanges: Vec<Exchange> = serde_json::from_str(RECORDED).unwrap();
    let mut server = Server::new();
    let mut differences = Vec::new();
    for (number, exchange) in exchanges.iter().enumerate() {
        let response = server.exchange(exchange, &mut |_, _| {});
        let ours = exchange.ours.as_ref();
        if let Some(difference) = difference(ours.unwrap_or(&exchange.answer), &response) {
            differences.push(format!(
                "{number} §{} {} {} {}\n    {difference}",
                exchange.section,
                exchange.method,
                exchange.path,
                exchange.body.as_deref().unwrap_or_default()
            ));
        } else if ours.is_some() && difference(&exchange.answer, &response).is_none() {
            differences.push(format!("{number}: what is said to differ does not"));
        }
    }
    assert!(differences.is_empty(), "{} differences\n{}", differences.len(), differences.join("\n"));
}
