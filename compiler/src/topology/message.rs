//! What moves between services and what they keep: events, queues, state collections, secrets.

use std::time::Duration;

use pontoon_schema::document::{Rate, StateNeed};

use super::{Backoff, Located, Presence, RustType, ServiceId, WhenFull};

/// A fact that is published.
#[derive(Clone, Debug)]
pub struct Event {
    /// Its key under `events:`.
    pub name: Located<String>,
    /// What the topology says about it.
    pub description: Option<String>,
    /// The version of its subject.
    pub version: u32,
    /// The type that is published.
    pub payload: Located<RustType>,
    /// Where it exists.
    pub environments: Presence,
    /// How often it happens at most.
    pub rate: Option<Located<Rate>>,
    /// The largest payload that is to be expected, in bytes.
    pub size: Option<Located<u64>>,
    /// How often it may go round a loop.
    pub max_hops: Option<Located<u32>>,
}

/// Jobs for competing workers.
#[derive(Clone, Debug)]
pub struct Queue {
    /// Its key under `queues:`.
    pub name: Located<String>,
    /// What the topology says about it.
    pub description: Option<String>,
    /// The type of a job.
    pub payload: Located<RustType>,
    /// How long a worker holds a job before another one gets it.
    pub lease: Located<Duration>,
    /// All attempts, the first one included.
    pub attempts: Located<u32>,
    /// The waits between them.
    pub backoff: Located<Backoff>,
    /// Whether a job whose attempts ran out is kept.
    pub dead_letter: Located<bool>,
    /// How many jobs it holds.
    pub bound: Option<Located<u64>>,
    /// What happens to the next one.
    pub when_full: Option<Located<WhenFull>>,
    /// Whether jobs may be put in for later.
    pub delayed: Located<bool>,
    /// For how long a second job with the same id is left out.
    pub deduplicate: Option<Located<Duration>>,
    /// How many jobs come in at most.
    pub rate: Option<Located<Rate>>,
    /// The largest job that is to be expected, in bytes.
    pub size: Option<Located<u64>>,
}

/// A collection of values under keys.
#[derive(Clone, Debug)]
pub struct State {
    /// Its key under `state:`.
    pub name: Located<String>,
    /// What the topology says about it.
    pub description: Option<String>,
    /// The type of a value.
    pub value: Located<RustType>,
    /// How long a value lives after its last write.
    pub ttl: Option<Located<Duration>>,
    /// What handlers need the store to be able to do, beyond getting, setting and deleting a value.
    pub needs: Vec<Located<StateNeed>>,
    /// The largest value that is to be expected, in bytes.
    pub size: Option<Located<u64>>,
}

/// Something that handlers read from the environment's secret store.
#[derive(Clone, Debug)]
pub struct Secret {
    /// Its name, where the first service asks for it.
    pub name: Located<String>,
    /// Every service that asks for it, for all its handlers or for one, and where.
    pub services: Vec<Located<ServiceId>>,
}
