//! Hands the topology to the derives of this crate.

fn main() {
    pontoon_compiler::build("../../topology.yaml").service("billing").run();
}
