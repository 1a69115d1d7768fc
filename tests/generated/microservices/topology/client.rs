// The client of the topology `shop`.
// Generated from topology.yaml by pontoon-compiler: change it there and build again.

pub use pontoon::outside::Client;
use pontoon::{Amqp, Environment, File, InMemory, Nats, Part, Text, Tls};
use std::future::Future;

/// Where callers outside can reach this system.
const ENVIRONMENTS: &[Environment] = &[
    Environment::new("local").ephemeral().event_bridge(&InMemory),
    Environment::new("trial").ephemeral().event_bridge(&InMemory),
    Environment::new("staging")
        .event_bridge(
            &Amqp::new(Text(&[Part::VariableOr("AMQP_URL", "amqps://broker.staging.example.com")]))
                .username(Text(&[Part::Literal("shop")]))
                .password(Text(&[Part::Secret("amqp_password")]))
                .tls(Tls::new().ca(Text(&[Part::Variable("CA_FILE")]))),
        )
        .secret_store(&File::new(Text(&[Part::Variable("SECRETS_DIR")]))),
    Environment::new("production")
        .verify()
        .event_bridge(
            &Nats::new(Text(&[Part::Variable("NATS_SERVERS")]))
                .credentials(Text(&[Part::Secret("nats_credentials")]))
                .replicas(3)
                .tls(Tls::new()),
        )
        .secret_store(&File::new(Text(&[Part::Variable("SECRETS_DIR")]))),
];

/// Connects to the event bridge of an environment, for calls from outside. Refuses one that stays in its process.
pub fn connect(
    environment: &str,
) -> impl Future<Output = pontoon::Result<Client>> + Send + '_ {
    pontoon::outside::connect("shop", ENVIRONMENTS, environment)
}
