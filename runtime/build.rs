//! Tells the build scripts of crates that depend on this one which features it is built with: the compiler holds their
//! topologies against that.

use std::env;

/// How cargo's variables for features begin.
const FEATURE: &str = "CARGO_FEATURE_";

fn main() {
    let variables = env::vars_os().filter_map(|(name, _)| name.into_string().ok());
    let built = variables.filter_map(|name| name.strip_prefix(FEATURE).map(str::to_ascii_lowercase));
    let mut built: Vec<String> = built.collect();
    built.sort();
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::metadata=features={}", built.join(","));
}
