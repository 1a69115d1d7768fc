//! What a build may ask for in vain.

use pontoon_compiler::plan::Request;

use super::{asking, assert_says, report, request};

const MICROSERVICES: &str = include_str!("../../generated/microservices/topology.yaml");
const QUICKSTART: &str = include_str!("../../generated/quickstart/topology.yaml");

/// The quickstart with a deployment that this version does not generate.
fn with_functions() -> String {
    QUICKSTART.to_owned() + "  functions: { pattern: serverless, environments: [production], commands: [user.find] }\n"
}

#[test]
fn a_pattern_that_is_only_planned_is_refused_where_it_stands() {
    let report = report(&with_functions(), &asking(&["functions"], &[]));
    assert_says(
        &report,
        &["pontoon::not_yet_emitted", "functions: { pattern: serverless", ".deployment(\"monolith\")"],
    );
}

#[test]
fn an_adapter_that_is_only_planned_is_refused_where_it_stands() {
    let report = report(QUICKSTART, &asking(&["monolith"], &["production"]));
    assert_says(
        &report,
        &[
            "pontoon::not_yet_emitted",
            "secret_store: { aws:",
            "today `secret_store:` can be `env` or `file`",
            ".environment(\"…\")",
        ],
    );
}

#[test]
fn a_setting_from_a_config_store_is_refused_where_it_stands() {
    let configured = MICROSERVICES
        .replace("${NATS_SERVERS}", "${config:nats_servers}")
        .replace("provision: verify", "config_store: env");
    let said = report(&configured, &asking(&["microservices"], &["production"]));
    assert_says(
        &said,
        &["servers: ${config:nats_servers}", "code for `${config:nats_servers}` comes in a later version"],
    );
}

#[test]
fn a_monolith_of_several_units_is_refused() {
    let cut = QUICKSTART.replace("pattern: monolith,", "pattern: monolith, units: { one: [user], other: [email] },");
    assert_says(
        &report(&cut, &asking(&["monolith"], &["local"])),
        &["a monolith with several units", "leave `units:` out"],
    );
}

#[test]
fn what_nobody_asks_for_by_name_is_left_out() {
    assert_eq!(report(&with_functions(), &request("shop")), report(QUICKSTART, &request("shop")));
}

#[test]
fn nothing_at_all_to_generate_is_refused() {
    let only = QUICKSTART.replace("environments: [local, ci, production]", "environments: [production]");
    assert_says(&report(&only, &request("shop")), &["pontoon::not_yet_emitted", "secret_store: { aws:"]);
}

#[test]
fn names_that_the_topology_does_not_have_are_refused() {
    let said = report(QUICKSTART, &asking(&["monolit"], &["locl"]));
    assert_says(&said, &["pontoon::unknown_reference", "did you mean `monolith`?", "did you mean `local`?"]);
    let said = report(QUICKSTART, &asking(&["monolith.mail"], &[]));
    assert_says(&said, &["there is no unit `monolith.mail`", "monolith.monolith"]);
    let said = report(QUICKSTART, &Request { services: vec!["usr".to_owned()], ..request("shop") });
    assert_says(&said, &["there is no service `usr`", "did you mean `user`?"]);
}

#[test]
fn the_contract_of_another_crate_is_refused() {
    let text = include_str!("../../generated/crates/topology.yaml");
    let said = report(text, &Request { contract: true, ..request("shop_app") });
    assert_says(&said, &["which another crate holds", "shop_contract::crates"]);
}

#[test]
fn an_environment_that_a_deployment_does_not_run_in_is_refused() {
    let text = QUICKSTART.replace("environments: [local, ci, production]", "environments: [local]");
    assert_says(
        &report(&text, &asking(&["monolith"], &["ci"])),
        &["does not run in environment `ci`", "it runs in local"],
    );
}

#[test]
fn adapters_that_pontoon_was_built_without_are_refused_where_they_stand() {
    let with = |features: &[&str], asked: Request| {
        let features = features.iter().map(|feature| (*feature).to_owned()).collect();
        report(MICROSERVICES, &Request { features: Some(features), ..asked })
    };
    let said = with(&["nats"], request("shop"));
    let places = ["amqp:\n", "redis:\n", "`staging` connects to `amqp`, encrypted: needs `amqp` and `tls`"];
    assert_says(&said, &["pontoon::missing_adapter_feature", "features `amqp`, `redis` and `tls`"]);
    assert_says(&said, &places);
    assert_says(&said, &["pontoon = { version = \"0.1\", features = [\"amqp\", \"nats\", \"redis\", \"tls\"]"]);
    assert_eq!(with(&["amqp", "nats", "redis", "tls"], request("shop")), "");
    // What is not generated here is not looked at: a monolith in memory, a client that needs no state.
    assert_eq!(with(&[], asking(&["monolith"], &[])), "");
    let client = |environment: &str| Request { client: true, ..asking(&[], &[environment]) };
    assert_eq!(with(&["nats"], client("production")), "");
    assert_says(&with(&["nats"], client("staging")), &["without the features `amqp` and `tls`"]);
}

#[test]
fn a_time_zone_that_pontoon_was_built_without_is_refused_where_it_stands() {
    let with = |features: &[&str], asked: Request| {
        let features = features.iter().map(|feature| (*feature).to_owned()).collect();
        report(QUICKSTART, &Request { features: Some(features), ..asked })
    };
    let said = with(&[], asking(&["monolith"], &["local"]));
    assert_says(&said, &["pontoon::missing_adapter_feature", "without the feature `zones`", "zone: Europe/Berlin"]);
    assert_says(&said, &["pontoon = { version = \"0.1\", features = [\"zones\"]"]);
    assert_eq!(with(&["zones"], asking(&["monolith"], &["local"])), "");
    // The contract names it, and does not go by it.
    assert_eq!(with(&[], Request { contract: true, ..request("shop") }), "");
}
