//! Generates the topology that the rows `invoke` and `emit` measure.

fn main() {
    pontoon_compiler::build("topology.yaml").run();
}
