//! Generates the topology that is measured.

fn main() {
    pontoon_compiler::build("topology.yaml").run();
}
