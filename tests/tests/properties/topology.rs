//! A generator of topologies. They are written as JSON, which is YAML: whatever a name holds, it arrives as that name.

use proptest::prelude::*;
use serde_json::{Map, Value, json};

/// How a topology is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Care {
    /// Everything that is named exists and fits.
    Valid,
    /// Here and there something is misspelt, left out, or of the wrong kind.
    Slips,
    /// Names, types and paths that mean to end up in generated code.
    Malice,
}

/// What somebody writes who wishes the generated code ill.
const HOSTILE: [&str; 16] = [
    "x\"; panic!()",
    "match",
    "Self",
    "r#type",
    "../../etc/passwd",
    "/etc/passwd",
    "crate",
    "a\nb",
    "x}} fn main() { loop {} }",
    "${secret:x}",
    "user name",
    "\u{202e}resu",
    "_",
    "9lives",
    "",
    "a_very_long_name_that_goes_on_and_on_until_it_is_longer_than_a_name_may_be",
];

const HOSTILE_TYPES: [&str; 8] = [
    "Vec<",
    "fn() -> !",
    "UserId; struct X",
    "[u8; { panic!() }]",
    "impl Trait",
    "dyn Send",
    "&'static str",
    "UserId /* */ > ::x",
];

const TYPES: [&str; 6] = ["()", "UserId", "Option<User>", "Vec<crate::contract::Order>", "String", "(u8, UserId)"];

/// One number in so many decides whether something goes wrong.
const SLIP: u8 = 12;

/// The text of a topology.
pub(crate) fn topology(care: Care) -> impl Strategy<Value = String> {
    let sizes = (1..5_usize, 0..4_usize, 0..3_usize, 0..3_usize);
    (sizes, prop::collection::vec(any::<u8>(), 400)).prop_map(move |(sizes, dice)| {
        let (services, events, queues, states) = sizes;
        Maker { care, dice: dice.into_iter().cycle(), services, events, queues, states }.make().to_string()
    })
}

struct Maker<I> {
    care: Care,
    dice: I,
    services: usize,
    events: usize,
    queues: usize,
    states: usize,
}

impl<I: Iterator<Item = u8>> Maker<I> {
    fn roll(&mut self) -> u8 {
        self.dice.next().unwrap_or_default()
    }

    fn one_in(&mut self, number: u8) -> bool {
        self.roll().is_multiple_of(number)
    }

    fn one_of<T: Clone>(&mut self, choices: &[T]) -> T {
        let roll = usize::from(self.roll());
        choices[roll % choices.len()].clone()
    }

    /// Whether something goes wrong here.
    fn slips(&mut self) -> bool {
        self.care != Care::Valid && self.one_in(SLIP)
    }

    fn name(&mut self, meant: String) -> String {
        match (self.slips(), self.care) {
            (true, Care::Slips) => format!("{meant}e"),
            (true, Care::Malice) => self.one_of(&HOSTILE).to_owned(),
            _ => meant,
        }
    }

    fn r#type(&mut self) -> Value {
        match (self.slips(), self.care) {
            (true, Care::Malice) => json!(self.one_of(&HOSTILE_TYPES)),
            (true, Care::Slips) => json!(12),
            _ => json!(self.one_of(&TYPES)),
        }
    }

    /// A list of names of one kind, each about every other time.
    fn some(&mut self, kind: &str, count: usize) -> Value {
        let chosen = (0..count).filter(|_| self.one_in(2)).collect::<Vec<_>>();
        chosen.into_iter().map(|number| self.name(format!("{kind}_{number}"))).collect()
    }

    fn make(mut self) -> Value {
        let mut services = Map::new();
        for number in 0..self.services {
            let service = self.service(number);
            services.insert(self.name(format!("service_{number}")), service);
        }
        json!({
            "pontoon": if self.slips() { 2 } else { 1 },
            "name": self.name("shop".to_owned()),
            "types": if self.care == Care::Malice && self.slips() { "crate::contract; x" } else { "crate::contract" },
            "contract": "crate",
            "events": self.map("event", self.events, |maker| json!({ "payload": maker.r#type(), "max_hops": 3 })),
            "queues": self.map("queue", self.queues, |maker| json!({
                // Its worker has a key, which only a type with fields has.
                "payload": if maker.care == Care::Valid { json!("Job") } else { maker.r#type() },
                "dead_letter": true,
                "attempts": maker.roll() % 20 + 1,
                "lease": "5m",
                "bound": 1000,
                "when_full": maker.one_of(&["wait", "refuse", "drop_oldest"]),
            })),
            "state": self.map("state", self.states, |maker| json!({ "value": maker.r#type() })),
            "services": services,
            "environments": {
                "local": {
                    "ephemeral": true,
                    "event_bridge": "in_memory",
                    "queue_bridge": "in_memory",
                    "state_store": "in_memory",
                    "secret_store": "env",
                },
            },
            "deployments": { self.name("everything".to_owned()): { "pattern": "monolith", "environments": ["local"] } },
        })
    }

    fn map(&mut self, kind: &str, count: usize, make: impl Fn(&mut Self) -> Value) -> Value {
        let entries = (0..count).map(|number| (self.name(format!("{kind}_{number}")), make(self)));
        Value::Object(entries.collect())
    }

    /// A service with two commands; those of later services are called, so that calls make no circle. Every queue is
    /// worked by the first service.
    fn service(&mut self, number: usize) -> Value {
        let module = self.name(format!("crate::service_{number}"));
        let mut service = json!({ "version": 1, "module": module, "commands": {}, "subscriptions": {}, "workers": {} });
        for command in ["first", "second"] {
            let made = self.command(number);
            service["commands"][self.name(command.to_owned())] = made;
        }
        for event in 0..self.events {
            if self.one_in(2) {
                let delivery = self.one_of(&["at_least_once", "at_most_once"]);
                service["subscriptions"][self.name(format!("on_{event}"))] = json!({
                    "event": self.name(format!("event_{event}")),
                    "delivery": delivery,
                    "dead_letter": delivery == "at_least_once" || self.slips(),
                    "repeatable": !self.slips(),
                    "enqueues": self.some("queue", self.queues),
                });
            }
        }
        for queue in (0..self.queues).filter(|_| number == 0) {
            service["workers"][self.name(format!("work_{queue}"))] = json!({
                "queue": self.name(format!("queue_{queue}")),
                "timeout": "20s",
                "idempotency": { "key": self.name("id".to_owned()), "keep": "7d" },
                "reads": self.some("state", self.states),
            });
        }
        if self.one_in(3) {
            service["secrets"] = json!([self.name("api_key".to_owned())]);
            service["schedules"] = json!({ "tick": { "every": "1m", "emits": self.some("event", self.events) } });
        }
        service
    }

    fn command(&mut self, number: usize) -> Value {
        let later = (number + 1..self.services).filter(|_| self.one_in(3)).collect::<Vec<_>>();
        let invokes: Vec<Value> = later
            .into_iter()
            .map(|service| {
                json!(format!("{}.{}", self.name(format!("service_{service}")), self.one_of(&["first", "second"])))
            })
            .collect();
        let mut command = json!({
            "input": self.r#type(),
            "output": self.r#type(),
            "invokes": invokes,
            "emits": self.some("event", self.events),
            "enqueues": self.some("queue", self.queues),
            "writes": self.some("state", self.states),
            "outbox": true,
            // Later services are given less time than those who call them.
            "timeout": format!("{}s", 20 - 4 * number),
            "exposed": true,
        });
        if self.one_in(3) {
            command["rejection"] = self.r#type();
        }
        if self.one_in(4) {
            command["description"] = json!(self.one_of(&["Does it.", "*/ panic!() /*", "\"#; //! x", "a\nb"]));
        }
        command
    }
}
