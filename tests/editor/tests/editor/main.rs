//! The JSON Schema of a topology, in yaml-language-server: what editors complete, show and underline.
//!
//! `cargo xtask test` installs the server (npm, versions pinned in `package-lock.json`); without it these tests fail.

#![allow(clippy::expect_used, clippy::panic, reason = "a test, also where no #[test] stands on it")]

mod agree;
mod complete;
mod document;
mod server;
