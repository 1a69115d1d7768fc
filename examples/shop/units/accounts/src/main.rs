//! The unit `accounts`: the service `user` as a process of its own. PONTOON_ENV picks staging or production; the binary
//! is the same.

pontoon::topology!();

use crate::topology::microservices::accounts::{self, Resources};

#[tokio::main]
async fn main() -> pontoon::Result<()> {
    let log = tracing_subscriber::EnvFilter::try_from_default_env().unwrap_or_else(|_| pontoon::LOG_FILTER.into());
    tracing_subscriber::fmt().with_env_filter(log).with_writer(std::io::stderr).init();
    accounts::run(Resources { user: shop_user::Resources }).await
}
