//! Services and their four kinds of handlers, each with the edges that it declares.

use std::time::Duration;

use super::{
    Backoff, Batch, CommandId, Delivery, EventId, Http, Idempotency, Located, Missed, Presence, QueueId, Retry,
    RustPath, RustType, ScheduleId, SecretId, ServiceId, StateId, SubscriptionId, Timetable, WhenFull, WorkerId,
};
use crate::source::Span;

/// One version of a service. Several versions of one service are entries of their own that share a name.
#[derive(Clone, Debug)]
pub struct Service {
    /// Its key under `services:`.
    pub name: Located<String>,
    /// Its version.
    pub version: Located<u32>,
    /// Whether other versions of it live beside this one, so that references have to name the version.
    pub has_siblings: bool,
    /// What the topology says about it.
    pub description: Option<String>,
    /// The Rust module that holds its handlers.
    pub module: Located<RustPath>,
    /// The Rust type that its handlers are made from.
    pub resources: Located<RustPath>,
    /// The secrets that all its handlers may read.
    pub secrets: Vec<Located<SecretId>>,
    /// Its commands.
    pub commands: Vec<CommandId>,
    /// Its subscriptions.
    pub subscriptions: Vec<SubscriptionId>,
    /// Its workers.
    pub workers: Vec<WorkerId>,
    /// Its schedules.
    pub schedules: Vec<ScheduleId>,
}

impl Service {
    /// All handlers: commands, subscriptions, workers, schedules.
    pub fn handlers(&self) -> impl Iterator<Item = Handler> + '_ {
        let commands = self.commands.iter().map(|id| Handler::Command(*id));
        let subscriptions = self.subscriptions.iter().map(|id| Handler::Subscription(*id));
        let workers = self.workers.iter().map(|id| Handler::Worker(*id));
        let schedules = self.schedules.iter().map(|id| Handler::Schedule(*id));
        commands.chain(subscriptions).chain(workers).chain(schedules)
    }
}

/// Any handler, whatever starts it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Handler {
    /// Started by an invocation.
    Command(CommandId),
    /// Started by an event.
    Subscription(SubscriptionId),
    /// Started by a job.
    Worker(WorkerId),
    /// Started by the clock.
    Schedule(ScheduleId),
}

impl Handler {
    /// The kind in the user's words: `command`.
    pub fn kind(self) -> &'static str {
        match self {
            Handler::Command(_) => "command",
            Handler::Subscription(_) => "subscription",
            Handler::Worker(_) => "worker",
            Handler::Schedule(_) => "schedule",
        }
    }
}

/// What every handler has, whatever starts it.
#[derive(Clone, Debug)]
pub struct Operation {
    /// Its key in the service.
    pub name: Located<String>,
    /// The service it belongs to.
    pub service: ServiceId,
    /// What the topology says about it.
    pub description: Option<String>,
    /// The Rust type that handles it.
    pub handler: Located<RustPath>,
    /// What it may do.
    pub edges: Edges,
    /// How long one attempt may take.
    pub timeout: Option<Located<Duration>>,
    /// Whether running it twice does no harm.
    pub repeatable: Located<bool>,
    /// How running it twice is prevented.
    pub idempotency: Option<Located<Idempotency>>,
    /// Whether its writes, events and jobs stand together or not at all.
    pub outbox: Located<bool>,
}

/// What a handler may do: its outgoing edges, each where it is written.
#[derive(Clone, Debug, Default)]
pub struct Edges {
    /// Commands that it invokes.
    pub invokes: Vec<Invocation>,
    /// In which order it waits for them.
    pub waits: Waits,
    /// Events that it emits.
    pub emits: Vec<Edge<EventId>>,
    /// Queues that it puts jobs into.
    pub enqueues: Vec<Edge<QueueId>>,
    /// State that it reads.
    pub reads: Vec<Located<StateId>>,
    /// State in which it changes what it has read.
    pub updates: Vec<Located<StateId>>,
    /// State that it writes, whatever is there.
    pub writes: Vec<Located<StateId>>,
    /// Secrets that it reads beyond those of its service: see [`Topology::secrets_of`](super::Topology::secrets_of).
    pub secrets: Vec<Located<SecretId>>,
}

impl Edges {
    /// All state that it has to do with.
    pub fn states(&self) -> impl Iterator<Item = &Located<StateId>> + Clone {
        self.reads.iter().chain(self.changes())
    }

    /// State that it changes, one way or the other.
    pub fn changes(&self) -> impl Iterator<Item = &Located<StateId>> + Clone {
        self.updates.iter().chain(&self.writes)
    }
}

/// An edge to an event or a queue.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Edge<I> {
    /// The event or queue …
    pub value: I,
    /// … where it is named.
    pub span: Span,
    /// The payload that the handler means to send, where it says so.
    pub payload: Option<Located<RustType>>,
}

/// An edge to a command.
#[derive(Clone, Debug)]
pub struct Invocation {
    /// The command, where it is named.
    pub command: Located<CommandId>,
    /// The input that the caller expects it to take, where the caller says so.
    pub input: Option<Located<RustType>>,
    /// The output that the caller expects, where the caller says so.
    pub output: Option<Located<RustType>>,
    /// How often a run calls it at most, one call after the other.
    pub calls: u32,
}

/// What a handler waits for.
#[derive(Clone, Debug)]
pub enum Waits {
    /// One of its invocations, by its place in [`Edges::invokes`].
    For(usize),
    /// One after the other.
    InTurn(Vec<Waits>),
    /// As long as for the longest: all of them at the same time, or one of them.
    Longest(Vec<Waits>),
}

impl Default for Waits {
    fn default() -> Self {
        Self::InTurn(Vec::new())
    }
}

impl Waits {
    /// How long that is at most, with the time for each invocation, and which invocations it is made of.
    pub fn longest(&self, time: &dyn Fn(usize) -> Duration) -> (Duration, Vec<usize>) {
        match self {
            Self::For(invocation) => (time(*invocation), vec![*invocation]),
            Self::InTurn(waits) => {
                let (mut whole, mut path) = (Duration::ZERO, Vec::new());
                for (more, then) in waits.iter().map(|wait| wait.longest(time)) {
                    whole = whole.saturating_add(more);
                    path.extend(then);
                }
                (whole, path)
            }
            Self::Longest(waits) => {
                let all = waits.iter().map(|wait| wait.longest(time));
                all.reduce(|one, other| if other.0 > one.0 { other } else { one }).unwrap_or_default()
            }
        }
    }
}

/// Request → reply.
#[derive(Clone, Debug)]
pub struct Command {
    /// What it shares with other handlers.
    pub operation: Operation,
    /// What it takes.
    pub input: Located<RustType>,
    /// What it answers.
    pub output: Located<RustType>,
    /// Its business "no", if it has one.
    pub rejection: Option<Located<RustType>>,
    /// How it is tried again.
    pub retry: Option<Located<Retry>>,
    /// Where it is served over HTTP.
    pub http: Option<Located<Http>>,
    /// Whether the typed client may call it.
    pub exposed: Located<bool>,
    /// The largest request or answer that is to be expected, in bytes.
    pub size: Option<Located<u64>>,
}

impl Command {
    /// How often it is tried, and how long the waits between its attempts are in all.
    pub fn repeats(&self) -> (u32, Duration) {
        let retry = self.retry.as_ref().map(|retry| retry.value);
        let attempts = retry.map_or(1, |retry| retry.attempts.value);
        (attempts, retry.map_or(Duration::ZERO, |retry| retry.backoff.value.total(attempts)))
    }
}

/// A service's reaction to an event.
#[derive(Clone, Debug)]
pub struct Subscription {
    /// What it shares with other handlers.
    pub operation: Operation,
    /// The event.
    pub event: Located<EventId>,
    /// The payload that it expects, where it says so.
    pub payload: Option<Located<RustType>>,
    /// Where it exists, as far as its event does.
    pub environments: Presence,
    /// Whether it sees the event again when it failed.
    pub delivery: Located<Delivery>,
    /// All attempts, the first one included.
    pub attempts: Located<u32>,
    /// The waits between them.
    pub backoff: Located<Backoff>,
    /// Whether an event whose attempts ran out is kept.
    pub dead_letter: Located<bool>,
    /// How many events are handled at a time.
    pub concurrency: Located<u32>,
    /// How many events one run gets together. `None`: one.
    pub batch: Option<Located<Batch>>,
    /// The field whose equal values keep their order.
    pub ordered: Option<Located<Ordered>>,
    /// How many events wait for it. `None`: as many as the bridge allows.
    pub bound: Option<Located<u64>>,
    /// What happens to the next one. `None`: what the bridge does.
    pub when_full: Option<Located<WhenFull>>,
}

/// Events are handled in the order they were emitted in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ordered {
    /// The field of the payload within which order is kept. `None`: over all events.
    pub key: Option<Located<String>>,
}

/// A service's hand in working off a queue.
#[derive(Clone, Debug)]
pub struct Worker {
    /// What it shares with other handlers.
    pub operation: Operation,
    /// The queue.
    pub queue: Located<QueueId>,
    /// The job that it expects, where it says so.
    pub payload: Option<Located<RustType>>,
    /// How many jobs are done at a time.
    pub concurrency: Located<u32>,
    /// How many jobs one run gets together. `None`: one.
    pub batch: Option<Located<Batch>>,
    /// The waits between attempts: its own, or the queue's.
    pub backoff: Located<Backoff>,
}

/// A handler that runs by the clock.
#[derive(Clone, Debug)]
pub struct Schedule {
    /// What it shares with other handlers.
    pub operation: Operation,
    /// When it runs.
    pub timetable: Located<Timetable>,
    /// The time zone of a cron expression, where that is not UTC.
    pub zone: Option<Located<String>>,
    /// Whether one instance at a time runs it.
    pub single: Located<bool>,
    /// What becomes of runs that were due while no instance was there.
    pub missed: Located<Missed>,
}

impl Schedule {
    /// Whether one run makes up for those that were missed.
    pub fn makes_up(&self) -> bool {
        self.missed.value == Missed::Once
    }
}
