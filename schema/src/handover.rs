//! What the build script tells the derives: where each operation of the topology is found in Rust.
