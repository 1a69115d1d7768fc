//! What adapters work on, and how a case treats it badly: a broker, a store, or the process that both live in.

use std::future::Future;

use pontoon_brokers::{Broker, Error};
use tokio::task::block_in_place;

/// A broker or store, or the process that it lives in.
pub trait Backend: Send + Sync {
    /// The broker, where there is one that the case has for itself.
    fn broker(&self) -> Option<&Broker> {
        None
    }

    /// Ends it without a warning.
    fn kill(&self) -> impl Future<Output = ()> + Send {
        async { does(self.broker(), Broker::kill) }
    }

    /// Starts it again.
    fn restart(&self) -> impl Future<Output = ()> + Send {
        async { does(self.broker(), Broker::restart) }
    }

    /// Stops it where it is: connections stay, and nobody answers.
    fn freeze(&self) -> impl Future<Output = ()> + Send {
        async { does(self.broker(), Broker::pause) }
    }

    /// Lets it go on.
    fn thaw(&self) -> impl Future<Output = ()> + Send {
        async { does(self.broker(), Broker::resume) }
    }
}

/// Where there is no broker, there is nothing to be done.
fn does(broker: Option<&Broker>, what: impl Fn(&Broker) -> Result<(), Error>) {
    if let Some(broker) = broker {
        block_in_place(|| what(broker)).unwrap();
    }
}
