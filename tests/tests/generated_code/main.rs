//! Generated code at work: the files that the generator is held to are compiled here, with a user's types and handlers
//! around them, and what they start works.

#![allow(clippy::expect_used, missing_docs, reason = "this is a test, in functions of its own too")]

// Where the topology of `crates` names other crates, they are this one: rustc sees the paths as generated.
extern crate self as shop_contract;
extern crate self as shop_email;
extern crate self as shop_user;

pub mod crates;
pub mod microservices;
pub mod quickstart;
pub mod versions;
