//! Checks topology.yaml and generates the module `topology`.

fn main() {
    pontoon_compiler::build("topology.yaml").run();
}
