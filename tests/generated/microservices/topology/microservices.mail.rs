// The unit `mail` of the deployment `microservices` of the topology `shop`.
// Generated from topology.yaml by pontoon-compiler: change it there and build again.

use super::super::{email, event, secret, user};
use pontoon::generated::{
    Amqp, Environment, File, KnownSubscription, Launch, Nats, OverBridge, Ports,
    Reachable, Redis, Registration, Reveals, SecretSource, Started, Template,
    TemplatePart, Tls, Unit,
};
use std::future::Future;
use std::time::Duration;

/// What the services of this unit are made from.
pub struct Resources {
    /// For the handlers of `email`.
    pub email: crate::microservices::email::Resources,
}

/// The unit `mail` of `microservices`: email.
pub struct Mail {
    email: EmailHandlers,
    smtp_password: SecretSource<secret::SmtpPassword>,
}

pontoon::generated::handlers! {
    /// The handlers of `email`.
    struct EmailHandlers in Mail.email from crate::microservices::email::Resources {
        send_welcome: email::SendWelcome => crate::microservices::email::SendWelcome,
        thank: email::Thank => crate::microservices::email::Thank,
    }
}

impl Reachable<Mail> for user::Find {
    type Transport = OverBridge;
}

impl Reveals<secret::SmtpPassword> for Mail {
    fn secret(&self) -> &SecretSource<secret::SmtpPassword> {
        &self.smtp_password
    }
}

impl Unit for Mail {
    type Resources = Resources;
    const TOPOLOGY: &'static str = "shop";
    const NAME: &'static str = "mail";
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
            email: EmailHandlers::make(&resources.email),
            smtp_password: ports.secret(),
        }
    }

    fn listen(registration: &mut Registration<Self>) {
        registration.serve(email::SendWelcome);
        registration.subscribe(email::Thank);
    }
}

/// Runs this unit until a signal, then stops it.
pub fn run(resources: Resources) -> impl Future<Output = pontoon::Result<()>> + Send {
    pontoon::generated::run::<Mail>(resources)
}

/// The same, with something that runs beside it from when it is ready until the signal.
pub fn run_with(
    resources: Resources,
    beside: impl AsyncFnOnce(&Started<Mail>) -> pontoon::Result<()>,
) -> impl Future<Output = pontoon::Result<()>> {
    pontoon::generated::run_with::<Mail>(resources, beside)
}

/// Starts this unit; what comes back has its client, and stops it.
pub fn start(
    resources: Resources,
) -> impl Future<Output = pontoon::Result<Started<Mail>>> + Send {
    pontoon::generated::start::<Mail>(resources)
}

/// This unit with everything in memory, whatever the environment: for tests. `.await` starts it.
pub fn in_memory(resources: Resources) -> Launch<Mail> {
    pontoon::generated::in_memory::<Mail>(resources)
}
