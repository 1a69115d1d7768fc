//! Generates this unit.

fn main() {
    pontoon_compiler::build("../../topology.yaml").unit("microservices.ledger").run();
}
