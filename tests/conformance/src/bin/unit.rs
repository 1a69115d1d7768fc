//! One unit of the system in a process of its own, for tests that treat processes badly: `unit NAME ORDERS JOURNAL
//! GATE`.

fn main() -> pontoon::Result<()> {
    pontoon_conformance::unit::run()
}
