//! Tells the build scripts of crates that depend on this one which adapters it is built with: the compiler holds their
//! topologies against it.

use std::env;

/// The features that adapters and their connections need.
const FEATURES: [&str; 5] = ["amqp", "mqtt", "nats", "redis", "tls"];

fn main() {
    let has = |feature: &&str| env::var_os(format!("CARGO_FEATURE_{}", feature.to_uppercase())).is_some();
    let built: Vec<&str> = FEATURES.into_iter().filter(has).collect();
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::metadata=features={}", built.join(","));
}
