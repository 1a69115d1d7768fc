// The deployment `monolith` of the topology `shop`.
// Generated from topology.yaml by pontoon-compiler: change it there and build again.

use super::{email, event, queue, secret, state, user};
use pontoon::generated::{
    Collection, Emits, Enqueuer, Enqueues, Env, Environment, File, InMemory, Keeps,
    KnownSubscription, Launch, Ports, Publisher, Registration, Reveals, SecretSource,
    Started, Template, Unit,
};
use std::future::Future;
use std::time::Duration;

/// What the services of this unit are made from.
pub struct Resources {
    /// For the handlers of `user`.
    pub user: crate::quickstart::user::Resources,
    /// For the handlers of `email`.
    pub email: crate::quickstart::email::Resources,
}

/// Everything in one process: user, email.
pub struct Monolith {
    user: UserHandlers,
    email: EmailHandlers,
    user_signed_up: Publisher<event::UserSignedUp>,
    invoices: Enqueuer<queue::Invoices>,
    users: Collection<state::Users>,
    sessions: Collection<state::Sessions>,
    smtp_password: SecretSource<secret::SmtpPassword>,
}

pontoon::generated::handlers! {
    /// The handlers of `user`.
    struct UserHandlers in Monolith.user from crate::quickstart::user::Resources {
        sign_up: user::SignUp => crate::quickstart::user::SignUp,
        find: user::Find => crate::quickstart::user::Find,
        forget: user::Forget => crate::quickstart::user::Forget,
        report: user::Report => crate::quickstart::user::Report,
    }
}

pontoon::generated::handlers! {
    /// The handlers of `email`.
    struct EmailHandlers in Monolith.email from crate::quickstart::email::Resources {
        send_welcome: email::SendWelcome => crate::quickstart::email::SendWelcome,
        greet: email::Greet => crate::quickstart::email::Greet,
        bill: email::Bill => crate::quickstart::email::Bill,
    }
}

impl Emits<event::UserSignedUp> for Monolith {
    fn publisher(&self) -> &Publisher<event::UserSignedUp> {
        &self.user_signed_up
    }
}

impl Enqueues<queue::Invoices> for Monolith {
    fn enqueuer(&self) -> &Enqueuer<queue::Invoices> {
        &self.invoices
    }
}

impl Keeps<state::Users> for Monolith {
    fn collection(&self) -> &Collection<state::Users> {
        &self.users
    }
}

impl Keeps<state::Sessions> for Monolith {
    fn collection(&self) -> &Collection<state::Sessions> {
        &self.sessions
    }
}

impl Reveals<secret::SmtpPassword> for Monolith {
    fn secret(&self) -> &SecretSource<secret::SmtpPassword> {
        &self.smtp_password
    }
}

impl Unit for Monolith {
    type Resources = Resources;
    const TOPOLOGY: &'static str = "shop";
    const NAME: &'static str = "monolith";
    const GRACE: Duration = Duration::from_secs(30);
    const ENVIRONMENTS: &'static [Environment] = &[
        Environment::new("local")
            .ephemeral()
            .event_bridge(&InMemory)
            .queue_bridge(&InMemory)
            .state_store(&InMemory)
            .secret_store(&Env),
        Environment::new("ci")
            .ephemeral()
            .event_bridge(&InMemory)
            .queue_bridge(&InMemory)
            .state_store(&InMemory)
            .secret_store(&File::new(Template::variable_or("SECRETS_DIR", "/run/secrets"))),
    ];
    const SUBSCRIPTIONS: &'static [&'static [KnownSubscription]] = event::SUBSCRIPTIONS;

    fn assemble(resources: &Resources, ports: &Ports) -> Self {
        Self {
            user: UserHandlers::make(&resources.user),
            email: EmailHandlers::make(&resources.email),
            user_signed_up: ports.publisher(),
            invoices: ports.enqueuer(),
            users: ports.collection(),
            sessions: ports.collection(),
            smtp_password: ports.secret(),
        }
    }

    fn listen(registration: &mut Registration<Self>) {
        registration.serve(user::SignUp);
        registration.serve(user::Find);
        registration.schedule(user::Forget);
        registration.schedule(user::Report);
        registration.subscribe(email::Greet);
        registration.work(email::Bill);
    }
}

/// Runs this unit until a signal, then stops it.
pub fn run(resources: Resources) -> impl Future<Output = pontoon::Result<()>> + Send {
    pontoon::generated::run::<Monolith>(resources)
}

/// The same, with something that runs beside it from when it is ready until the signal.
pub fn run_with(
    resources: Resources,
    beside: impl AsyncFnOnce(&Started<Monolith>) -> pontoon::Result<()>,
) -> impl Future<Output = pontoon::Result<()>> {
    pontoon::generated::run_with::<Monolith>(resources, beside)
}

/// Starts this unit; what comes back has its client, and stops it.
pub fn start(
    resources: Resources,
) -> impl Future<Output = pontoon::Result<Started<Monolith>>> + Send {
    pontoon::generated::start::<Monolith>(resources)
}

/// This unit with everything in memory, whatever the environment: for tests. `.await` starts it.
pub fn in_memory(resources: Resources) -> Launch<Monolith> {
    pontoon::generated::in_memory::<Monolith>(resources)
}
