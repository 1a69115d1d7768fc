//! Generates the contract.

fn main() {
    pontoon_compiler::build("../topology.yaml").contract().run();
}
