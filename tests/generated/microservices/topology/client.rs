// The client of the topology `shop`.
// Generated from topology.yaml by pontoon-compiler: change it there and build again.

use pontoon::generated::{
    Amqp, Environment, File, InMemory, Nats, Template, TemplatePart, Tls,
};
use std::future::Future;

/// Calls exposed commands over the event bridge of an environment.
pub type Client = pontoon::Client<pontoon::client::Remote>;

/// Where callers outside can reach this system.
const ENVIRONMENTS: &[Environment] = &[
    Environment::new("local").ephemeral().event_bridge(&InMemory),
    Environment::new("trial").ephemeral().event_bridge(&InMemory),
    Environment::new("staging")
        .event_bridge(
            &Amqp::new(Template::variable_or("AMQP_URL", "amqps://broker.staging.example.com"))
                .username(Template::literal("shop"))
                .password(Template::secret("amqp_password"))
                .tls(Tls::new().ca(Template::variable("CA_FILE"))),
        )
        .secret_store(&File::new(Template::variable("SECRETS_DIR"))),
    Environment::new("production")
        .verify()
        .event_bridge(
            &Nats::new(Template::variable("NATS_SERVERS"))
                .credentials(Template::secret("nats_credentials"))
                .replicas(3)
                .tls(Tls::new()),
        )
        .secret_store(&File::new(Template::variable("SECRETS_DIR"))),
    Environment::new("relayed")
        .event_bridge(
            &crate::microservices::relay::Relay::new()
                .url(Template::joined(&[
                    TemplatePart::Literal("relay://"),
                    TemplatePart::Variable("RELAY_HOST"),
                    TemplatePart::Literal(":7000"),
                ]))
                .password(Template::secret("relay_password"))
                .tls(),
        )
        .secret_store(&File::new(Template::variable("SECRETS_DIR"))),
];

/// Connects to an environment's event bridge, for calls from outside. Refuses one that stays in its process.
pub fn connect(
    environment: &str,
) -> impl Future<Output = pontoon::Result<Client>> + Send + '_ {
    pontoon::generated::connect("shop", ENVIRONMENTS, environment)
}
