//! A queue of jobs by the client library of a broker alone: the same round trips as a queue bridge makes.

mod amqp;
mod nats;
mod redis;

use crate::rounds::Error;
use pontoon_bench::contract::Letter;
use pontoon_bench::count::Counter;
use pontoon_brokers::Kind;

pub(crate) use amqp::AmqpJobs;
pub(crate) use nats::NatsJobs;
pub(crate) use redis::RedisJobs;

/// How many jobs are worked on at a time.
const WORKERS: usize = 64;

/// A connection to a broker without Pontoon, with payloads as JSON and nothing around them.
pub(crate) trait RawJobs: Clone + Send + Sync + 'static {
    /// What people call the broker.
    const NAME: &'static str;
    const KIND: Kind;
    /// The environment of the topology that has its queues there.
    const ENVIRONMENT: &'static str;
    /// The variable with the address of the broker.
    const ADDRESS: &'static str;
    /// How jobs go in and out, in words.
    const AGAINST: &'static str;

    /// Connects, and declares a queue.
    fn connect(url: &str) -> impl Future<Output = Result<Self, Error>> + Send;

    /// Puts a job in; done once the broker has confirmed it.
    fn enqueue(&self, letter: Letter) -> impl Future<Output = Result<(), Error>> + Send;

    /// Works on jobs from now on, many at a time: counts each, and removes it then.
    fn work(&self, counter: Counter) -> impl Future<Output = Result<(), Error>> + Send;

    /// Disconnects.
    fn close(self) -> impl Future<Output = Result<(), Error>> + Send;
}
