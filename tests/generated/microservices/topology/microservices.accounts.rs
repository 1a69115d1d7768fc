// The unit `accounts` of the deployment `microservices` of the topology `shop`.
// Generated from topology.yaml by pontoon-compiler: change it there and build again.

use super::super::{email, event, state, user};
use pontoon::generated::{
    Amqp, Collection, Emits, Environment, File, Keeps, KnownSubscription, Launch, Nats,
    OverBridge, Ports, Publisher, Reachable, Redis, Registration, Started, Template,
    TemplatePart, Tls, Unit,
};
use std::future::Future;
use std::time::Duration;

/// What the services of this unit are made from.
pub struct Resources {
    /// For the handlers of `user`.
    pub user: crate::microservices::user::Resources,
}

/// The unit `accounts` of `microservices`: user.
pub struct Accounts {
    user: UserHandlers,
    user_signed_up: Publisher<event::UserSignedUp>,
    users: Collection<state::Users>,
}

pontoon::generated::handlers! {
    /// The handlers of `user`.
    struct UserHandlers in Accounts.user from crate::microservices::user::Resources {
        sign_up: user::SignUp => crate::microservices::user::SignUp,
        find: user::Find => crate::microservices::user::Find,
        activate: user::Activate => crate::microservices::user::Activate,
    }
}

impl Reachable<Accounts> for email::SendWelcome {
    type Transport = OverBridge;
}

impl Emits<event::UserSignedUp> for Accounts {
    fn publisher(&self) -> &Publisher<event::UserSignedUp> {
        &self.user_signed_up
    }
}

impl Keeps<state::Users> for Accounts {
    fn collection(&self) -> &Collection<state::Users> {
        &self.users
    }
}

impl Unit for Accounts {
    type Resources = Resources;
    const TOPOLOGY: &'static str = "shop";
    const NAME: &'static str = "accounts";
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
            user: UserHandlers::make(&resources.user),
            user_signed_up: ports.publisher(),
            users: ports.collection(),
        }
    }

    fn listen(registration: &mut Registration<Self>) {
        registration.serve(user::SignUp);
        registration.serve(user::Find);
        registration.subscribe(user::Activate);
        registration.retain(event::UserSignedUp);
    }
}

/// Runs this unit until a signal, then stops it.
pub fn run(resources: Resources) -> impl Future<Output = pontoon::Result<()>> + Send {
    pontoon::generated::run::<Accounts>(resources)
}

/// The same, with something that runs beside it from when it is ready until the signal.
pub fn run_with(
    resources: Resources,
    beside: impl AsyncFnOnce(&Started<Accounts>) -> pontoon::Result<()>,
) -> impl Future<Output = pontoon::Result<()>> {
    pontoon::generated::run_with::<Accounts>(resources, beside)
}

/// Starts this unit; what comes back has its client, and stops it.
pub fn start(
    resources: Resources,
) -> impl Future<Output = pontoon::Result<Started<Accounts>>> + Send {
    pontoon::generated::start::<Accounts>(resources)
}

/// This unit with everything in memory, whatever the environment: for tests. `.await` starts it.
pub fn in_memory(resources: Resources) -> Launch<Accounts> {
    pontoon::generated::in_memory::<Accounts>(resources)
}
