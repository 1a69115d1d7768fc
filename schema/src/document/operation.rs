//! Operations: whatever a service has a handler for. All share what they may do and what they promise.

use serde::Deserialize;

use super::{
    Backoff, Batch, Call, Cron, Delivery, Duration, Emission, Enqueuing, HttpExposure, Idempotency, Missed, Name,
    Ordered, Retry, RustPath, RustType, Size, TimeZone, WhenFull, one_or_more,
};

/// What every operation has.
pub trait Operation {
    /// What it does, in the words of the topology.
    fn description(&self) -> Option<&str>;
    /// The Rust type of the handler, where it is not the usual one.
    fn handler(&self) -> Option<&RustPath>;
    /// The commands it calls.
    fn invokes(&self) -> &[Call];
    /// The events it publishes.
    fn emits(&self) -> &[Emission];
    /// The queues it puts jobs into.
    fn enqueues(&self) -> &[Enqueuing];
    /// The state collections it reads.
    fn reads(&self) -> &[Name];
    /// The state collections it reads, and changes by what it has read.
    fn updates(&self) -> &[Name];
    /// The state collections it writes, whatever is there.
    fn writes(&self) -> &[Name];
    /// The secrets it uses, beyond those of its service.
    fn secrets(&self) -> &[Name];
    /// How long it may take.
    fn timeout(&self) -> Option<Duration>;
    /// Whether what it writes and sends happens together or not at all.
    fn outbox(&self) -> bool;
    /// Whether running it twice does no harm.
    fn repeatable(&self) -> bool;
    /// How it recognises what it has already handled.
    fn idempotency(&self) -> Option<&Idempotency>;
}

/// A struct of an operation: its own keys, then those that all operations have.
macro_rules! operation {
    ($(#[$about:meta])* pub struct $name:ident { $($own:tt)* }) => {
        #[derive(Clone, Debug, Deserialize)]
        #[cfg_attr(feature = "json-schema", derive(schemars::JsonSchema))]
        #[serde(deny_unknown_fields)]
        $(#[$about])*
        pub struct $name {
            $($own)*
            /// What it does, in a sentence. It becomes the documentation of the generated code.
            pub description: Option<String>,
            /// The Rust type of the handler, for example `crate::user::SignUp`. Default: the name of this operation in
            /// PascalCase, in the service's `module`.
            pub handler: Option<RustPath>,
            /// The commands that the handler may call and wait for, one after the other, for example
            /// `[email.send_welcome]`; or, where it does not, `[{ parallel: [stock.reserve, price.get] }, { either:
            /// [card.pay, invoice.pay] }]`.
            #[serde(default)]
            pub invokes: Vec<Call>,
            /// The events that the handler may publish, for example `[user_signed_up]`.
            #[serde(default)]
            pub emits: Vec<Emission>,
            /// The queues that the handler may put jobs into, for example `[invoices]`.
            #[serde(default)]
            pub enqueues: Vec<Enqueuing>,
            /// The state collections that the handler may read, for example `[users]`.
            #[serde(default)]
            pub reads: Vec<Name>,
            /// The state collections in which the handler changes what it has read, for example `[stock]`: it begins
            /// again where another run was faster, so that no change is lost.
            #[serde(default)]
            pub updates: Vec<Name>,
            /// The state collections that the handler may write without looking at what is there, for example
            /// `[users]`.
            #[serde(default)]
            pub writes: Vec<Name>,
            /// The secrets that this handler may read, beyond those of its service, for example `[smtp_password]`.
            #[serde(default)]
            pub secrets: Vec<Name>,
            /// How long one run of the handler may take, for example `3s`. After that it is stopped and counts as
            /// failed.
            pub timeout: Option<Duration>,
            /// Whether what the handler writes, emits and enqueues happens together when it succeeds, or not at all.
            /// Default: `false`.
            #[serde(default)]
            pub outbox: bool,
            /// Whether running the handler twice for one message does no harm. Retries and at-least-once delivery need
            /// this or `idempotency`. Default: `false`.
            #[serde(default)]
            pub repeatable: bool,
            /// How a message that was already handled is recognised, for example `{ key: email, keep: 24h }`: it then
            /// has one effect, however often it arrives.
            pub idempotency: Option<Idempotency>,
        }

        impl Operation for $name {
            fn description(&self) -> Option<&str> { self.description.as_deref() }
            fn handler(&self) -> Option<&RustPath> { self.handler.as_ref() }
            fn invokes(&self) -> &[Call] { &self.invokes }
            fn emits(&self) -> &[Emission] { &self.emits }
            fn enqueues(&self) -> &[Enqueuing] { &self.enqueues }
            fn reads(&self) -> &[Name] { &self.reads }
            fn updates(&self) -> &[Name] { &self.updates }
            fn writes(&self) -> &[Name] { &self.writes }
            fn secrets(&self) -> &[Name] { &self.secrets }
            fn timeout(&self) -> Option<Duration> { self.timeout }
            fn outbox(&self) -> bool { self.outbox }
            fn repeatable(&self) -> bool { self.repeatable }
            fn idempotency(&self) -> Option<&Idempotency> { self.idempotency.as_ref() }
        }
    };
}

operation! {
    /// A request with an answer, for example
    /// `find: { input: UserId, output: Option<User>, reads: [users], timeout: 1s, repeatable: true, exposed: true }`.
    pub struct Command {
        /// The Rust type of the request, for example `NewUser`, or `()` for none.
        pub input: RustType,
        /// The Rust type of the answer, for example `UserId`, or `()` for none.
        pub output: RustType,
        /// The Rust type of a business "no", for example `SignUpRejected`. Callers get it typed. Left out: the command
        /// never says no.
        pub rejection: Option<RustType>,
        /// How often callers try again after a fault, for example `{ attempts: 3, backoff: 50ms..200ms }`. Left out:
        /// never.
        pub retry: Option<Retry>,
        /// The command over HTTP, for example `{ route: POST /users, authentication: none }`.
        pub http: Option<HttpExposure>,
        /// Whether callers outside the topology may use it, through the typed client. Default: `false`.
        #[serde(default)]
        pub exposed: bool,
        /// The largest request or answer that is to be expected, for example `256KiB`. Bridges that carry less are
        /// refused.
        pub size: Option<Size>,
    }
}

operation! {
    /// A service's reaction to an event, for example
    /// `greet: { event: user_signed_up, delivery: at_least_once, attempts: 5, dead_letter: true, repeatable: true }`.
    pub struct Subscription {
        /// The event, for example `user_signed_up`.
        pub event: Name,
        /// The Rust type that the handler expects, for example `UserSignedUp`. It must be the event's own.
        pub payload: Option<RustType>,
        /// The environments that it exists in, for example `[production]`: in the others, the handler hears nothing,
        /// and nothing is kept for it. Default: all in which the event exists.
        #[serde(default, deserialize_with = "one_or_more")]
        #[cfg_attr(feature = "json-schema", schemars(length(min = 1)))]
        pub environments: Vec<Name>,
        /// How often an event reaches the handler. Default: `at_least_once`.
        pub delivery: Option<Delivery>,
        /// How many times an event is tried, the first time included, for example `5`. Default: `5`.
        #[cfg_attr(feature = "json-schema", schemars(range(min = 1)))]
        pub attempts: Option<std::num::NonZeroU32>,
        /// The first and the longest wait between attempts, for example `1s..1m`. Default: `100ms..30s`.
        pub backoff: Option<Backoff>,
        /// Whether events that failed for good are kept, with reason and attempts, to be looked at and replayed.
        /// Default: `false`.
        #[serde(default)]
        pub dead_letter: bool,
        /// How many events, or batches of them, one instance handles at the same time, for example `4`. Default:
        /// `1`, which keeps their order.
        #[cfg_attr(feature = "json-schema", schemars(range(min = 1)))]
        pub concurrency: Option<std::num::NonZeroU32>,
        /// Has the handler get several events at a time, for example `{ most: 100, wait: 50ms }`. Left out: one.
        pub batch: Option<Batch>,
        /// Keeps events of one key in order although several are handled at the same time, for example `{ key: device
        /// }`.
        pub ordered: Option<Ordered>,
        /// How many events may wait for the handler, for example `1024`. Default: `1024` in memory; on a broker, what
        /// the broker itself allows.
        #[cfg_attr(feature = "json-schema", schemars(range(min = 1)))]
        pub bound: Option<std::num::NonZeroU64>,
        /// What happens to the next event when so many are waiting. Default: `wait`.
        pub when_full: Option<WhenFull>,
    }
}

operation! {
    /// A handler that takes jobs from a queue, for example
    /// `bill: { queue: invoices, concurrency: 4, timeout: 10s, idempotency: { key: number, keep: 7d } }`.
    pub struct Worker {
        /// The queue, for example `invoices`.
        pub queue: Name,
        /// The Rust type that the handler expects, for example `Invoice`. It must be the queue's own.
        pub payload: Option<RustType>,
        /// How many jobs, or batches of them, one instance handles at the same time, for example `4`. Default: `1`.
        #[cfg_attr(feature = "json-schema", schemars(range(min = 1)))]
        pub concurrency: Option<std::num::NonZeroU32>,
        /// Has the handler get several jobs at a time, for example `{ most: 100, wait: 50ms }`. Left out: one.
        pub batch: Option<Batch>,
        /// The first and the longest wait between attempts, for example `1s..1m`. Default: the queue's.
        pub backoff: Option<Backoff>,
    }
}

operation! {
    /// A handler that runs by the clock, in every instance of its unit or in one of them, for example `sample: { every:
    /// 100ms, emits: [reading_taken] }`. It has either `every:` or `cron:`. A run that is not over when the next one is
    /// due is not started twice: the next one is left out.
    #[cfg_attr(feature = "json-schema", schemars(extend("oneOf" = [
        { "required": ["every"], "properties": { "zone": false } },
        { "required": ["cron"] },
    ])))]
    pub struct Schedule {
        /// The time from one run to the next, for example `100ms`.
        pub every: Option<Duration>,
        /// When it runs: minute, hour, day of the month, month, day of the week. `0 3 * * *` is every day at three in
        /// the morning, `30 8 * * Mon-Fri` half past eight on workdays, `"@daily"` every midnight.
        pub cron: Option<Cron>,
        /// The time zone of `cron:`, for example `Europe/Berlin`. Where the clocks are changed, cron's rule holds: a
        /// fixed time that is skipped runs right after the jump, and one that comes twice runs the first time; what has
        /// a `*` for minutes or hours runs as the clock shows it. Takes the feature `zones` of `pontoon`. Default:
        /// `UTC`.
        pub zone: Option<TimeZone>,
        /// Whether one instance of the unit at a time runs it, and not each of them: the one that has a lease in the
        /// state store, which another one takes over within 15 s after its process dies. Default: `false`.
        #[serde(default)]
        pub single: bool,
        /// What becomes of runs that were due while no instance was there to run them. Default: `skip`.
        pub missed: Option<Missed>,
    }
}
