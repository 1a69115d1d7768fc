//! What each adapter can do. The compiler checks topologies against this table, and the conformance suite holds the
//! adapters to it.

/// Everything a bridge or a store can be made of.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
#[allow(missing_docs, reason = "each is its own name")]
pub enum Adapter {
    InMemory,
    Embedded,
    Amqp,
    Nats,
    Mqtt,
    Redis,
    Dapr,
    Aws,
    Env,
    File,
}
