//! The tests of the engine from outside, in one program: linking one for each would take minutes.

mod support;

mod architecture;
mod arrow_compat;
mod care;
mod changes;
mod conformance;
mod crash;
mod damage;
mod database;
mod encryption;
mod filters;
mod forks;
mod formats;
mod full;
mod functions;
mod graph;
mod links;
mod model;
mod openapi;
mod rest;
mod schema;
mod search;
mod sparse;
mod terms;
mod together;
mod vectors;
