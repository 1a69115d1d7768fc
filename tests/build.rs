//! Generates the topology that the derives are tested against.

fn main() {
    pontoon_compiler::build("derives/topology.yaml").run();
}
