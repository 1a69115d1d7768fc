//! What a build gets of a topology, by what it asks for.

use pontoon_compiler::plan::Request;

use super::expected::generated;
use super::{asking, assert_says, report, request};

const MICROSERVICES: &str = include_str!("../../generated/microservices/topology.yaml");
const QUICKSTART: &str = include_str!("../../generated/quickstart/topology.yaml");

#[test]
fn the_units_that_are_asked_for_are_generated() {
    let files = |deployments: &[&str]| -> Vec<String> {
        let asked = asking(deployments, &[]);
        generated(MICROSERVICES, &asked).into_iter().map(|file| file.name).filter(|name| name.contains("ser")).collect()
    };
    assert_eq!(files(&["microservices.mail"]), ["user.rs", "microservices.mail.rs"]);
    let all = ["microservices.accounts.rs", "microservices.mail.rs", "microservices.billing.rs"];
    assert_eq!(files(&["microservices"])[1..], all);
    assert_eq!(files(&["monolith"]), ["user.rs"]);
    let said = report(MICROSERVICES, &asking(&["microservices.mial"], &[]));
    assert_says(&said, &["there is no unit `microservices.mial`", "did you mean `microservices.mail`?"]);
}

#[test]
fn a_client_is_generated_where_it_reaches_somebody() {
    let has_client =
        |text: &str, request: &Request| generated(text, request).iter().any(|file| file.name == "client.rs");
    let asked = |environments: &[&str]| Request { client: true, ..asking(&[], environments) };
    assert!(has_client(MICROSERVICES, &request("shop")));
    assert!(has_client(MICROSERVICES, &asked(&["production"])));
    assert!(!has_client(MICROSERVICES, &asking(&["microservices"], &[])));
    assert!(!has_client(MICROSERVICES, &asking(&[], &["local"])));
    assert!(has_client(QUICKSTART, &asked(&[])), "production cannot be generated for units, but for callers");
    let said = report(MICROSERVICES, &asked(&["local"]));
    assert_says(&said, &["pontoon::unbridged_edge", "reaches nobody", "event_bridge: in_memory", "drop `.client()`"]);
}
