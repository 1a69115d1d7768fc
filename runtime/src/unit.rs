//! A unit, the process that generated code describes, and the ports through which its handlers reach the rest.

pub(crate) mod adapters;
pub(crate) mod dead_letters;
pub(crate) mod lifecycle;
pub(crate) mod orphans;
pub(crate) mod ports;
pub(crate) mod shared;
pub(crate) mod signals;
pub(crate) mod start;
pub(crate) mod started;
pub(crate) mod wall_clock;

use std::time::Duration;

use crate::contract::known_subscription::KnownSubscription;
use crate::environment::Environment;
use crate::handler::{FromResources, Route};
use crate::listen::registration::Registration;
use crate::unit::ports::Ports;

/// One process: its handlers, made from resources and ports. Generated for each unit of a deployment.
pub trait Unit: Sized + Send + Sync + 'static {
    /// What the services of the unit are made from.
    type Resources;
    /// The topology's name, such as `shop`.
    const TOPOLOGY: &'static str;
    /// The unit's name, such as `monolith`.
    const NAME: &'static str;
    /// How long what runs may take to end when the unit stops.
    const GRACE: Duration;
    /// Where the unit can run; `PONTOON_ENV` picks one.
    const ENVIRONMENTS: &'static [Environment];

    /// All subscriptions of the topology, of this unit and of others, by event.
    const SUBSCRIPTIONS: &'static [&'static [KnownSubscription]] = &[];

    /// Makes the handlers and connects them with the ports.
    fn assemble(resources: &Self::Resources, ports: &Ports) -> Self;

    /// Makes the handler of an operation. Generated code calls it in [`Self::assemble`].
    fn make<M: Route<Self>>(resources: &M::Resources) -> M::Handler {
        FromResources::from_resources(resources)
    }

    /// Names what the unit listens to: subscriptions, queues and the clock.
    fn listen(registration: &mut Registration<Self>);
}
