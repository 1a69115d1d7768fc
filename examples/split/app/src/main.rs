//! Both services in one process. A binary per unit would differ in this crate alone.

pontoon::topology!();

use crate::topology::monolith::{self, Resources};
use crate::topology::{email, user};
use split_contract::NewUser;

#[tokio::main]
async fn main() -> pontoon::Result<()> {
    let monolith = monolith::start(resources()).await?;
    let client = monolith.client();

    let ada = NewUser { name: "Ada".into(), email: "ada@example.com".into() };
    println!("version 2: {}", client.invoke(user::SignUp, ada.clone()).await?.0);
    println!("version 1: {}", client.invoke(email::v1::SendWelcome, ada.email).await?.0);

    monolith.shutdown().await?;
    Ok(())
}

/// What the services are made from.
fn resources() -> Resources {
    Resources {
        user: split_user::Resources,
        email_v1: split_email::v1::Resources,
        email_v2: split_email::v2::Resources,
    }
}
