//! One unit of the system in a process of its own, for tests that treat processes badly: `unit NAME JOURNAL GATE`.

use std::path::Path;

use pontoon_conformance::event_bridge::Actor;
use pontoon_conformance::system::script::{Orders, Script};
use pontoon_conformance::topology::{apart, in_order, together};

#[tokio::main]
async fn main() -> pontoon::Result<()> {
    tracing_subscriber::fmt().with_writer(std::io::stderr).with_ansi(false).init();
    let mut words = std::env::args().skip(1);
    let (Some(unit), Some(journal), Some(gate)) = (words.next(), words.next(), words.next()) else {
        return Err(pontoon::Error::fault("usage: unit NAME JOURNAL GATE"));
    };
    let orders: Orders = serde_json::from_str(&std::env::var("ORDERS")?)?;
    let script = Script::of_process(Path::new(&journal), Path::new(&gate));
    script.follow(orders);
    match unit.as_str() {
        "front" => apart::front::run(apart::front::Front::resources(&script)).await,
        "back" => apart::back::run(apart::back::Back::resources(&script)).await,
        "side" => apart::side::run(apart::side::Side::resources(&script)).await,
        "steps" => in_order::steps::run(in_order::steps::Steps::resources(&script)).await,
        "together" => together::run(together::Together::resources(&script)).await,
        other => Err(pontoon::Error::fault(format!("there is no unit `{other}`"))),
    }
}
