//! The program that cases start in processes of their own: one unit of the system, `unit NAME ORDERS JOURNAL GATE`.

use std::path::Path;

use crate::event_bridge::{Actor, Custom, in_memory};
use crate::system::contract::{Batch, Note, REFUSED, Refused};
use crate::system::script::{Orders, Script};
use crate::system::{book, clerk, ledger, till};
use crate::topology::{
    apart, back, client, counter, counter_renamed, front, in_order, small_counter, small_counter_renamed, together,
};
use pontoon::adapter::{Instance, Variables};
use pontoon::generated::Adapters;
use pontoon::{InvokeError, Launch, Started};
use tokio::runtime::Builder;

/// The variable that says the same as the arguments, a line for each, where the program is the suite itself.
pub(crate) const VARIABLE: &str = "PONTOON_SUITE_UNIT";

/// Runs the unit that the arguments name, in the environment that `PONTOON_ENV` names.
///
/// # Errors
/// As the unit.
pub fn run() -> pontoon::Result<()> {
    start(std::env::args().skip(1).collect(), async |unit, orders, script| run_named(&unit, orders, script).await)
}

/// Runs the unit that a case wants on an event bridge from elsewhere. Nothing where no case has asked: then this is not
/// a process of its own.
///
/// # Errors
/// As the unit.
pub fn run_custom(custom: &'static Custom) -> pontoon::Result<()> {
    let Ok(words) = std::env::var(VARIABLE) else { return Ok(()) };
    let words = words.lines().map(str::to_owned).collect();
    start(words, async |unit, orders, script| {
        script.follow(orders);
        match unit.as_str() {
            "front" => on::<apart::front::Front>(custom, &script).await,
            "back" => on::<apart::back::Back>(custom, &script).await,
            "side" => on::<apart::side::Side>(custom, &script).await,
            "steps" => on::<in_order::steps::Steps>(custom, &script).await,
            "together" => on::<together::Together>(custom, &script).await,
            other => Err(pontoon::Error::fault(format!("no unit `{other}` runs on {custom:?}"))),
        }
    })
}

async fn on<U: Actor>(custom: &'static Custom, script: &Script) -> pontoon::Result<()> {
    let events = custom.open(Instance::new(U::TOPOLOGY, U::NAME), Variables::of_process()).await;
    let launch = Launch::<U>::new(U::resources(script)).adapters(Adapters { events, ..in_memory() });
    launch.run_with(async |_: &Started<U>| Ok(())).await
}

fn start(
    words: Vec<String>,
    run: impl AsyncFnOnce(String, Orders, Script) -> pontoon::Result<()>,
) -> pontoon::Result<()> {
    tracing_subscriber::fmt().with_writer(std::io::stderr).with_ansi(false).init();
    let Ok([unit, orders, journal, gate]) = <[String; 4]>::try_from(words) else {
        return Err(pontoon::Error::fault("usage: unit NAME ORDERS JOURNAL GATE"));
    };
    let orders: Orders = serde_json::from_str(&std::fs::read_to_string(orders)?)?;
    let script = Script::of_process(Path::new(&journal), Path::new(&gate));
    let runtime = match orders.one_thread {
        true => Builder::new_current_thread().enable_all().build()?,
        false => Builder::new_multi_thread().enable_all().build()?,
    };
    runtime.block_on(run(unit, orders, script))
}

async fn run_named(unit: &str, orders: Orders, script: Script) -> pontoon::Result<()> {
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
        "clerk" => counter::clerk::run(counter::clerk::Resources { clerk: clerk::Resources {} }).await,
        "cashier" => {
            counter_renamed::cashier::run(counter_renamed::cashier::Resources { till: till::Resources {} }).await
        }
        "scribe" => {
            counter_renamed::scribe::run(counter_renamed::scribe::Resources { clerk: clerk::Resources {} }).await
        }
        "small_till" => small_counter::till::run(small_counter::till::Resources { till: till::Resources {} }).await,
        "small_book" => small_counter::book::run(small_counter::book::Resources { book: book::Resources {} }).await,
        "small_clerk" => {
            small_counter::clerk::run(small_counter::clerk::Resources { clerk: clerk::Resources {} }).await
        }
        "small_cashier" => {
            let resources = small_counter_renamed::cashier::Resources { till: till::Resources {} };
            small_counter_renamed::cashier::run(resources).await
        }
        "small_scribe" => {
            let resources = small_counter_renamed::scribe::Resources { clerk: clerk::Resources {} };
            small_counter_renamed::scribe::run(resources).await
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
