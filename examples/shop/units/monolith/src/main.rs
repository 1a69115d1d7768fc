//! All services in one process: `cargo run -p shop-monolith` needs no broker. With PONTOON_ENV=staging or production it
//! runs on that environment's bridge and store until a signal stops it.

pontoon::topology!();

use shop_contract::{NewUser, UserId};

use crate::topology::monolith::{self, Resources};
use crate::topology::{billing, user};

#[tokio::main]
async fn main() -> pontoon::Result<()> {
    let log = tracing_subscriber::EnvFilter::try_from_default_env().unwrap_or_else(|_| "warn".into());
    tracing_subscriber::fmt().with_env_filter(log).with_writer(std::io::stderr).init();
    match std::env::var_os("PONTOON_ENV") {
        Some(_) => monolith::run(resources()).await,
        None => tour().await,
    }
}

/// What the services are made from.
fn resources() -> Resources {
    Resources {
        user: shop_user::Resources,
        email: shop_email::Resources { mailer: shop_email::Mailer::default() },
        billing: shop_billing::Resources,
    }
}

/// Everything in memory: somebody signs up, and owes a fee.
async fn tour() -> pontoon::Result<()> {
    let shop = monolith::in_memory(resources()).await?;
    let client = shop.client();
    let ada = NewUser { name: "Ada".into(), email: "ada@example.com".into() };
    let UserId(id) = client.invoke(user::SignUp, ada.clone()).await?;
    println!("signed up: {id}");
    println!("again:     {:?}", client.invoke(user::SignUp, ada).await.map_err(|no| no.to_string()));
    // Billing hears of it as an event, which takes its own time.
    shop.settled().await;
    println!("owes:      {:?}", client.invoke(billing::Owes, UserId(id)).await?);
    shop.shutdown().await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn who_signs_up_owes_one_fee() {
        let shop = monolith::in_memory(resources()).await.expect("it starts");
        let grace = NewUser { name: "Grace".into(), email: "grace@example.com".into() };
        let id = shop.client().invoke(user::SignUp, grace).await.expect("Grace can sign up");
        shop.settled().await;
        let account = shop.client().invoke(billing::Owes, id).await.expect("billing answers");
        assert_eq!(account.map(|account| account.fees), Some(1));
    }

    /// Two runs of each handler under way at the same time: nobody's change is lost, and one address is one account.
    #[tokio::test]
    async fn two_sign_up_at_once() {
        let shop = monolith::in_memory(resources()).await.expect("it starts");
        let client = shop.client();
        let new = |name: &str, address: &str| NewUser { name: name.into(), email: address.into() };
        let answers = tokio::join!(
            client.invoke(user::SignUp, new("Ada", "ada@example.com")),
            client.invoke(user::SignUp, new("Adele", "ada@example.com")),
            client.invoke(user::SignUp, new("Bob", "bob@example.com")),
        );
        assert_eq!([&answers.0, &answers.1].into_iter().filter(|answer| answer.is_ok()).count(), 1, "{answers:?}");
        let (ada, bob) = (UserId("ada@example.com".into()), answers.2.expect("Bob can sign up"));
        shop.settled().await;
        let (ada, bob) = tokio::join!(client.invoke(billing::Owes, ada), client.invoke(billing::Owes, bob));
        for account in [ada, bob] {
            assert_eq!(account.expect("billing answers").map(|account| account.fees), Some(1));
        }
    }
}
