//! The broker of a case: its own, or a part of one that cases share which do not hurt it.

use std::sync::OnceLock;
use std::time::Duration;

use pontoon_brokers::{Broker, Kind};

/// The only user of a broker that lets nobody else in, and the password.
pub(super) const USER: (&str, &str) = ("anna", "secret");

/// What a full JetStream has to have written first.
const STORAGE: u64 = 32 << 20;

/// How long RabbitMQ lets a message be held where that matters.
const ACKNOWLEDGED_WITHIN: Duration = Duration::from_secs(5);

/// What a broker takes that refuses more, in bytes, without saying so before.
pub(super) const LARGEST: u64 = 100_000;

/// The broker of a case.
pub(super) enum House {
    /// With what its URL says beside the place.
    Own(Box<Broker>, &'static str),
    /// RabbitMQ takes long to start. With a virtual host, a case has it for itself.
    Shared(&'static Broker, &'static str),
}

impl House {
    /// The broker that a case needs. Those that are killed, frozen, filled or closed are its own.
    ///
    /// # Panics
    /// There is none to be had.
    pub(super) fn new(kind: Kind, case: &'static str) -> Self {
        let setup = Broker::configured(kind);
        let own = match &case[..3] {
            // Not there yet when its units start.
            "e20" => setup.prepare(),
            "e24" | "e42" => setup.user(USER.0, USER.1).start(),
            "e25" => setup.storage(STORAGE).start(),
            "e32" => setup.acknowledged_within(ACKNOWLEDGED_WITHIN).start(),
            "e36" => setup.largest(LARGEST).lines(&format!("max_payload: {LARGEST}")).start(),
            "e12" | "e13" | "e33" | "soa" => setup.start(),
            // It writes all that it has with each message, which a consumer that is slow makes ever more of.
            "e14" if kind == Kind::Mqtt => setup.volatile().start(),
            _ if kind == Kind::Amqp => return Self::shared(case),
            _ => setup.start(),
        };
        let own = Box::new(own.unwrap_or_else(|error| panic!("{error}")));
        // RabbitMQ proposes a minute.
        let heartbeat = if kind == Kind::Amqp && matches!(&case[..3], "e13" | "e33") { "?heartbeat=3" } else { "" };
        Self::Own(own, heartbeat)
    }

    fn shared(case: &'static str) -> Self {
        // Not dropped at the end of the process: whoever started it sees to that.
        static RABBITMQ: OnceLock<Broker> = OnceLock::new();
        let broker = RABBITMQ.get_or_init(|| Broker::start(Kind::Amqp).unwrap_or_else(|error| panic!("{error}")));
        broker.virtual_host(case).unwrap_or_else(|error| panic!("{error}"));
        Self::Shared(broker, case)
    }

    pub(super) fn broker(&self) -> &Broker {
        match self {
            Self::Own(broker, _) => broker,
            Self::Shared(broker, _) => broker,
        }
    }

    /// Its URL on a port: its own, or that of a proxy.
    pub(super) fn url(&self, port: u16) -> String {
        match self {
            // Who needs a name and a password says them elsewhere.
            Self::Own(broker, query) => broker.url_at(port).replace(&format!("{}:{}@", USER.0, USER.1), "") + query,
            Self::Shared(broker, case) => broker.url_at(port).replace("%2f", case),
        }
    }
}
