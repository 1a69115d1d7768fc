// The deployment `monolith` of the topology `shop`.
// Generated from topology.yaml by pontoon-compiler: change it there and build again.

use super::{email, event, queue, secret, state, user};
use pontoon::{
    Collection, Emits, Enqueuer, Enqueues, Environment, EventBridge, Intake, Keeps, Part,
    Ports, Publisher, QueueBridge, Reveals, Route, SecretSource, SecretStore, Started,
    StateStore, Text, Unit,
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

/// The handlers of `user`.
struct UserHandlers {
    sign_up: Handler<user::SignUp>,
    find: Handler<user::Find>,
    forget: Handler<user::Forget>,
    report: Handler<user::Report>,
}

/// The handlers of `email`.
struct EmailHandlers {
    send_welcome: Handler<email::SendWelcome>,
    greet: Handler<email::Greet>,
    bill: Handler<email::Bill>,
}

/// The type that handles an operation here.
type Handler<M> = <M as Route<Monolith>>::Handler;

impl Route<Monolith> for user::SignUp {
    type Resources = crate::quickstart::user::Resources;
    type Handler = crate::quickstart::user::SignUp;

    fn handler(unit: &Monolith) -> &Self::Handler {
        &unit.user.sign_up
    }
}

impl Route<Monolith> for user::Find {
    type Resources = crate::quickstart::user::Resources;
    type Handler = crate::quickstart::user::Find;

    fn handler(unit: &Monolith) -> &Self::Handler {
        &unit.user.find
    }
}

impl Route<Monolith> for user::Forget {
    type Resources = crate::quickstart::user::Resources;
    type Handler = crate::quickstart::user::Forget;

    fn handler(unit: &Monolith) -> &Self::Handler {
        &unit.user.forget
    }
}

impl Route<Monolith> for user::Report {
    type Resources = crate::quickstart::user::Resources;
    type Handler = crate::quickstart::user::Report;

    fn handler(unit: &Monolith) -> &Self::Handler {
        &unit.user.report
    }
}

impl Route<Monolith> for email::SendWelcome {
    type Resources = crate::quickstart::email::Resources;
    type Handler = crate::quickstart::email::SendWelcome;

    fn handler(unit: &Monolith) -> &Self::Handler {
        &unit.email.send_welcome
    }
}

impl Route<Monolith> for email::Greet {
    type Resources = crate::quickstart::email::Resources;
    type Handler = crate::quickstart::email::Greet;

    fn handler(unit: &Monolith) -> &Self::Handler {
        &unit.email.greet
    }
}

impl Route<Monolith> for email::Bill {
    type Resources = crate::quickstart::email::Resources;
    type Handler = crate::quickstart::email::Bill;

    fn handler(unit: &Monolith) -> &Self::Handler {
        &unit.email.bill
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
    const NAME: &'static str = "monolith";
    const GRACE: Duration = Duration::from_secs(30);
    const ENVIRONMENTS: &'static [Environment] = &[
        Environment::new("local")
            .ephemeral()
            .event_bridge(EventBridge::InMemory)
            .queue_bridge(QueueBridge::InMemory)
            .state_store(StateStore::InMemory)
            .secret_store(SecretStore::Env),
        Environment::new("ci")
            .ephemeral()
            .event_bridge(EventBridge::InMemory)
            .queue_bridge(QueueBridge::InMemory)
            .state_store(StateStore::InMemory)
            .secret_store(SecretStore::File {
                folder: Text(&[Part::VariableOr("SECRETS_DIR", "/run/secrets")]),
            }),
    ];

    fn assemble(resources: &Resources, ports: &Ports) -> Self {
        Self {
            user: UserHandlers {
                sign_up: Self::make::<user::SignUp>(&resources.user),
                find: Self::make::<user::Find>(&resources.user),
                forget: Self::make::<user::Forget>(&resources.user),
                report: Self::make::<user::Report>(&resources.user),
            },
            email: EmailHandlers {
                send_welcome: Self::make::<email::SendWelcome>(&resources.email),
                greet: Self::make::<email::Greet>(&resources.email),
                bill: Self::make::<email::Bill>(&resources.email),
            },
            user_signed_up: ports.publisher(),
            invoices: ports.enqueuer(),
            users: ports.collection(),
            sessions: ports.collection(),
            smtp_password: ports.secret(),
        }
    }

    fn listen(intake: &mut Intake<Self>) {
        intake.tick(user::Forget);
        intake.tick(user::Report);
        intake.subscribe(email::Greet);
        intake.work(email::Bill);
    }
}

/// Runs this unit until a signal, then stops it.
pub fn run(resources: Resources) -> impl Future<Output = pontoon::Result<()>> + Send {
    pontoon::run::<Monolith>(resources)
}

/// Starts this unit; what comes back has its client, and stops it.
pub fn start(
    resources: Resources,
) -> impl Future<Output = pontoon::Result<Started<Monolith>>> + Send {
    pontoon::start::<Monolith>(resources)
}

/// Starts this unit with everything in memory, whatever the environment: for tests.
pub fn in_memory(
    resources: Resources,
) -> impl Future<Output = pontoon::Result<Started<Monolith>>> + Send {
    pontoon::in_memory::<Monolith>(resources)
}
