//! Online Boutique, a shop of ten services, driven from outside: with a unit each, against all ten in one unit.

use super::NATS;
use super::units::{Launcher, Units};
use crate::cargo;
use crate::rounds::{Compared, Error, in_rounds, shown};
use crate::table::{Figure, Times};
use futures_util::future::try_join_all;
use pontoon::Client;
use pontoon::client::Remote;
use pontoon_boutique::contract::{Address, CreditCard, OrderForm, ProductId, ProductView, Session, UserId};
use pontoon_boutique::topology::frontend;
use std::hint::black_box;
use std::time::{Duration, Instant};
use tokio::runtime::Runtime;

const ROUNDS: usize = 11;

/// How long one side asks in a round.
const ROUND: Duration = Duration::from_secs(1);

/// How many customers ask at a time.
const CUSTOMERS: usize = 32;

const SERVICES: [&str; 10] = [
    "frontend",
    "currency",
    "product_catalog",
    "cart",
    "ad",
    "recommendation",
    "shipping",
    "checkout",
    "payment",
    "email",
];

/// A request of a customer.
#[derive(Clone, Copy)]
enum Visit {
    Home,
    Product,
    ViewCart,
    PlaceOrder,
}

/// What a customer asks for again and again, as often as the original's load generator does.
const VISITS: [Visit; 15] = [
    Visit::Home,
    Visit::Product,
    Visit::Product,
    Visit::Product,
    Visit::ViewCart,
    Visit::Product,
    Visit::Product,
    Visit::Product,
    Visit::ViewCart,
    Visit::Product,
    Visit::Product,
    Visit::Product,
    Visit::ViewCart,
    Visit::Product,
    Visit::PlaceOrder,
];

/// The cost of a request, in seconds.
struct Taken {
    /// Of all units and the broker.
    cpu: f64,
    p50: f64,
    p99: f64,
}

pub(crate) fn figures() -> Result<Vec<Figure>, Error> {
    let (runtime, program) = (Runtime::new()?, cargo::built("pontoon-boutique", "pontoon-boutique")?);
    let launcher = Launcher { bridge: NATS, topology: "online_boutique", program: &program, runtime: &runtime };
    let (apart, whole) = (launcher.start(&SERVICES)?, launcher.start(&["boutique"])?);
    let pairs = in_rounds(ROUNDS, &mut || taken(&apart, &runtime), &mut || taken(&whole, &runtime))?;
    let what = format!("a request to Online Boutique, {CUSTOMERS} in flight, a unit for each of its ten services");
    let figure = |measure: &str, value: fn(&Taken) -> f64| {
        let what = format!("{measure} of {what}");
        Figure::compared(what, "all ten in one unit", &Compared::of(&pairs, value), (shown, &Times::REPORTED))
    };
    Ok(vec![figure("CPU", |taken| taken.cpu), figure("p50", |taken| taken.p50), figure("p99", |taken| taken.p99)])
}

/// Has all customers ask for a while.
fn taken(units: &Units, runtime: &Runtime) -> Result<Taken, Error> {
    let before = cpu(units)?;
    let customers = (0..CUSTOMERS).map(|number| runtime.spawn(customer(units.client.clone(), number)));
    let mut latencies = Vec::new();
    for asked in runtime.block_on(try_join_all(customers))? {
        latencies.append(&mut asked?);
    }
    let cpu = (cpu(units)? - before) / latencies.len() as f64;
    latencies.sort_by(f64::total_cmp);
    let at = |percent: usize| latencies[latencies.len() * percent / 100];
    Ok(Taken { cpu, p50: at(50), p99: at(99) })
}

/// CPU time of all units and of their broker so far, in seconds.
fn cpu(units: &Units) -> Result<f64, Error> {
    Ok(units.cpu()? + units.broker.cpu()?.as_secs_f64())
}

/// One request after the other: how long each answer took, in seconds. Each customer begins at another one.
async fn customer(client: Client<Remote>, number: usize) -> Result<Vec<f64>, Error> {
    let session = Session { user: UserId(format!("customer-{number}")), currency: "EUR".to_owned() };
    let (start, mut latencies) = (Instant::now(), Vec::new());
    let mut before = start;
    for visit in VISITS.iter().cycle().skip(number) {
        if before - start >= ROUND {
            break;
        }
        let begun = Instant::now();
        ask(&client, *visit, session.clone()).await?;
        before = Instant::now();
        latencies.push((before - begun).as_secs_f64());
    }
    Ok(latencies)
}

async fn ask(client: &Client<Remote>, visit: Visit, session: Session) -> Result<(), Error> {
    match visit {
        Visit::Home => drop(black_box(client.invoke(frontend::Home, session).await?)),
        Visit::Product => {
            let product = ProductId("OLJCESPC7Z".to_owned());
            drop(black_box(client.invoke(frontend::Product, ProductView { session, product }).await?));
        }
        Visit::ViewCart => drop(black_box(client.invoke(frontend::ViewCart, session).await?)),
        Visit::PlaceOrder => drop(black_box(client.invoke(frontend::PlaceOrder, order(session)).await?)),
    }
    Ok(())
}

fn order(session: Session) -> OrderForm {
    let address = Address {
        street: "1600 Amphitheatre Parkway".to_owned(),
        city: "Mountain View".to_owned(),
        country: "United States".to_owned(),
        postal_code: "94043".to_owned(),
    };
    let card = CreditCard { number: "4432-8015-6152-0454".to_owned(), cvv: 672, expires_in: 2039 };
    OrderForm { session, address, email: "someone@example.com".to_owned(), card }
}
