//! The documents as tests: links lead somewhere, generated parts are fresh, snippets are from programs that are built,
//! and every command that is told to be typed is run. `PONTOON_BLESS=1` writes generated parts anew.

#![allow(clippy::expect_used, clippy::panic, reason = "this is a test, in functions of its own too")]

mod commands;
mod figures;
mod guide;
mod links;
mod rules;
mod snippets;
mod style;
