//! Generates the topology of Online Boutique.

fn main() {
    pontoon_compiler::build("topology.yaml").run();
}
