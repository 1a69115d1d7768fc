//! Real brokers for tests: started on free loopback ports with folders of their own, killed, frozen, restarted,
//! stopped. Everything here blocks; nothing that it starts outlives the process, however that ends.

mod broker;
mod certificates;
mod clock;
mod error;
mod folder;
mod installed;
mod kind;
mod mosquitto;
mod nats;
mod peers;
mod port;
mod process;
mod program;
mod proxy;
mod rabbitmq;
mod redis;
mod rights;
mod setup;
mod warden;

pub use broker::Broker;
pub use certificates::Certificates;
pub use clock::clock_off_by;
pub use error::Error;
pub use folder::Folder;
pub use installed::{PACKAGES, Package};
pub use kind::Kind;
pub use peers::Peers;
pub use port::Port;
pub use proxy::Proxy;
pub use rights::Rights;
pub use setup::Setup;
