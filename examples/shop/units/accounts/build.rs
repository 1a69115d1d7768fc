//! Generates this unit.

fn main() {
    pontoon_compiler::build("../../topology.yaml").unit("microservices.accounts").run();
}
