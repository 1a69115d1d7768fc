//! Generates the typed client.

fn main() {
    pontoon_compiler::build("../topology.yaml").client().run();
}
