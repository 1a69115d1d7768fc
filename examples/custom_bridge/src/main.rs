//! Runs one of the two units, or orders something from outside: `custom_bridge counter`, `custom_bridge kitchen`,
//! `custom_bridge order SOUP`.

use custom_bridge::contract::Order;
use custom_bridge::topology::{client, counter as contract, diner};
use custom_bridge::{counter, kitchen};

#[tokio::main]
async fn main() -> pontoon::Result<()> {
    tracing_subscriber::fmt().with_env_filter(pontoon::LOG_FILTER).with_writer(std::io::stderr).init();
    let mut words = std::env::args().skip(1);
    match (words.next().as_deref(), words.next()) {
        (Some("counter"), None) => {
            let resources = diner::counter::Resources { counter: counter::Resources::default() };
            diner::counter::run(resources).await
        }
        (Some("kitchen"), None) => diner::kitchen::run(diner::kitchen::Resources { kitchen: kitchen::Resources }).await,
        (Some("order"), Some(dish)) => {
            let client = client::connect("local").await?;
            let dish = client.invoke(contract::Order, Order { dish }).await?;
            println!("here is your {}", dish.name);
            client.close().await;
            Ok(())
        }
        _ => Err(pontoon::Error::fault("usage: custom_bridge counter | kitchen | order DISH")),
    }
}
