//! Generates the topology that the suites look at.

fn main() {
    pontoon_compiler::build("topology.yaml").run();
}
