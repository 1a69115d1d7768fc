//! Generates the module `topology`, which names the crate `pontoon` as this crate does.

fn main() {
    pontoon_compiler::build("topology.yaml").runtime("pt").run();
}
