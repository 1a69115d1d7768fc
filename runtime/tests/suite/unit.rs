//! The services of the contract, and a unit of them as it is generated: handlers, routes, ports.

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use pontoon::adapter::EventAdapter;
use pontoon::adapter::{File, Template, TemplatePart};
use pontoon::generated::{
    Adapters, Call, Collection, Emits, Enqueuer, Enqueues, Environment, FromResources, HandlerOf, Handles, Keeps,
    Operation, Ports, Provides, Publisher, Registration, Reveals, Route, SecretSource, Unit,
};
use pontoon::{Error, JobOptions, Launch, Started, Tick};

use crate::contract::*;
use crate::script::Script;

/// What the services are made from.
pub struct Resources {
    pub script: Script,
}

impl Provides<Script> for Resources {
    fn provide(&self) -> Script {
        self.script.clone()
    }
}

/// A handler, with what its derive writes.
macro_rules! handler {
    ($name:ident, $marker:path, $context:path) => {
        pub struct $name {
            pub script: Script,
        }

        impl<C: $context> Handles<$marker, C> for $name {
            fn run(
                &self,
                context: &C,
                input: <$marker as Operation>::Input,
            ) -> impl Future<
                Output = Result<<$marker as Operation>::Output, Error<<$marker as Operation>::Rejection>>,
            > + Send {
                self.handle(context, input)
            }
        }

        impl<U> HandlerOf<$marker, U, Resources> for $name where Self: for<'c> Handles<$marker, Call<'c, U>> {}

        impl FromResources<Resources> for $name {
            fn from_resources(resources: &Resources) -> Self {
                Self { script: Provides::<Script>::provide(resources) }
            }
        }
    };
}

/// A handler that does what the script says, and nothing else.
macro_rules! scripted {
    ($name:ident, $marker:path, $context:path, $script:literal, $input:ty, $output:ty, $answer:expr) => {
        handler!($name, $marker, $context);

        impl $name {
            pub async fn handle(&self, ctx: &impl $context, input: $input) -> Result<$output, Error> {
                self.script.act($script, ctx, &input).await?;
                Ok($answer(input))
            }
        }
    };
}

/// With these inputs, handlers forget every `.await`.
pub const FORGETFUL: (u64, &str) = (999, "Forgetful");

handler!(SignUp, user::SignUp, user::sign_up::Context);

impl SignUp {
    pub async fn handle(
        &self,
        ctx: &impl user::sign_up::Context,
        input: NewUser,
    ) -> Result<UserId, Error<SignUpRejected>> {
        let id = UserId(input.email.to_lowercase());
        let users = ctx.state(state::Users);
        if input.email == FORGETFUL.1 {
            drop(users.set(&id, &User { email: input.email }));
            drop(users.batch().delete("ada").commit());
            drop(ctx.invoke(email::SendWelcome, 1));
            drop(ctx.emit(event::UserSignedUp, UserSignedUp { id: id.clone() }));
            drop(ctx.enqueue(queue::Invoices, Invoice { number: 7 }));
            drop(ctx.secret(secret::SmtpPassword));
            return Ok(id);
        }
        if users.get(&id).await?.is_some() {
            return Err(SignUpRejected::Taken)?;
        }
        ctx.invoke(email::SendWelcome, 1).await?;
        users.set(&id, &User { email: input.email.clone() }).await?;
        assert!(users.get(&id).await?.is_some(), "a handler sees its own writes");
        ctx.emit(event::UserSignedUp, UserSignedUp { id: id.clone() }).await?;
        ctx.enqueue(queue::Invoices, Invoice { number: 7 }).await?;
        ctx.secret(secret::SmtpPassword).await?;
        self.script.act("sign_up", ctx, &input).await?;
        Ok(id)
    }
}

scripted!(SendWelcome, email::SendWelcome, email::send_welcome::Context, "send_welcome", u64, u64, |n| n);
scripted!(Greet, email::Greet, email::greet::Context, "greet", UserSignedUp, (), |_| ());
scripted!(Bill, email::Bill, email::bill::Context, "bill", Invoice, (), |_| ());
scripted!(Plain, lab::Plain, lab::plain::Context, "plain", u64, u64, |n| n + 1);
scripted!(Slow, lab::Slow, lab::slow::Context, "slow", u64, u64, |n| n);
scripted!(Retried, lab::Retried, lab::retried::Context, "retried", u64, u64, |n| n);
scripted!(Stubborn, lab::Stubborn, lab::stubborn::Context, "stubborn", u64, u64, |n| n);
scripted!(Pong, lab::Pong, lab::pong::Context, "pong", u64, (), |_| ());
scripted!(InOrder, lab::InOrder, lab::in_order::Context, "in_order", (String, u64), (), |_| ());
scripted!(Pay, lab::Pay, lab::pay::Context, "pay", Payment, u64, |payment: Payment| payment.amount);
scripted!(Book, lab::Book, lab::book::Context, "book", Payment, (), |_| ());
scripted!(BookInOrder, lab::BookInOrder, lab::book_in_order::Context, "book_in_order", Payment, (), |_| ());
scripted!(Toil, lab::Toil, lab::toil::Context, "toil", u64, (), |_| ());
scripted!(Beat, lab::Beat, lab::beat::Context, "beat", Tick, (), |_| ());
scripted!(Nightly, lab::Nightly, lab::nightly::Context, "nightly", Tick, (), |_| ());
scripted!(Lonely, lab::Lonely, lab::lonely::Context, "lonely", Tick, (), |_| ());
scripted!(Noon, lab::Noon, lab::noon::Context, "noon", Tick, (), |_| ());
scripted!(Hourly, lab::Hourly, lab::hourly::Context, "hourly", Tick, (), |_| ());

handler!(Hop, lab::Hop, lab::hop::Context);
impl Hop {
    pub async fn handle(&self, ctx: &impl lab::hop::Context, input: u64) -> Result<u64, Error> {
        self.script.act("hop", ctx, &input).await?;
        Ok(ctx.invoke(lab::Plain, input).await? * 10)
    }
}

handler!(Timed, lab::Timed, lab::timed::Context);
impl Timed {
    pub async fn handle(&self, ctx: &impl lab::timed::Context, input: u64) -> Result<u64, Error> {
        self.script.act("timed", ctx, &input).await?;
        Ok(ctx.invoke(lab::Slow, input).await?)
    }
}

handler!(Patient, lab::Patient, lab::patient::Context);
impl Patient {
    pub async fn handle(&self, ctx: &impl lab::patient::Context, input: u64) -> Result<u64, Error> {
        self.script.act("patient", ctx, &input).await?;
        Ok(ctx.invoke(lab::Stubborn, input).await?)
    }
}

handler!(Once, lab::Once, lab::once::Context);
impl Once {
    pub async fn handle(&self, ctx: &impl lab::once::Context, input: u64) -> Result<u64, Error> {
        let count = ctx.state(state::Counters).update("once", |count| count.unwrap_or_default() + 1).await?;
        self.script.act("once", ctx, &input).await?;
        Ok(count)
    }
}

handler!(OnceTogether, lab::OnceTogether, lab::once_together::Context);
impl OnceTogether {
    pub async fn handle(&self, ctx: &impl lab::once_together::Context, input: u64) -> Result<u64, Error> {
        let counters = ctx.state(state::Counters);
        let count = counters.update("once_together", |count| count.unwrap_or_default() + 1).await?;
        ctx.emit(event::Ping, input).await?;
        self.script.act("once_together", ctx, &input).await?;
        Ok(count)
    }
}

handler!(Post, lab::Post, lab::post::Context);
impl Post {
    /// Below 1000 a ping, below 2000 a task, of which the last ten are one, otherwise one keyed event for each digit.
    pub async fn handle(&self, ctx: &impl lab::post::Context, input: u64) -> Result<u64, Error> {
        match input {
            _ if input == FORGETFUL.0 => {
                drop(ctx.emit(event::Ping, input));
                drop(ctx.enqueue(queue::Tasks, input));
            }
            0..1000 => ctx.emit(event::Ping, input).await?,
            1990..2000 => ctx.enqueue_with(queue::Tasks, input, JobOptions::new().deduplication("same")).await?,
            1000..1990 => ctx.enqueue(queue::Tasks, input).await?,
            _ => {
                for (index, digit) in input.to_string().chars().enumerate() {
                    ctx.emit(event::Keyed, (digit.to_string(), index as u64)).await?;
                }
            }
        }
        self.script.act("post", ctx, &input).await?;
        Ok(input)
    }
}

handler!(Keep, lab::Keep, lab::keep::Context);
impl Keep {
    /// From 10,000 on, the last three digits are posted at once.
    pub async fn handle(&self, ctx: &impl lab::keep::Context, input: u64) -> Result<u64, Error> {
        if input >= 10_000 {
            ctx.invoke(lab::Post, input % 1000).await?;
        }
        let counters = ctx.state(state::Counters);
        counters.set(&input, &input).await?;
        counters.delete("gone").await?;
        ctx.emit(event::Ping, input).await?;
        let seen = counters.list("", None, 100).await?.entries.len() as u64;
        self.script.act("keep", ctx, &input).await?;
        Ok(seen)
    }
}

handler!(Echo, lab::Echo, lab::echo::Context);
impl Echo {
    pub async fn handle(&self, ctx: &impl lab::echo::Context, input: u64) -> Result<(), Error> {
        self.script.act("echo", ctx, &input).await?;
        if input == 404 {
            ctx.emit(event::Again, input).await?;
        }
        Ok(())
    }
}

handler!(Round, lab::Round, lab::round::Context);
impl Round {
    pub async fn handle(&self, ctx: &impl lab::round::Context, input: u64) -> Result<(), Error> {
        self.script.act("round", ctx, &input).await?;
        ctx.emit(event::Again, input).await?;
        Ok(())
    }
}

/// Everything in one process.
pub struct Monolith {
    handlers: Handlers,
    user_signed_up: Publisher<event::UserSignedUp>,
    ping: Publisher<event::Ping>,
    keyed: Publisher<event::Keyed>,
    again: Publisher<event::Again>,
    invoices: Enqueuer<queue::Invoices>,
    tasks: Enqueuer<queue::Tasks>,
    users: Collection<state::Users>,
    counters: Collection<state::Counters>,
    smtp_password: SecretSource<secret::SmtpPassword>,
}

/// The handlers, and the routes that lead to them.
macro_rules! handlers {
    ($($field:ident: $handler:ident = $marker:path),* $(,)?) => {
        struct Handlers {
            $($field: $handler),*
        }

        impl FromResources<Resources> for Handlers {
            fn from_resources(resources: &Resources) -> Self {
                Self { $($field: FromResources::from_resources(resources)),* }
            }
        }

        $(
            impl Route<Monolith> for $marker {
                type Resources = Resources;
                type Handler = $handler;
                fn handler(unit: &Monolith) -> &Self::Handler {
                    &unit.handlers.$field
                }
            }
        )*
    };
}

handlers! {
    sign_up: SignUp = user::SignUp,
    send_welcome: SendWelcome = email::SendWelcome,
    greet: Greet = email::Greet,
    bill: Bill = email::Bill,
    plain: Plain = lab::Plain,
    hop: Hop = lab::Hop,
    timed: Timed = lab::Timed,
    slow: Slow = lab::Slow,
    retried: Retried = lab::Retried,
    patient: Patient = lab::Patient,
    stubborn: Stubborn = lab::Stubborn,
    once: Once = lab::Once,
    once_together: OnceTogether = lab::OnceTogether,
    post: Post = lab::Post,
    keep: Keep = lab::Keep,
    pong: Pong = lab::Pong,
    echo: Echo = lab::Echo,
    round: Round = lab::Round,
    in_order: InOrder = lab::InOrder,
    pay: Pay = lab::Pay,
    book: Book = lab::Book,
    book_in_order: BookInOrder = lab::BookInOrder,
    toil: Toil = lab::Toil,
    beat: Beat = lab::Beat,
    nightly: Nightly = lab::Nightly,
    lonely: Lonely = lab::Lonely,
    noon: Noon = lab::Noon,
    hourly: Hourly = lab::Hourly,
}

macro_rules! ports {
    ($($port:ident, $method:ident, $kind:ident: $($field:ident = $marker:path),*;)*) => {
        $($(
            impl $port<$marker> for Monolith {
                fn $method(&self) -> &$kind<$marker> {
                    &self.$field
                }
            }
        )*)*
    };
}

ports! {
    Emits, publisher, Publisher:
        user_signed_up = event::UserSignedUp, ping = event::Ping, keyed = event::Keyed, again = event::Again;
    Enqueues, enqueuer, Enqueuer: invoices = queue::Invoices, tasks = queue::Tasks;
    Keeps, collection, Collection: users = state::Users, counters = state::Counters;
    Reveals, secret, SecretSource: smtp_password = secret::SmtpPassword;
}

impl Unit for Monolith {
    type Resources = Resources;
    const TOPOLOGY: &'static str = "shop";
    const NAME: &'static str = "monolith";
    const GRACE: Duration = Duration::from_secs(30);
    const ENVIRONMENTS: &'static [Environment] = &[
        Environment::new("local").ephemeral(),
        Environment::new("staging").secret_store(&File::new(Template::joined(&[
            TemplatePart::Variable("SECRETS_DIR"),
            TemplatePart::Literal("/"),
            TemplatePart::VariableOr("SECRETS_OF", "shop"),
        ]))),
    ];

    fn assemble(resources: &Resources, ports: &Ports) -> Self {
        Self {
            handlers: FromResources::from_resources(resources),
            user_signed_up: ports.publisher(),
            ping: ports.publisher(),
            keyed: ports.publisher(),
            again: ports.publisher(),
            invoices: ports.enqueuer(),
            tasks: ports.enqueuer(),
            users: ports.collection(),
            counters: ports.collection(),
            smtp_password: ports.secret(),
        }
    }

    fn listen(registration: &mut Registration<Self>) {
        registration.serve(lab::Keep);
        registration.subscribe(email::Greet);
        registration.work(email::Bill);
        registration.subscribe(lab::Pong);
        registration.subscribe(lab::Echo);
        registration.subscribe(lab::Round);
        registration.subscribe(lab::InOrder);
        registration.subscribe(lab::Book);
        registration.subscribe(lab::BookInOrder);
        registration.work(lab::Toil);
        registration.schedule(lab::Beat);
        registration.schedule(lab::Nightly);
        registration.schedule(lab::Lonely);
        registration.schedule(lab::Noon);
        registration.schedule(lab::Hourly);
    }
}

/// The unit in memory, with all it needs.
pub fn launch(script: &Script) -> Launch<Monolith> {
    let resources = Resources { script: script.clone() };
    Launch::new(resources).in_memory().variables([("SMTP_PASSWORD", "secret")])
}

pub async fn start(script: &Script) -> Started<Monolith> {
    launch(script).start().await.unwrap()
}

/// Everything in memory, with events over this bridge.
pub fn adapters(events: Arc<dyn EventAdapter>) -> Adapters {
    let variables = pontoon::adapter::Variables::of([("SMTP_PASSWORD", "secret")]);
    Adapters {
        events,
        queues: Arc::new(pontoon::adapter::in_memory::InMemoryQueues::new()),
        state: Arc::new(pontoon::adapter::in_memory::InMemoryState::new()),
        secrets: Arc::new(pontoon::adapter::in_memory::EnvSecrets::new(variables)),
    }
}
