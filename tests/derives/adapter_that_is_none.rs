//! A type that the topology names as an event bridge, and that is none.

pub struct Spool;

/// As it is generated.
const _: () = {
    use pontoon::generated::{Bridge, agree};
    agree::<crate::Spool>(
        "crate::Spool",
        "environments.production.event_bridge in topology.yaml",
        &Bridge { durable: true, ..Bridge::CUSTOM },
    );
};

fn main() {}
