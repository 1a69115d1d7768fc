//! A crate that calls `pontoon` by another name, and lets no lint of its own pass: what is generated and derived fits
//! in.

pub mod contract;
pub mod desk;

pt::topology!();
