//! Resolving small topologies.

use std::io;

use super::resolve;
use crate::diagnostic::{Diagnostic, Findings};
use crate::read::{Files, Limits, read};
use crate::source::Sources;
use crate::topology::{Handler, Id, Origin, ServiceId, Timetable, Topology, UnitId};

struct Text<'a>(&'a str);

impl Files for Text<'_> {
    fn read(&self, _: &str) -> io::Result<Vec<u8>> {
        Ok(self.0.as_bytes().to_owned())
    }
}

fn run(text: &str) -> (Option<Topology>, Findings, Sources) {
    let (mut sources, mut findings) = (Sources::default(), Findings::default());
    let source = read("topology.yaml", &Text(text), Limits::default(), &mut sources, &mut findings);
    assert!(findings.is_empty(), "read: {findings:?}");
    let topology = resolve(&source.expect("it was read"), &mut findings);
    (topology, findings, sources)
}

fn resolved(text: &str) -> Topology {
    let (topology, findings, _) = run(text);
    topology.unwrap_or_else(|| panic!("{findings:#?}"))
}

/// The findings as `code: message | first label @ its text | help`.
fn refused(text: &str) -> Vec<String> {
    let (topology, findings, sources) = run(text);
    assert!(topology.is_none());
    let shown = |finding: &Diagnostic| {
        let label = &finding.labels[0];
        let help = finding.help.as_deref().unwrap_or_default();
        format!("{}: {} | {} @ {} | {help}", finding.code, finding.message, label.text, sources.text(label.span))
    };
    findings.iter().map(shown).collect()
}

fn assert_finds(text: &str, expected: &[&str]) {
    let found = refused(text);
    for expected in expected {
        assert!(found.iter().any(|found| found.contains(expected)), "not found: {expected}\nin {found:#?}");
    }
    assert_eq!(found.len(), expected.len(), "{found:#?}");
}

const HEAD: &str = "pontoon: 1\nname: shop\ntypes: crate::contract\n";

#[test]
fn versions_are_entries_that_share_a_name() {
    let topology = resolved(
        "
pontoon: 1
name: shop
types: shop_contract
contract: shop_contract
services:
  user:
    version: 1
    module: shop_user
    resources: Pools
    commands:
      sign_up: { input: 'Map<NewUser, u8>', output: (), invokes: [email.v2.send], handler: Register }
  email:
    versions:
      1: { module: shop_email::v1, commands: { send: { input: Mail, output: () } } }
      2: { module: shop_email::v2, commands: { send: { input: 'Vec<money::Amount>', output: '[u8; 32]' } } }
",
    );
    assert_eq!(topology.contract.value.as_str(), "shop_contract::topology");
    let addresses: Vec<String> = topology.handlers().map(|handler| topology.address(handler)).collect();
    assert_eq!(addresses, ["user.sign_up", "email.v1.send", "email.v2.send"]);
    let commands: Vec<_> = topology.commands.values().collect();
    assert_eq!(commands[0].input.value.as_str(), "shop_contract::Map<shop_contract::NewUser, u8>");
    assert_eq!(commands[0].operation.handler.value.as_str(), "shop_user::Register");
    assert_eq!(commands[1].operation.handler.value.as_str(), "shop_email::v1::Send");
    assert_eq!(commands[2].input.value.as_str(), "Vec<money::Amount>");
    assert_eq!(commands[2].output.value.as_str(), "[u8; 32]");
    let callee = commands[0].operation.edges.invokes[0].command.value;
    assert_eq!(topology.full_address(Handler::Command(callee)), "email.v2.send");
    let user = &topology.services[ServiceId(0)];
    assert_eq!(user.resources.value.as_str(), "shop_user::Pools");
    assert!(!user.has_siblings);
    assert!(topology.services[ServiceId(2)].has_siblings);
}

#[test]
fn defaults_are_filled_in() {
    let topology = resolved(&format!(
        "{HEAD}
events: {{ tick: {{ payload: Tick }} }}
queues: {{ jobs: {{ payload: Job, backoff: 1s..1m }} }}
services:
  clock:
    version: 1
    module: crate::clock
    secrets: [key]
    subscriptions:
      hear: {{ event: tick }}
      notice: {{ event: tick, delivery: at_most_once }}
    workers: {{ work: {{ queue: jobs, secrets: [pin] }} }}
    schedules: {{ nightly: {{ cron: '0 3 * * *', emits: [{{ event: tick, payload: Tick }}] }} }}
deployments: {{ all: {{ pattern: monolith, environments: [local] }} }}
environments: {{ local: {{ ephemeral: true, event_bridge: in_memory }} }}
"
    ));
    let subscriptions: Vec<_> = topology.subscriptions.values().collect();
    assert_eq!((subscriptions[0].attempts.value, subscriptions[1].attempts.value), (5, 1));
    assert!(subscriptions[0].bound.is_none() && subscriptions[0].when_full.is_none());
    assert_eq!(subscriptions[0].attempts.span, subscriptions[0].operation.name.span);
    let worker = topology.workers.values().next().expect("a worker");
    assert_eq!(worker.backoff.value.first.as_secs(), 1);
    let schedule = topology.schedules.values().next().expect("a schedule");
    assert_eq!(schedule.timetable.value, Timetable::Cron("0 3 * * *".to_owned()));
    assert!(schedule.operation.edges.emits[0].payload.is_some());
    let secrets = |handler| {
        let secrets = topology.secrets_of(handler);
        secrets.map(|secret| topology.secrets[secret.value].name.value.as_str()).collect::<Vec<_>>()
    };
    let handlers: Vec<Handler> = topology.handlers().collect();
    assert_eq!(secrets(handlers[0]), ["key"]);
    assert_eq!(secrets(handlers[2]), ["key", "pin"]);
    let deployment = topology.deployments.values().next().expect("a deployment");
    assert_eq!(deployment.grace.value.as_secs(), 30);
    assert_eq!(topology.units[deployment.units[0]].name.value, "all");
}

#[test]
fn environments_inherit_key_by_key() {
    let topology = resolved(&format!(
        "{HEAD}
environments:
  production: {{ extends: staging, event_bridge: {{ nats: {{ servers: '${{NATS:-localhost}}', credentials: '${{secret:nats}}' }} }} }}
  staging:
    event_bridge: {{ amqp: {{ url: '${{AMQP_URL}}', tls: disabled }} }}
    queue_bridge: {{ redis: {{ url: '${{REDIS_URL}}' }} }}
    state_store: {{ redis: {{ url: '${{REDIS_URL}}', ca: ca.pem }} }}
    secret_store: env
  local: {{ extends: staging, ephemeral: true }}
"
    ));
    let environments: Vec<_> = topology.environments.values().collect();
    let bridge = |index: usize| environments[index].event_bridge.as_ref().expect("a bridge");
    assert_eq!(bridge(0).adapter.value.name(), "nats");
    assert!(bridge(0).tls.value && !bridge(1).tls.value);
    let queue = |index: usize| environments[index].queue_bridge.as_ref().expect("a bridge");
    assert_eq!(queue(0).key, queue(1).key);
    assert!(queue(0).tls.value && !queue(2).tls.value);
    // Whoever says whom to trust wants it encrypted, wherever it is.
    assert!(environments[2].state_store.as_ref().expect("a store").tls.value);
    let references = |index: usize| {
        let references = environments[index].references();
        references.map(|it| (it.value.origin, it.value.name.as_str())).collect::<Vec<_>>()
    };
    let redis = (Origin::Variable, "REDIS_URL");
    let nats = [(Origin::Variable, "NATS"), (Origin::Secret, "nats"), redis, redis];
    assert_eq!(references(0), nats);
    assert!(environments[0].is_hard() && !environments[2].is_hard());
}

#[test]
fn patterns_have_units_of_their_own() {
    let topology = resolved(&format!(
        "{HEAD}
services:
  a: {{ version: 1, module: crate::a, commands: {{ one: {{ input: (), output: (), invokes: [b.v2.two] }} }} }}
  b:
    versions:
      1: {{ module: crate::b1, commands: {{ two: {{ input: (), output: () }} }} }}
      2: {{ module: crate::b2, commands: {{ two: {{ input: (), output: () }} }} }}
  c: {{ version: 1, module: crate::c }}
environments: {{ local: {{ ephemeral: true }} }}
deployments:
  each: {{ pattern: microservices, environments: [local] }}
  some: {{ pattern: edge, environments: [local], units: {{ device: [a], cloud: [b.v1] }} }}
  lambda: {{ pattern: serverless, environments: [local], commands: [a.one] }}
"
    ));
    let units = |index: u32| {
        let deployment = topology.deployments.values().nth(index as usize).expect("a deployment");
        let units = deployment.units.iter().map(|unit: &UnitId| &topology.units[*unit]);
        let shown = units.map(|unit| {
            let services = unit.services.iter().map(|it| topology.service_address(it.value));
            format!("{}: {}", unit.name.value, services.collect::<Vec<_>>().join(" "))
        });
        (shown.collect::<Vec<_>>().join(", "), deployment.services.len())
    };
    assert_eq!(units(0), ("a: a, b: b.v1 b.v2, c: c".to_owned(), 4));
    assert_eq!(units(1), ("device: a, cloud: b.v1".to_owned(), 2));
    assert_eq!(units(2), ("a_one: a b.v2".to_owned(), 2));
    assert_eq!(topology.units.ids().last().map(Id::index), Some(5));
}

#[test]
fn unknown_references_are_reported_together() {
    let text = format!(
        "{HEAD}
events: {{ user_signed_up: {{ payload: User }} }}
queues: {{ invoices: {{ payload: Invoice }} }}
services:
  user:
    version: 1
    module: crate::user
    commands:
      sign_up:
        input: User
        output: ()
        invokes: [emial.send_welcome, email.send_welcom, email.v3.send_welcome, email.greet, mail.nothing, user.send_welcome]
        emits: [user_singed_up, invoices]
        enqueues: [user_signed_up]
        writes: [users]
  email:
    version: 1
    module: crate::email
    commands: {{ send_welcome: {{ input: User, output: () }} }}
    subscriptions: {{ greet: {{ event: user_signed_up }} }}
environments: {{ local: {{ extends: lokal }} }}
deployments: {{ all: {{ pattern: monolith, services: [user.v2], environments: [lcal] }} }}
allow: [{{ rule: unheard_event, at: events.user_signd_up, reason: none }}]
"
    );
    assert_finds(
        &text,
        &[
            "there is no service `emial` | did you mean `email.send_welcome`? @ emial.send_welcome | write `email.send_welcome`",
            "there is no command `send_welcom` in the service `email` | did you mean `email.send_welcome`? @ email.send_welcom |",
            "there is no version 3 of the service `email` | `email` has no v3 @ email.v3.send_welcome | write `email.v1.send_welcome`",
            "`email.greet` is a subscription, not a command @ email.greet | an event starts it",
            "there is no service `mail` | did you mean `email.nothing`?",
            "there is no command `send_welcome` in the service `user` | it has no such command @ user.send_welcome | the command `send_welcome` belongs to `email`",
            "there is no event `user_singed_up` | did you mean `user_signed_up`? @ user_singed_up | write `user_signed_up`",
            "there is no event `invoices` | `invoices` is a queue, not an event @ invoices | a queue is named in `enqueues:`",
            "there is no queue `user_signed_up` | `user_signed_up` is an event, not a queue @ user_signed_up | an event is named in `emits:`",
            "there is no state collection `users` | this topology has no state @ users | define it under `state:`",
            "there is no environment `lokal` | did you mean `local`? @ lokal",
            "there is no version 2 of the service `user` | `user` has no v2 @ user.v2 | write `user.v1`",
            "there is no environment `lcal` | did you mean `local`? @ lcal",
            "there is no `events.user_signd_up` in this topology | `events` has no `user_signd_up`: did you mean `user_signed_up`?",
        ],
    );
}

#[test]
fn a_version_that_is_missing_is_asked_for() {
    let text = format!(
        "{HEAD}
services:
  user: {{ version: 1, module: crate::user, commands: {{ go: {{ input: (), output: (), invokes: [email.send] }} }} }}
  email:
    versions:
      1: {{ module: crate::e1, commands: {{ send: {{ input: (), output: () }} }} }}
      2: {{ module: crate::e2, commands: {{ send: {{ input: (), output: () }} }} }}
"
    );
    let expected = "ambiguous_version: `email.send` does not say which version of `email` it means | a version is missing \
                    here @ email.send | write `email.v1.send` or `email.v2.send`";
    assert_finds(&text, &[expected]);
}

#[test]
fn paths_and_types_are_what_generated_code_can_name() {
    let text = "
pontoon: 1
name: shop
events:
  one: { payload: Lonely }
  two: { payload: crate::type::X }
  three: { payload: 'Vec<>>' }
  four: { payload: 'fn(u8)' }
  five: { payload: super::X }
services:
  user: { version: 1, module: self::user, commands: { go: { input: (), output: u8, handler: 'fn' } } }
  mail: { version: 1 }
";
    assert_finds(
        text,
        &[
            "`Lonely` is not a type that can be used here | this topology does not say where `Lonely` is found",
            "`crate::type::X` is not a type that can be used here | Rust reads it and says",
            "`Vec<>>` is not a type that can be used here | Rust reads it and says",
            "`fn(u8)` is not a type that can be used here | payloads are types with a name",
            "`super::X` is not a type that can be used here | `super` means another place",
            "`self::user` is not a path that can be used here | `self` means another place",
            "`fn` is not a path that can be used here | `fn` is a word that Rust keeps for itself",
            "missing_key: the service `mail` does not say where its handlers are | `module:` is missing here @ mail",
        ],
    );
}

#[test]
fn deep_types_are_refused_before_they_are_parsed() {
    let deep = format!("{}u8{}", "(".repeat(200), ")".repeat(200));
    assert_finds(
        &format!("{HEAD}\nevents: {{ one: {{ payload: '{deep}' }} }}"),
        &["it has more than 32 brackets in each other"],
    );
}

#[test]
fn names_that_become_one_collide() {
    let text = format!(
        "{HEAD}
events:
  check_2fa: {{ payload: uuid::Uuid }}
  check2fa: {{ payload: u8 }}
  type: {{ payload: u8 }}
  string: {{ payload: u8 }}
services:
  client: {{ version: 1, module: crate::client }}
  uuid: {{ version: 1, module: crate::ids }}
  all:
    version: 1
    module: crate::all
    commands: {{ greet: {{ input: (), output: () }} }}
    subscriptions: {{ greet: {{ event: check_2fa }} }}
environments: {{ local: {{ ephemeral: true }} }}
deployments: {{ all: {{ pattern: monolith, environments: [local, local] }} }}
"
    );
    assert_finds(
        &text,
        &[
            "duplicate_name: `local` is named twice | named again here @ local",
            "a service can't be called `client` | `client` is the module of the typed client",
            "`uuid` is a service and a crate",
            "`all` is a service and a deployment",
            "`check_2fa` and `check2fa` become one name in Rust: `Check2fa`",
            "an event can't be called `type` | a word that Rust keeps for itself",
            "an event can't be called `string` | generated code would hide Rust's own `String`",
            "`greet` is a command and a subscription",
        ],
    );
}

#[test]
fn environments_in_a_circle_and_stores_that_are_missing() {
    let text = format!(
        "{HEAD}
environments:
  a: {{ extends: b }}
  b: {{ extends: a }}
"
    );
    assert_finds(&text, &["environments extend each other in a circle: a → b → a | `a` extends `b` @ b"]);
    let text = format!(
        "{HEAD}
environments:
  a: {{ event_bridge: {{ amqp: {{ url: '${{secret:amqp}}' }} }} }}
  b: {{ extends: a }}
  c: {{ secret_store: {{ file: {{ folder: '${{secret:folder}}' }} }} }}
"
    );
    assert_finds(
        &text,
        &[
            "`${secret:amqp}` is read from a secret_store, and the environment `a` has none",
            "the secret_store of `c` would have to be open to read how it is opened",
        ],
    );
}

#[test]
fn ways_of_authentication_are_those_of_an_environment() {
    let text = |way: &str| {
        format!(
            "{HEAD}
services:
  user:
    version: 1
    module: crate::user
    commands:
      go: {{ input: (), output: (), http: {{ route: POST /go, authentication: {way} }} }}
environments:
  production: {{ authentication: {{ staff: {{ api_key: {{ key: '${{KEY}}' }} }} }} }}
"
        )
    };
    for way in ["staff", "none"] {
        let topology = resolved(&text(way));
        let command = topology.commands.values().next().expect("a command");
        let http = command.http.as_ref().expect("a route");
        assert_eq!(http.value.route.value.to_string(), "POST /go");
        assert!(http.value.authentication.as_ref().is_some_and(|it| it.value == way));
    }
    assert_finds(&text("staf"), &["there is no way of authentication `staf` | did you mean `staff`? @ staf"]);
}

#[test]
fn large_topologies_have_all_their_units() {
    let mut text = format!("{HEAD}services:\n");
    for service in 0..200 {
        text.push_str(&format!("  s{service}:\n    version: 1\n    module: crate::s{service}\n    commands:\n"));
        for command in 0..10 {
            let callee = (service + 1).min(199);
            let edge = if callee > service { format!(", invokes: [s{callee}.c{command}]") } else { String::new() };
            text.push_str(&format!("      c{command}: {{ input: In, output: 'Option<Out>'{edge} }}\n"));
        }
    }
    text.push_str("environments: { local: { ephemeral: true } }\ndeployments:\n");
    for deployment in 0..50 {
        text.push_str(&format!("  d{deployment}: {{ pattern: monolith, environments: [local] }}\n"));
    }
    let topology = resolved(&text);
    assert_eq!(topology.commands.len(), 2_000);
    assert_eq!(topology.units.len(), 50);
    text.push_str("  lambda: { pattern: serverless, environments: [local] }\n");
    let topology = resolved(&text);
    assert_eq!(topology.units.len(), 2_050);
}

#[test]
fn units_times_versions_have_a_limit() {
    let mut text = format!("{HEAD}services:\n  s:\n    versions:\n");
    for version in 1..=1_500 {
        text.push_str(&format!("      {version}: {{ module: crate::s }}\n"));
    }
    text.push_str("environments: { local: { ephemeral: true } }\ndeployments:\n  d:\n    pattern: edge\n");
    text.push_str("    environments: [local]\n    units:\n");
    for unit in 0..1_000 {
        text.push_str(&format!("      u{unit}: [s]\n"));
    }
    assert_finds(&text, &["input_limit: the deployments of this topology bundle services more than 1000000 times"]);
}
