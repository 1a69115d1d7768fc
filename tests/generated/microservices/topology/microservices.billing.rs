// The unit `billing` of the deployment `microservices` of the topology `shop`.
// Generated from topology.yaml by pontoon-compiler: change it there and build again.

use super::super::{billing, event, state};
use pontoon::generated::{
    Amqp, Collection, Emits, Environment, File, Keeps, KnownSubscription, Launch, Nats,
    Ports, Publisher, Redis, Registration, Started, Template, TemplatePart, Tls, Unit,
};
use std::future::Future;
use std::time::Duration;

/// What the services of this unit are made from.
pub struct Resources {
    /// For the handlers of `billing`.
    pub billing: crate::microservices::billing::Resources,
}

/// The unit `billing` of `microservices`: billing.
pub struct Billing {
    billing: BillingHandlers,
    account_charged: Publisher<event::AccountCharged>,
    balances: Collection<state::Balances>,
}

pontoon::generated::handlers! {
    /// The handlers of `billing`.
    struct BillingHandlers in Billing.billing from crate::microservices::billing::Resources {
        charge: billing::Charge => crate::microservices::billing::Charge,
    }
}

impl Emits<event::AccountCharged> for Billing {
    fn publisher(&self) -> &Publisher<event::AccountCharged> {
        &self.account_charged
    }
}

impl Keeps<state::Balances> for Billing {
    fn collection(&self) -> &Collection<state::Balances> {
        &self.balances
    }
}

impl Unit for Billing {
    type Resources = Resources;
    const TOPOLOGY: &'static str = "shop";
    const NAME: &'static str = "billing";
    const GRACE: Duration = Duration::from_secs(20);
    const ENVIRONMENTS: &'static [Environment] = &[
        Environment::new("staging")
            .event_bridge(
                &Amqp::new(Template::variable_or("AMQP_URL", "amqps://broker.staging.example.com"))
                    .username(Template::literal("shop"))
                    .password(Template::secret("amqp_password"))
                    .tls(Tls::new().ca(Template::variable("CA_FILE"))),
            )
            .state_store(
                &Redis::new(Template::joined(&[
                    TemplatePart::Literal("rediss://"),
                    TemplatePart::Variable("REDIS_HOST"),
                    TemplatePart::Literal("/1"),
                ]))
                    .password(Template::secret("redis_password"))
                    .tls(
                        Tls::new()
                            .certificate(Template::joined(&[
                                TemplatePart::Variable("TLS_DIR"),
                                TemplatePart::Literal("/tls.crt"),
                            ]))
                            .key(Template::joined(&[
                                TemplatePart::Variable("TLS_DIR"),
                                TemplatePart::Literal("/tls.key"),
                            ])),
                    ),
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
            .state_store(
                &Redis::new(Template::joined(&[
                    TemplatePart::Literal("rediss://"),
                    TemplatePart::Variable("REDIS_HOST"),
                    TemplatePart::Literal("/1"),
                ]))
                    .password(Template::secret("redis_password"))
                    .tls(
                        Tls::new()
                            .certificate(Template::joined(&[
                                TemplatePart::Variable("TLS_DIR"),
                                TemplatePart::Literal("/tls.crt"),
                            ]))
                            .key(Template::joined(&[
                                TemplatePart::Variable("TLS_DIR"),
                                TemplatePart::Literal("/tls.key"),
                            ])),
                    ),
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
            .state_store(
                &Redis::new(Template::joined(&[
                    TemplatePart::Literal("rediss://"),
                    TemplatePart::Variable("REDIS_HOST"),
                    TemplatePart::Literal("/1"),
                ]))
                    .password(Template::secret("redis_password"))
                    .tls(
                        Tls::new()
                            .certificate(Template::joined(&[
                                TemplatePart::Variable("TLS_DIR"),
                                TemplatePart::Literal("/tls.crt"),
                            ]))
                            .key(Template::joined(&[
                                TemplatePart::Variable("TLS_DIR"),
                                TemplatePart::Literal("/tls.key"),
                            ])),
                    ),
            )
            .secret_store(&File::new(Template::variable("SECRETS_DIR"))),
    ];
    const SUBSCRIPTIONS: &'static [&'static [KnownSubscription]] = event::SUBSCRIPTIONS;

    fn assemble(resources: &Resources, ports: &Ports) -> Self {
        Self {
            billing: BillingHandlers::make(&resources.billing),
            account_charged: ports.publisher(),
            balances: ports.collection(),
        }
    }

    fn listen(registration: &mut Registration<Self>) {
        registration.subscribe(billing::Charge);
        registration.retain(event::AccountCharged);
    }
}

/// Runs this unit until a signal, then stops it.
pub fn run(resources: Resources) -> impl Future<Output = pontoon::Result<()>> + Send {
    pontoon::generated::run::<Billing>(resources)
}

/// The same, with something that runs beside it from when it is ready until the signal.
pub fn run_with(
    resources: Resources,
    beside: impl AsyncFnOnce(&Started<Billing>) -> pontoon::Result<()>,
) -> impl Future<Output = pontoon::Result<()>> {
    pontoon::generated::run_with::<Billing>(resources, beside)
}

/// Starts this unit; what comes back has its client, and stops it.
pub fn start(
    resources: Resources,
) -> impl Future<Output = pontoon::Result<Started<Billing>>> + Send {
    pontoon::generated::start::<Billing>(resources)
}

/// This unit with everything in memory, whatever the environment: for tests. `.await` starts it.
pub fn in_memory(resources: Resources) -> Launch<Billing> {
    pontoon::generated::in_memory::<Billing>(resources)
}
