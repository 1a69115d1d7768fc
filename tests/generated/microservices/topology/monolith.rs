// The deployment `monolith` of the topology `shop`.
// Generated from topology.yaml by pontoon-compiler: change it there and build again.

use super::{billing, email, event, secret, state, user};
use pontoon::generated::{
    Collection, Emits, Env, Environment, InMemory, Keeps, KnownSubscription, Launch,
    Ports, Publisher, Registration, Reveals, SecretSource, Started, Unit,
};
use std::future::Future;
use std::time::Duration;

/// What the services of this unit are made from.
pub struct Resources {
    /// For the handlers of `user`.
    pub user: crate::microservices::user::Resources,
    /// For the handlers of `email`.
    pub email: crate::microservices::email::Resources,
    /// For the handlers of `billing`.
    pub billing: crate::microservices::billing::Resources,
}

/// Everything in one process: user, email, billing.
pub struct Monolith {
    user: UserHandlers,
    email: EmailHandlers,
    billing: BillingHandlers,
    user_signed_up: Publisher<event::UserSignedUp>,
    account_charged: Publisher<event::AccountCharged>,
    users: Collection<state::Users>,
    balances: Collection<state::Balances>,
    smtp_password: SecretSource<secret::SmtpPassword>,
}

pontoon::generated::handlers! {
    /// The handlers of `user`.
    struct UserHandlers in Monolith.user from crate::microservices::user::Resources {
        sign_up: user::SignUp => crate::microservices::user::SignUp,
        find: user::Find => crate::microservices::user::Find,
        activate: user::Activate => crate::microservices::user::Activate,
    }
}

pontoon::generated::handlers! {
    /// The handlers of `email`.
    struct EmailHandlers in Monolith.email from crate::microservices::email::Resources {
        send_welcome: email::SendWelcome => crate::microservices::email::SendWelcome,
        thank: email::Thank => crate::microservices::email::Thank,
    }
}

pontoon::generated::handlers! {
    /// The handlers of `billing`.
    struct BillingHandlers in Monolith.billing from crate::microservices::billing::Resources {
        charge: billing::Charge => crate::microservices::billing::Charge,
    }
}

impl Emits<event::UserSignedUp> for Monolith {
    fn publisher(&self) -> &Publisher<event::UserSignedUp> {
        &self.user_signed_up
    }
}

impl Emits<event::AccountCharged> for Monolith {
    fn publisher(&self) -> &Publisher<event::AccountCharged> {
        &self.account_charged
    }
}

impl Keeps<state::Users> for Monolith {
    fn collection(&self) -> &Collection<state::Users> {
        &self.users
    }
}

impl Keeps<state::Balances> for Monolith {
    fn collection(&self) -> &Collection<state::Balances> {
        &self.balances
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
            .state_store(&InMemory)
            .secret_store(&Env),
        Environment::new("trial")
            .ephemeral()
            .event_bridge(&InMemory)
            .state_store(&InMemory)
            .secret_store(&Env),
    ];
    const SUBSCRIPTIONS: &'static [&'static [KnownSubscription]] = event::SUBSCRIPTIONS;

    fn assemble(resources: &Resources, ports: &Ports) -> Self {
        Self {
            user: UserHandlers::make(&resources.user),
            email: EmailHandlers::make(&resources.email),
            billing: BillingHandlers::make(&resources.billing),
            user_signed_up: ports.publisher(),
            account_charged: ports.publisher(),
            users: ports.collection(),
            balances: ports.collection(),
            smtp_password: ports.secret(),
        }
    }

    fn listen(registration: &mut Registration<Self>) {
        registration.serve(user::SignUp);
        registration.serve(user::Find);
        registration.subscribe(user::Activate);
        registration.subscribe(email::Thank);
        registration.subscribe(billing::Charge);
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
