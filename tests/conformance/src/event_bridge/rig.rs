//! What a case has in its hands: a bridge for itself alone, units on it, and the adapter itself.

use std::collections::HashMap;
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use pontoon::adapter::EventAdapter;
use pontoon::adapter::embedded::EmbeddedEvents;
use pontoon::adapter::in_memory::{InMemoryEvents, InMemoryQueues};
use pontoon::adapter::{Amqp, AnyEventBridge, Instance, Message, Metadata, Mqtt, Nats, Setup, Template, Variables};
use pontoon::generated::{Adapters, Event, Unit};
use pontoon::{DeadLetter, Launch, Started};
use pontoon_brokers::{Broker, Proxy, clock_off_by};
use tempfile::TempDir;
use tokio::runtime::Handle;
use tokio::task::block_in_place;
use tokio::time::{sleep, timeout};

use crate::event_bridge::house::House;
use crate::event_bridge::process::Program;
use crate::event_bridge::{Cell, Column, Process};
use crate::system::contract::{Batch, Note, Which};
use crate::system::script::{BOUND, Orders, Script};
use crate::system::{back, front, side, steps};
use crate::topology::{self, apart, event, in_order};

/// A unit whose handlers do what a script says.
pub trait Actor: Unit {
    /// What its services are made from.
    fn resources(script: &Script) -> Self::Resources;
}

impl Actor for apart::front::Front {
    fn resources(script: &Script) -> Self::Resources {
        apart::front::Resources { front: front::Resources { script: script.clone() } }
    }
}

impl Actor for apart::back::Back {
    fn resources(script: &Script) -> Self::Resources {
        apart::back::Resources { back: back::Resources { script: script.clone() } }
    }
}

impl Actor for apart::side::Side {
    fn resources(script: &Script) -> Self::Resources {
        apart::side::Resources { side: side::Resources { script: script.clone() } }
    }
}

impl Actor for in_order::front::Front {
    fn resources(script: &Script) -> Self::Resources {
        in_order::front::Resources { front: front::Resources { script: script.clone() } }
    }
}

impl Actor for in_order::steps::Steps {
    fn resources(script: &Script) -> Self::Resources {
        in_order::steps::Resources { steps: steps::Resources { script: script.clone() } }
    }
}

impl Actor for topology::together::Together {
    fn resources(script: &Script) -> Self::Resources {
        let (front, back) = (front::Resources { script: script.clone() }, back::Resources { script: script.clone() });
        topology::together::Resources { front, back }
    }
}

/// What a case has in its hands.
pub struct Rig {
    /// Which column of the table it is for.
    pub column: Column,
    /// What the units that run in this process do, and have seen.
    pub script: Script,
    case: &'static str,
    /// The program that runs a unit in a process of its own.
    program: &'static str,
    folder: TempDir,
    memory: Adapters,
    house: Option<House>,
    /// Who does not go to the broker but through a proxy, on which port.
    ways: Mutex<HashMap<String, u16>>,
    /// Which environment of the column's adapter units run in, and what it needs beside the broker.
    environment: Mutex<(String, Vec<(String, String)>)>,
}

impl Rig {
    /// A bridge for one case alone.
    ///
    /// # Panics
    /// There is no broker to be had.
    pub async fn new(column: Column, case: &'static str, program: &'static str) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let house = column.kind().map(|kind| block_in_place(|| House::new(kind, case)));
        let environment = Mutex::new((column.environment().to_owned(), Vec::new()));
        let ways = Mutex::default();
        let mut memory = in_memory();
        if column == Column::Embedded {
            // Apart from what processes have.
            memory.events = Arc::new(EmbeddedEvents::new(folder.path().join("shared")));
            memory.events.connect().await.expect("a folder");
        }
        Self { column, script: Script::new(), case, program, folder, memory, house, ways, environment }
    }

    /// The folder of the case.
    pub(super) fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// The broker of the case. Whoever hurts it has one alone.
    ///
    /// # Panics
    /// The column has none.
    #[must_use]
    pub fn broker(&self) -> &Broker {
        self.house.as_ref().expect("a column with a broker").broker()
    }

    /// A proxy before the broker, through which those units and taps go from now on that have these names.
    ///
    /// # Panics
    /// There is none to be had.
    #[must_use]
    pub fn proxy(&self, names: &[&str]) -> Proxy {
        let proxy = Proxy::before(self.broker()).expect("a proxy");
        let mut ways = self.ways.lock().expect("ways");
        ways.extend(names.iter().map(|name| ((*name).to_owned(), proxy.port())));
        proxy
    }

    /// Those units and taps go to the broker itself again.
    ///
    /// # Panics
    /// Somebody else has panicked.
    pub fn directly(&self, names: &[&str]) {
        self.ways.lock().expect("ways").retain(|name, _| !names.contains(&&**name));
    }

    /// Units run in another environment of the adapter from now on: `kept`, `guarded`. With more variables.
    ///
    /// # Panics
    /// Somebody else has panicked.
    pub fn environment(&self, suffix: &str, variables: &[(&str, &str)]) {
        let variables = variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        let name = format!("{}_{suffix}", self.column.environment());
        *self.environment.lock().expect("an environment") = (name, variables);
    }

    /// What the table says.
    #[must_use]
    pub fn cell(&self) -> Cell {
        self.column.cell(self.case)
    }

    /// The event that the column is about: at least once, or at most once.
    #[must_use]
    pub fn event(&self) -> Which {
        if self.column.is_at_most_once() { Which::Hinted } else { Which::Noted }
    }

    /// Where it is published.
    #[must_use]
    pub fn subject(&self) -> &'static str {
        if self.column.is_at_most_once() { event::Hinted::SUBJECT } else { event::Noted::SUBJECT }
    }

    /// Who hears it, in a service.
    #[must_use]
    pub fn ear(&self, service: &str) -> String {
        let handler = if self.column.is_at_most_once() { "hint" } else { "hear" };
        format!("{service}.{handler}")
    }

    /// A start of a unit, under a name of its own.
    pub fn launch<U: Actor>(&self, name: &str, script: &Script) -> Launch<U> {
        let launch = Launch::new(U::resources(script));
        match self.column {
            Column::InMemory | Column::Embedded => return launch.adapters(self.memory.clone()),
            // Each unit has a connection of its own, and its own state.
            Column::Custom(custom) => {
                let opened = custom.open(Instance::new(U::TOPOLOGY, U::NAME), Variables::of(self.variables(name)));
                let events = block_in_place(|| Handle::current().block_on(opened));
                return launch.adapters(Adapters { events, ..in_memory() });
            }
            _ => {}
        }
        let (environment, _) = self.environment.lock().expect("an environment").clone();
        launch.environment(environment).variables(self.variables(name))
    }

    /// A unit that has started.
    ///
    /// # Panics
    /// It does not start.
    pub async fn unit<U: Actor>(&self, name: &str) -> Started<U> {
        self.unit_with(name, &self.script).await
    }

    /// A unit that has started, with a script of its own.
    ///
    /// # Panics
    /// It does not start.
    pub async fn unit_with<U: Actor>(&self, name: &str, script: &Script) -> Started<U> {
        self.launch::<U>(name, script).start().await.expect("a unit that starts")
    }

    /// A unit that has started, as a release build is: no value is tried before it is sent.
    ///
    /// # Panics
    /// It does not start.
    pub async fn released<U: Actor>(&self, name: &str) -> Started<U> {
        let launch = self.launch::<U>(name, &self.script).without_round_trips();
        launch.start().await.expect("a unit that starts")
    }

    /// A unit in the environment of the column, with what processes before it have left.
    ///
    /// # Panics
    /// It does not start.
    pub async fn unit_in_environment<U: Actor>(&self) -> Started<U> {
        let launch = Launch::new(U::resources(&self.script)).environment(self.column.environment());
        launch.variables(self.variables("look")).start().await.expect("a unit that starts")
    }

    /// The unit that emits and calls.
    pub async fn front(&self) -> Started<apart::front::Front> {
        self.unit("front").await
    }

    /// The unit that hears and answers.
    pub async fn back(&self) -> Started<apart::back::Back> {
        self.unit("back").await
    }

    /// The other one that hears.
    pub async fn side(&self) -> Started<apart::side::Side> {
        self.unit("side").await
    }

    /// A unit in a process of its own, which has begun to start.
    #[must_use]
    pub fn process(&self, unit: &str, name: &str, orders: &Orders) -> Process {
        self.process_with(unit, name, orders, Vec::new())
    }

    /// A unit in a process of its own whose clock is off by so much, as libfaketime writes it: `+10s`, `-1d`.
    ///
    /// # Panics
    /// The library for that is not installed.
    #[must_use]
    pub fn process_with_clock(&self, unit: &str, orders: &Orders, offset: &str) -> Process {
        self.process_with(unit, unit, orders, clock_off_by(offset).expect("another clock"))
    }

    fn process_with(&self, unit: &str, name: &str, orders: &Orders, more: Vec<(String, String)>) -> Process {
        let (environment, _) = self.environment.lock().expect("an environment").clone();
        let mut variables = self.variables(name);
        variables.extend(more);
        let itself = matches!(self.column, Column::Custom(_));
        Process::start(
            Program { path: self.program, itself },
            self.folder.path(),
            unit,
            &environment,
            variables,
            orders,
        )
    }

    /// The adapter itself, as a user of the broker who may make nothing there.
    pub(super) async fn tap_as(&self, name: &str, user: &str, password: &str) -> Arc<dyn EventAdapter> {
        const USER: Template = Template::variable("BROKER_USER");
        const PASSWORD: Template = Template::variable("BROKER_PASSWORD");
        const AMQP: Amqp = Amqp::new(Template::variable("AMQP_URL")).username(USER).password(PASSWORD);
        const NATS: Nats = Nats::new(Template::variable("NATS_SERVERS")).username(USER).password(PASSWORD);
        const MQTT: Mqtt = Mqtt::new(Template::variable("MQTT_URL"), Template::variable("MQTT_CLIENT_ID"))
            .username(USER)
            .password(PASSWORD);
        let settings: &'static dyn AnyEventBridge = match self.column {
            Column::InMemory | Column::Embedded => return Arc::clone(&self.memory.events),
            Column::Custom(custom) => custom.settings,
            Column::Amqp => &AMQP,
            Column::NatsCore | Column::JetStream => &NATS,
            Column::Mqtt => &MQTT,
        };
        let mut variables = self.variables(name);
        variables.extend(
            [("BROKER_USER", user), ("BROKER_PASSWORD", password)]
                .map(|(name, value)| (name.to_owned(), value.to_owned())),
        );
        open(settings, true, variables).await
    }

    /// The adapter itself: to publish what no unit would, and to look at what arrives. Not connected yet, where there
    /// is something to connect.
    pub async fn tap(&self, name: &str) -> Arc<dyn EventAdapter> {
        const AMQP: Amqp = Amqp::new(Template::variable("AMQP_URL"));
        const NATS: Nats = Nats::new(Template::variable("NATS_SERVERS"));
        const MQTT: Mqtt = Mqtt::new(Template::variable("MQTT_URL"), Template::variable("MQTT_CLIENT_ID"));
        let settings: &'static dyn AnyEventBridge = match self.column {
            Column::InMemory | Column::Embedded => return Arc::clone(&self.memory.events),
            Column::Custom(custom) => custom.settings,
            Column::Amqp => &AMQP,
            Column::NatsCore | Column::JetStream => &NATS,
            Column::Mqtt => &MQTT,
        };
        open(settings, false, self.variables(name)).await
    }

    /// Waits until something is so.
    ///
    /// # Panics
    /// It is not, within [`BOUND`].
    pub async fn until(&self, what: &str, so: impl Fn() -> bool) {
        let wait = timeout(BOUND, async {
            while !so() {
                sleep(Duration::from_millis(10)).await;
            }
        });
        assert!(wait.await.is_ok(), "{what}: not within {BOUND:?}; seen: {}", self.script.seen());
    }

    /// Waits until `back.hear` has given up so many messages, and returns them.
    ///
    /// # Panics
    /// It has not, within [`BOUND`]; the bridge is out of reach.
    pub async fn dead(&self, back: &Started<apart::back::Back>, count: usize) -> Vec<DeadLetter<Note>> {
        let letters = back.dead_letters(topology::back::Hear);
        let mut list = Vec::new();
        let wait = timeout(BOUND, async {
            loop {
                list = letters.list().await.expect("the dead letters");
                if list.len() == count {
                    return;
                }
                sleep(Duration::from_millis(20)).await;
            }
        });
        assert!(wait.await.is_ok(), "{count} dead letters: {list:?}");
        list
    }

    /// What a broker of the column is found by, for who goes this way.
    pub(super) fn url(&self, name: &str) -> String {
        let port = self.ways.lock().expect("ways").get(name).copied();
        let house = self.house.as_ref().expect("a column with a broker");
        house.url(port.unwrap_or_else(|| house.broker().port()))
    }

    /// The variables of a unit.
    fn variables(&self, name: &str) -> Vec<(String, String)> {
        let url = match self.column {
            Column::InMemory => return Vec::new(),
            Column::Embedded => {
                let folder = self.folder.path().join("data");
                return vec![("DATA_DIR".to_owned(), folder.to_str().expect("a path in UTF-8").to_owned())];
            }
            Column::Custom(custom) => return (custom.variables)(self.folder.path()),
            Column::Amqp => "AMQP_URL",
            Column::NatsCore | Column::JetStream => "NATS_SERVERS",
            Column::Mqtt => "MQTT_URL",
        };
        let mut variables = self.environment.lock().expect("an environment").1.clone();
        variables.push((url.to_owned(), self.url(name)));
        variables.push(("MQTT_CLIENT_ID".to_owned(), name.to_owned()));
        variables
    }
}

/// An adapter, not connected yet.
async fn open(
    settings: &'static dyn AnyEventBridge,
    verify: bool,
    variables: Vec<(String, String)>,
) -> Arc<dyn EventAdapter> {
    let mut setup = Setup::new(Instance::new("suite", "tap"), verify, Variables::of(variables));
    let adapter = settings.open_any(&mut setup).await;
    assert!(setup.problems().is_empty(), "{:?}", setup.problems());
    adapter.expect("it opens where there is no problem")
}

/// Everything in memory.
pub(crate) fn in_memory() -> Adapters {
    Adapters {
        events: Arc::new(InMemoryEvents::new()),
        queues: Arc::new(InMemoryQueues::new()),
        state: Arc::new(pontoon::adapter::in_memory::InMemoryState::new()),
        secrets: Arc::new(pontoon::adapter::in_memory::EnvSecrets::new(Variables::default())),
    }
}

/// Notes with these numbers.
#[must_use]
pub(super) fn notes(numbers: impl IntoIterator<Item = u64>) -> Vec<Note> {
    numbers.into_iter().map(Note::of).collect()
}

/// Has notes emitted, one after the other.
///
/// # Panics
/// One could not be.
pub(super) async fn post<U>(front: &Started<U>, event: Which, notes: Vec<Note>)
where
    U: Unit,
    topology::front::Post: pontoon::generated::Route<U>,
{
    front.client().invoke(topology::front::Post, Batch { event, notes }).await.expect("notes that are emitted");
}

/// A message as no unit sends it.
#[must_use]
pub(super) fn message(json: &str) -> Message {
    Message::received(Metadata::new(), json.to_owned())
}
