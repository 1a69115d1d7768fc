//! The kinds of brokers, by the adapter that speaks to them.

use crate::program::Program;
use crate::{mosquitto, nats, rabbitmq, redis};
use std::fmt;

/// A kind of broker, named as its adapter is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    /// RabbitMQ, AMQP 0.9.1.
    Amqp,
    /// nats-server, with JetStream.
    Nats,
    /// Mosquitto, MQTT 3.1.1 and 5.
    Mqtt,
    /// redis-server.
    Redis,
}

impl Kind {
    /// All of them.
    pub const ALL: [Kind; 4] = [Kind::Amqp, Kind::Nats, Kind::Mqtt, Kind::Redis];

    /// The environment variable with the URL of a broker that is there already, for tests that do not hurt it.
    #[must_use]
    pub fn variable(self) -> &'static str {
        match self {
            Kind::Amqp => "PONTOON_TEST_AMQP",
            Kind::Nats => "PONTOON_TEST_NATS",
            Kind::Mqtt => "PONTOON_TEST_MQTT",
            Kind::Redis => "PONTOON_TEST_REDIS",
        }
    }

    pub(crate) fn program(self) -> &'static dyn Program {
        match self {
            Kind::Amqp => &rabbitmq::RabbitMq,
            Kind::Nats => &nats::NatsServer,
            Kind::Mqtt => &mosquitto::Mosquitto,
            Kind::Redis => &redis::RedisServer,
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(match self {
            Kind::Amqp => "amqp",
            Kind::Nats => "nats",
            Kind::Mqtt => "mqtt",
            Kind::Redis => "redis",
        })
    }
}
