//! The plan of the sample topology, which has every pattern and environment: as text, and where it matters as data.

use std::fs;
use std::path::Path;

use pontoon_compiler::plan::{Plan, Request, Way};

use super::compiled;

const SAMPLE: &str = include_str!("../../../schema/tests/sample.yaml");

fn plan() -> Plan {
    // The contract alone is generated, so that all deployments can stand in the plan.
    let compiled = compiled(SAMPLE, &Request { contract: true, ..Request::default() });
    compiled.plan.expect("the sample is planned")
}

#[test]
fn the_plan_reads_as_expected() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("generated/sample/plan.txt");
    let planned = plan().to_string();
    if std::env::var_os("PONTOON_BLESS").is_some() {
        fs::create_dir_all(path.parent().expect("a folder")).expect("the folder can be made");
        fs::write(&path, &planned).expect("the file can be written");
    }
    assert_eq!(
        planned,
        fs::read_to_string(&path).unwrap_or_default(),
        "PONTOON_BLESS=1 writes {} anew",
        path.display()
    );
}

#[test]
fn a_call_is_local_in_one_unit_and_a_request_between_two() {
    let plan = plan();
    let way = |deployment: &str| {
        let deployment = plan.deployments.iter().find(|it| it.name == deployment).expect("the deployment");
        let mut routes = deployment.routes.iter();
        let route = routes.find(|route| route.caller == "user.sign_up" && route.callee == "email.send_welcome");
        route.map(|route| route.way.clone())
    };
    assert!(matches!(way("monolith"), Some(Way::Local)));
    let Some(Way::Bridge { subject, units }) = way("microservices") else { panic!("not a request") };
    assert_eq!((subject.as_str(), units.as_slice()), ("shop.command.email.v1.send_welcome", &["mail".to_owned()][..]));
}

#[test]
fn units_start_after_those_they_call() {
    let plan = plan();
    let microservices = plan.deployments.iter().find(|it| it.name == "microservices").expect("the deployment");
    for environment in &microservices.environments {
        let at = |name: &str| environment.start.iter().position(|started| started == name);
        assert!(at("mail") < at("accounts"), "{:?}", environment.start);
        let reversed: Vec<&String> = environment.stop.iter().rev().collect();
        assert_eq!(reversed, environment.start.iter().collect::<Vec<_>>());
    }
}

#[test]
fn a_unit_serves_what_is_exposed_or_called_from_another() {
    let plan = plan();
    let served = |deployment: &str, unit: &str| -> Vec<String> {
        let deployment = plan.deployments.iter().find(|it| it.name == deployment).expect("the deployment");
        let unit = deployment.units.iter().find(|it| it.name == unit).expect("the unit");
        unit.serves.iter().map(|served| served.command.clone()).collect()
    };
    assert_eq!(served("microservices", "mail"), ["email.send_welcome"]);
    assert_eq!(served("monolith", "monolith"), ["user.find"]);
}
