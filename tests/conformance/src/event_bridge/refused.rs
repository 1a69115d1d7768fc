//! What the table calls refused: the compiler refuses it, with a rule that names the edge, the bridge and what would
//! do.

use pontoon_compiler::diagnostic::{Level, Style};
use pontoon_compiler::plan::Request;
use pontoon_compiler::read::{Files, Limits};
use pontoon_compiler::{Input, compile};
use pontoon_schema::capability::{Adapter, Bridge};
use pontoon_schema::document::Date;

use crate::event_bridge::Column;

/// A topology with one subscription, on the bridge of a column.
struct Topology(String);

impl Files for Topology {
    fn read(&self, path: &str) -> std::io::Result<Vec<u8>> {
        match path {
            "topology.yaml" => Ok(self.0.clone().into_bytes()),
            _ => Err(std::io::ErrorKind::NotFound.into()),
        }
    }
}

impl Topology {
    /// What is said about the subscription stands in `delivery`.
    fn with(column: Column, delivery: &str) -> Self {
        let bridge = match column.adapter() {
            Adapter::Custom => &written(&column.capability()),
            Adapter::Nats => "nats: { servers: \"${NATS_SERVERS}\" }",
            Adapter::Mqtt => "mqtt: { url: \"${MQTT_URL}\", client_id: \"${MQTT_CLIENT_ID}\" }",
            other => panic!("nothing is refused on {}", other.name()),
        };
        Self(format!(
            "\
pontoon: 1
name: refused
types: crate::contract
contract: crate
events:
  noted: {{ payload: Note }}
services:
  front:
    version: 1
    module: crate::front
    commands:
      post: {{ input: Note, output: (), emits: [noted], timeout: 1s, exposed: true }}
  back:
    version: 1
    module: crate::back
    subscriptions:
      hear: {{ event: noted, repeatable: true, {delivery} }}
environments:
  real:
    ephemeral: true
    event_bridge: {{ {bridge} }}
deployments:
  apart:
    pattern: microservices
    environments: [real]
    units: {{ front: [front], back: [back] }}
"
        ))
    }

    /// What the compiler says about it; the rules that it names first.
    fn report(&self) -> (Vec<&'static str>, String) {
        let input = Input {
            path: "topology.yaml",
            files: self,
            limits: Limits::default(),
            today: Date::from_unix_seconds(0),
            // What a build would generate is not asked here.
            request: &Request { contract: true, origin: "topology.yaml".to_owned(), ..Request::default() },
            code: None,
        };
        let compiled = compile(&input);
        let errors = compiled.findings.iter().filter(|finding| finding.level == Level::Error);
        let codes = errors.map(|error| error.code).collect();
        (codes, compiled.findings.render(&compiled.sources, Style::PLAIN))
    }
}

/// What an adapter from elsewhere is called here.
const CUSTOM: &str = "crate::Custom";

/// An adapter from elsewhere that can do this, of what is asked for here.
fn written(capabilities: &Bridge) -> String {
    let Bridge { durable, competing_consumers, dead_letter, crosses_processes, .. } = capabilities;
    format!(
        "custom: {{ adapter: \"{CUSTOM}\", capabilities: {{ durable: {durable}, competing_consumers: \
         {competing_consumers}, dead_letter: {dead_letter}, crosses_processes: {crosses_processes}, ordering: {} }} }}",
        capabilities.ordering.name()
    )
}

/// Asserts that a subscription is refused by one rule, with these words, and is not without what is refused.
fn assert_refused(column: Column, delivery: &str, rule: &str, words: &[&str]) {
    let (codes, report) = Topology::with(column, delivery).report();
    assert_eq!(codes, [rule], "{report}");
    let missing: Vec<_> = words.iter().filter(|word| !report.contains(**word)).collect();
    assert!(missing.is_empty(), "{missing:?} is missing in\n{report}");
    let (codes, report) = Topology::with(column, "delivery: at_least_once").report();
    assert!(codes.is_empty(), "{report}");
}

/// E05.
pub(super) fn order_by_key(column: Column) {
    let delivery = if column.is_at_most_once() { "at_most_once" } else { "at_least_once" };
    let delivery = format!("delivery: {delivery}, ordered: {{ key: key }}, concurrency: 4");
    let adapter = match column.adapter() {
        Adapter::Custom => CUSTOM,
        adapter => adapter.name(),
    };
    assert_refused(column, &delivery, "bridge_capability", &["back.hear", "real", adapter]);
}

/// E06, E07.
pub(super) fn attempts_at_most_once(column: Column) {
    let delivery = "delivery: at_most_once, attempts: 3";
    assert_refused(column, delivery, "repeated_at_most_once", &["back.hear", "attempts"]);
}

/// E08.
pub(super) fn dead_letters_at_most_once(column: Column) {
    let delivery = "delivery: at_most_once, dead_letter: true";
    assert_refused(column, delivery, "repeated_at_most_once", &["back.hear", "dead_letter"]);
}
