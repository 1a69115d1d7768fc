//! Generates this unit.

fn main() {
    pontoon_compiler::build("../../topology.yaml").deployment("monolith").run();
}
