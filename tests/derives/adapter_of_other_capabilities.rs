//! An event bridge from elsewhere of which the topology says more than it says itself.

use std::sync::Arc;

use pontoon::adapter::capability::Bridge;
use pontoon::adapter::{EventAdapter, EventBridge, MaybeReady, Setup};

#[derive(Debug)]
pub struct Spool;

impl EventBridge for Spool {
    const CAPABILITIES: Bridge = Bridge { crosses_processes: true, ..Bridge::CUSTOM };

    fn open<'a>(&'a self, _: &'a mut Setup) -> MaybeReady<'a, Option<Arc<dyn EventAdapter>>> {
        MaybeReady::ready(None)
    }
}

/// As it is generated.
const _: () = {
    use pontoon::generated::{Bridge, agree};
    agree::<crate::Spool>(
        "crate::Spool",
        "environments.production.event_bridge in topology.yaml",
        &Bridge { durable: true, crosses_processes: true, ..Bridge::CUSTOM },
    );
};

fn main() {}
