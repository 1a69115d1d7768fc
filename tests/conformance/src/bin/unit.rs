//! One unit of the system in a process of its own, for tests that treat processes badly: `unit NAME ORDERS JOURNAL GATE`.

use std::path::Path;

use pontoon::InvokeError;
use pontoon_conformance::event_bridge::Actor;
use pontoon_conformance::system::contract::{Batch, Note, REFUSED, Refused};
use pontoon_conformance::system::script::{Orders, Script};
use pontoon_conformance::system::{book, ledger, till};
use pontoon_conformance::topology::{
    apart, back, client, counter, counter_renamed, front, in_order, small_counter, small_counter_renamed, together,
};
use tokio::runtime::Builder;

fn main() -> pontoon::Result<()> {
    tracing_subscriber::fmt().with_writer(std::io::stderr).with_ansi(false).init();
    let mut words = std::env::args().skip(1);
    let (Some(unit), [Some(orders), Some(journal), Some(gate)]) = (words.next(), [(); 3].map(|()| words.next())) else {
        return Err(pontoon::Error::fault("usage: unit NAME ORDERS JOURNAL GATE"));
    };
    let orders: Orders = serde_json::from_str(&std::fs::read_to_string(orders)?)?;
    let script = Script::of_process(Path::new(&journal), Path::new(&gate));
    let runtime = match orders.one_thread {
        true => Builder::new_current_thread().enable_all().build()?,
        false => Builder::new_multi_thread().enable_all().build()?,
    };
    runtime.block_on(run(&unit, orders, script))
}

async fn run(unit: &str, orders: Orders, script: Script) -> pontoon::Result<()> {
    let stock = orders.stock.clone();
    script.follow(orders);
    match unit {
        "front" => apart::front::run(apart::front::Front::resources(&script)).await,
        "back" => apart::back::run(apart::back::Back::resources(&script)).await,
        "side" => apart::side::run(apart::side::Side::resources(&script)).await,
        "steps" => in_order::steps::run(in_order::steps::Steps::resources(&script)).await,
        "outside" => outside(stock).await,
        "till" => counter::till::run(counter::till::Resources { till: till::Resources {} }).await,
        "book" => counter::book::run(counter::book::Resources { book: book::Resources {} }).await,
        "ledger" => counter::ledger::run(counter::ledger::Resources { ledger: ledger::Resources {} }).await,
        "cashier" => {
            counter_renamed::cashier::run(counter_renamed::cashier::Resources { till: till::Resources {} }).await
        }
        "small_till" => small_counter::till::run(small_counter::till::Resources { till: till::Resources {} }).await,
        "small_book" => small_counter::book::run(small_counter::book::Resources { book: book::Resources {} }).await,
        "small_cashier" => {
            let resources = small_counter_renamed::cashier::Resources { till: till::Resources {} };
            small_counter_renamed::cashier::run(resources).await
        }
        "together" => together::run(together::Together::resources(&script)).await,
        other => Err(pontoon::Error::fault(format!("there is no unit `{other}`"))),
    }
}

/// Not a unit, but who calls them from outside: has notes posted, asks, and is told no.
async fn outside(stock: Option<Batch>) -> pontoon::Result<()> {
    let client = client::connect(&std::env::var("PONTOON_ENV")?).await?.principal("ada").tenant("acme");
    if let Some(stock) = stock {
        client.invoke(front::Post, stock).await?;
    }
    let note = Note { key: "k".to_owned(), number: u64::MAX, text: "é 🦀".to_owned() };
    let answer = client.invoke(front::Ask, note.clone()).await?;
    if answer != note {
        return Err(pontoon::Error::fault(format!("another answer: {answer:?}")));
    }
    match client.invoke(back::Answer, Note::keyed(REFUSED, 7)).await {
        Err(InvokeError::Rejected(Refused { number: 7 })) => {}
        other => return Err(pontoon::Error::fault(format!("it does not say no: {other:?}"))),
    }
    client.close().await;
    Ok(())
}
