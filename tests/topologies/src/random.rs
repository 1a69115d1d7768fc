//! A random topology over the whole language, written as JSON, which is YAML.

use fastrand::Rng;
use serde_json::{Map, Value, json};

/// Words that mean something in Rust, in its standard library, in what is generated, or to us.
const WORDS: [&str; 64] = [
    "pontoon",
    "std",
    "core",
    "alloc",
    "serde",
    "tokio",
    "topology",
    "contract",
    "event",
    "queue",
    "state",
    "secret",
    "client",
    "context",
    "handler",
    "handlers",
    "resources",
    "monolith",
    "apart",
    "run",
    "run_with",
    "start",
    "in_memory",
    "environment",
    "send",
    "sync",
    "some",
    "none",
    "ok",
    "err",
    "option",
    "result",
    "vec",
    "string",
    "str",
    "u8",
    "future",
    "duration",
    "unit",
    "user",
    "users",
    "key",
    "keys",
    "policy",
    "command",
    "commands",
    "worker",
    "job",
    "tick",
    "call",
    "default",
    "clone",
    "debug",
    "drop",
    "iter",
    "from",
    "into",
    "main",
    "test",
    "value",
    "input",
    "output",
    "handle",
    "a1",
];

/// The user's own types: plain structs with two fields, called as things that generated code imports.
pub const TYPES: [&str; 14] = [
    "Note",
    "Duration",
    "Key",
    "Policy",
    "Command",
    "Event",
    "Context",
    "Future",
    "Delivery",
    "Unit",
    "Resources",
    "Send",
    "Text",
    "Publisher",
];

/// Ways to put a type into another one.
const SHAPES: [&str; 9] = [
    "{}",
    "Option<{}>",
    "Vec<{}>",
    "({}, u8)",
    "[{}; 3]",
    "Box<{}>",
    "BTreeMap<String, {}>",
    "std::vec::Vec<{}>",
    "Option<Vec<{}>>",
];

const PLAIN: [&str; 10] =
    ["()", "u8", "u64", "i32", "bool", "String", "f64", "std::string::String", "(u8, String)", "char"];

const DESCRIPTIONS: [&str; 8] = [
    "Does it.",
    "```\nlet x: u32 = \"no\";\n```",
    "    indented like code",
    "*/ } fn main() { /*",
    "See <https://example.org/?a=b> and [this](crate::none), <b>bold</b>.",
    "https://example.org/bare",
    "`unclosed, [unclosed, # heading\n- list",
    "\"#; r#\"",
];

/// What a topology is made of.
pub struct Maker {
    rng: Rng,
    /// The module that everything of it is in: `crate::t7`.
    home: String,
    events: Vec<(String, String)>,
    queues: Vec<(String, String)>,
    states: Vec<String>,
    services: Vec<(String, Vec<u32>)>,
}

impl Maker {
    /// One that makes the same topology for the same seed, with all its Rust paths in the module `home`.
    #[must_use]
    pub fn new(seed: u64, home: String) -> Self {
        let rng = Rng::with_seed(seed);
        Self { rng, home, events: Vec::new(), queues: Vec::new(), states: Vec::new(), services: Vec::new() }
    }

    fn one_in(&mut self, number: usize) -> bool {
        self.rng.usize(..number) == 0
    }

    fn one_of<T: Clone>(&mut self, choices: &[T]) -> T {
        choices[self.rng.usize(..choices.len())].clone()
    }

    /// Different names, most of them words.
    fn names(&mut self, count: usize) -> Vec<String> {
        let mut names: Vec<String> = Vec::new();
        while names.len() < count {
            let word = self.one_of(&WORDS);
            let name = match self.rng.usize(..8) {
                0 => format!("{word}_{}", self.rng.u8(..10)),
                1 => format!("{word}_{}", self.one_of(&WORDS)),
                _ => word.to_owned(),
            };
            if !names.contains(&name) {
                names.push(name);
            }
        }
        names
    }

    fn own_type(&mut self) -> String {
        self.one_of(&TYPES).to_owned()
    }

    fn r#type(&mut self) -> String {
        if self.one_in(3) {
            return self.one_of(&PLAIN).to_owned();
        }
        let inner = self.own_type();
        self.one_of(&SHAPES).replace("{}", &inner)
    }

    fn described(&mut self, mut value: Value) -> Value {
        if self.one_in(4) {
            value["description"] = json!(self.one_of(&DESCRIPTIONS));
        }
        value
    }

    /// Some of these, each once.
    fn some(&mut self, from: &[String]) -> Vec<String> {
        from.iter().filter(|_| self.one_in(3)).cloned().collect()
    }

    /// The topology.
    #[must_use]
    pub fn make(mut self) -> Value {
        let (events, queues, states, services) =
            (self.rng.usize(..4), self.rng.usize(..3), self.rng.usize(..3), self.rng.usize(1..4));
        self.events = self.names(events).into_iter().map(|name| (name, self.own_type())).collect();
        self.queues = self.names(queues).into_iter().map(|name| (name, self.own_type())).collect();
        self.states = self.names(states);
        for name in self.names(services) {
            let versions = if self.one_in(5) { vec![1, 2] } else { vec![self.rng.u32(1..4)] };
            self.services.push((name, versions));
        }
        let services = self.services();
        let events: Map<String, Value> = self
            .events
            .clone()
            .into_iter()
            .map(|(name, payload)| {
                let mut event = json!({ "payload": payload, "max_hops": 2 });
                if self.one_in(6) {
                    event["environments"] = json!(["local"]);
                }
                (name, self.described(event))
            })
            .collect();
        let queues: Map<String, Value> = self.queues.clone().into_iter().map(|(name, payload)| {
            let mut queue = json!({ "payload": payload, "lease": "5m", "dead_letter": true, "bound": 1000, "when_full": "refuse" });
            if self.one_in(3) {
                queue["deduplicate"] = json!("1m");
            }
            if self.one_in(3) {
                queue["delayed"] = json!(true);
            }
            (name, self.described(queue))
        }).collect();
        let states: Map<String, Value> = self
            .states
            .clone()
            .into_iter()
            .map(|name| {
                let state = json!({ "value": self.r#type() });
                (name, self.described(state))
            })
            .collect();
        let here = json!({ "ephemeral": true, "event_bridge": "in_memory", "queue_bridge": "in_memory", "state_store": "in_memory", "secret_store": "env" });
        let mut topology = json!({
            "pontoon": 1,
            "name": "random",
            "types": format!("{}::contract", self.home),
            "contract": self.home,
            "events": events,
            "queues": queues,
            "state": states,
            "services": services,
            "environments": { "local": here },
            "deployments": { "monolith": { "pattern": "monolith", "environments": ["local"], "grace": "100d" } },
        });
        if self.one_in(2) {
            topology["environments"]["staging"] = json!({
                "event_bridge": { "nats": { "servers": "${NATS_SERVERS}" } },
                "queue_bridge": { "redis": { "url": "${REDIS_URL}" } },
                "state_store": { "redis": { "url": "${REDIS_URL}" } },
                "secret_store": "env",
            });
            topology["deployments"]["apart"] =
                json!({ "pattern": "microservices", "environments": ["staging"], "grace": "100d" });
        }
        self.described(topology)
    }

    /// Commands call those of later services only, so that nobody waits for itself; each level is given a tenth of the
    /// time of the one above.
    fn services(&mut self) -> Map<String, Value> {
        let mut services = Map::new();
        let mut callable: Vec<String> = Vec::new();
        let count = self.services.len();
        for index in (0..count).rev() {
            let (name, versions) = self.services[index].clone();
            let level = count - 1 - index;
            let mut bodies = Map::new();
            let mut added = Vec::new();
            for version in &versions {
                let body = self.body(&name, *version, level, &callable, index == 0);
                let commands: Vec<String> =
                    body["commands"].as_object().into_iter().flat_map(Map::keys).cloned().collect();
                let address = if versions.len() > 1 { format!("{name}.v{version}") } else { name.clone() };
                added.extend(commands.into_iter().map(|command| format!("{address}.{command}")));
                bodies.insert(version.to_string(), body);
            }
            callable.extend(added);
            let service = match versions.as_slice() {
                [version] => {
                    let mut body = bodies[&version.to_string()].clone();
                    body["version"] = json!(version);
                    body
                }
                _ => json!({ "versions": bodies }),
            };
            let service = self.described(service);
            services.insert(name, service);
        }
        services
    }

    fn body(&mut self, name: &str, version: u32, level: usize, callable: &[String], first: bool) -> Value {
        let count = self.rng.usize(1..4);
        let queues = if first { self.queues.clone() } else { Vec::new() };
        let heard: Vec<(String, String)> =
            self.events.clone().into_iter().filter(|_| first && version < 2 || self.one_in(2)).collect();
        let mut names = self.names(count + heard.len() + queues.len() + 1);
        let (mut commands, mut subscriptions, mut workers, mut schedules) =
            (Map::new(), Map::new(), Map::new(), Map::new());
        for _ in 0..count {
            let (input, output) = (if self.one_in(2) { self.own_type() } else { self.r#type() }, self.r#type());
            let mut command = json!({ "input": input, "output": output, "exposed": true });
            if TYPES.contains(&command["input"].as_str().unwrap_or_default()) && self.one_in(2) {
                command["idempotency"] = json!({ "key": self.one_of(&["id", "text"]), "keep": "7d" });
            } else {
                command["repeatable"] = json!(true);
            }
            if self.one_in(3) {
                command["rejection"] = json!("Refused");
            }
            if self.one_in(3) {
                command["retry"] = json!({ "attempts": 2, "backoff": "1ms..2ms" });
            }
            // Forty of what is called, with two attempts and a pause.
            command["timeout"] = json!(format!("{}s", 100_u64.pow(u32::try_from(level).unwrap_or(0))));
            let command = self.edges(command, callable);
            commands.insert(names.pop().unwrap_or_default(), command);
        }
        for (event, _) in heard {
            let mut subscription =
                json!({ "event": event, "delivery": "at_least_once", "dead_letter": true, "timeout": "100000s" });
            match self.rng.usize(..3) {
                0 => {
                    subscription["ordered"] = json!({ "key": self.one_of(&["id", "text"]) });
                    subscription["repeatable"] = json!(true);
                }
                1 => subscription["idempotency"] = json!({ "key": "id", "keep": "40d" }),
                _ => {
                    subscription["delivery"] = json!("at_most_once");
                    subscription["dead_letter"] = json!(false);
                    subscription["repeatable"] = json!(true);
                    if self.one_in(2) {
                        subscription["batch"] = json!({ "most": 10, "wait": "5ms" });
                    }
                }
            }
            if self.one_in(6) {
                subscription["environments"] = json!(["local"]);
            }
            let subscription = self.calls_alone(subscription, callable);
            subscriptions.insert(names.pop().unwrap_or_default(), subscription);
        }
        for (queue, _) in queues {
            let mut worker = json!({ "queue": queue, "concurrency": 2, "timeout": "250s", "repeatable": true });
            if self.one_in(3) {
                worker["batch"] = json!({ "most": 10, "wait": "5ms" });
            }
            let worker = self.described(worker);
            workers.insert(names.pop().unwrap_or_default(), worker);
        }
        if self.one_in(3) {
            let mut schedule = json!({ "every": "20ms", "single": self.one_in(2) });
            if self.one_in(3) {
                schedule["missed"] = json!("skip");
            }
            let schedule = self.edges(schedule, &[]);
            schedules.insert(names.pop().unwrap_or_default(), schedule);
        }
        let mut body = json!({
            "module": format!("{}::of_{name}_{version}", self.home),
            "commands": commands,
            "subscriptions": subscriptions,
            "workers": workers,
            "schedules": schedules,
        });
        if self.one_in(4) {
            body["secrets"] = json!([self.one_of(&WORDS)]);
        }
        body
    }

    /// An operation with some edges of every kind.
    fn edges(&mut self, mut operation: Value, callable: &[String]) -> Value {
        let events: Vec<String> = self.events.iter().map(|(name, _)| name.clone()).collect();
        let queues: Vec<String> = self.queues.iter().map(|(name, _)| name.clone()).collect();
        let states = self.states.clone();
        operation["emits"] = json!(self.some(&events));
        operation["enqueues"] = json!(self.some(&queues));
        for state in states {
            match self.rng.usize(..5) {
                0 => push(&mut operation, "reads", &state),
                1 => push(&mut operation, "updates", &state),
                2 => push(&mut operation, "writes", &state),
                _ => {}
            }
        }
        let sends =
            ["emits", "enqueues"].iter().any(|key| operation[key].as_array().is_some_and(|list| !list.is_empty()));
        if sends && (operation["writes"].is_array() || operation["updates"].is_array()) {
            operation["outbox"] = json!(true);
            operation["repeatable"] = json!(true);
        }
        if self.one_in(5) {
            operation["secrets"] = json!([self.one_of(&WORDS)]);
        }
        let operation = self.calls_alone(operation, callable);
        self.described(operation)
    }

    fn calls_alone(&mut self, mut operation: Value, callable: &[String]) -> Value {
        let called: Vec<String> = callable.iter().filter(|_| self.one_in(4)).take(4).cloned().collect();
        operation["invokes"] = match called.as_slice() {
            [one, other, rest @ ..] if self.one_in(2) => {
                let way = self.one_of(&["parallel", "either"]);
                let mut calls = vec![json!({ way: [one, { "command": other, "calls": 2 }] })];
                calls.extend(rest.iter().map(|command| json!(command)));
                json!(calls)
            }
            all => json!(all),
        };
        operation
    }
}

fn push(operation: &mut Value, key: &str, name: &str) {
    match operation[key].as_array_mut() {
        Some(list) => list.push(json!(name)),
        None => operation[key] = json!([name]),
    }
}
