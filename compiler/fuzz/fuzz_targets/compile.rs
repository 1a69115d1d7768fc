//! Any bytes as a topology: refused with findings, or compiled to Rust. Never a panic, never a hang.
#![no_main]

use pontoon_topologies::property;

libfuzzer_sys::fuzz_target!(|text: &[u8]| property::holds(text));
