//! Topologies for tests: made at random, and what has to hold for any. Tests, a build script and the fuzz target share
//! it.

pub mod property;
pub mod random;
