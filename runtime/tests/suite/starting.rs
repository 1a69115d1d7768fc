//! How a unit starts: its environment, variables and secrets.

use pontoon::adapter::SecretAdapter;
use pontoon::adapter::Variables;
use pontoon::adapter::in_memory::{EnvSecrets, FileSecrets};
use pontoon::{Error, SecretError, SecretValue, StartError};

use crate::contract::{NewUser, secret, user};
use crate::script::Script;
use crate::unit::{Monolith, Resources};

fn launch() -> pontoon::Launch<Monolith> {
    pontoon::Launch::new(Resources { script: Script::new() })
}

async fn problems(launch: pontoon::Launch<Monolith>) -> Vec<String> {
    match launch.start().await {
        Ok(_) => panic!("it starts"),
        Err(Error::Rejected(never)) => match never {},
        Err(Error::Fault(fault)) => fault.cause().unwrap().downcast_ref::<StartError>().unwrap().problems.clone(),
    }
}

#[tokio::test]
async fn an_environment_is_named_by_a_variable() {
    let unit = launch().variables([("PONTOON_ENV", "local"), ("SMTP_PASSWORD", "x")]).start().await.unwrap();
    unit.client().invoke(user::SignUp, NewUser { email: "a".into() }).await.unwrap();
    unit.shutdown().await.unwrap();
}

#[tokio::test]
async fn there_is_no_silent_default() {
    let unset = problems(launch().variables([("SMTP_PASSWORD", "x")])).await;
    assert_eq!(unset, ["PONTOON_ENV is not set; set it to one of: local, staging"]);
    let other = problems(launch().variables([("SMTP_PASSWORD", "x"), ("PONTOON_ENV", "prod")])).await;
    assert_eq!(other, ["`prod` is no environment of monolith; it has: local, staging"]);
}

#[tokio::test]
async fn all_that_is_missing_is_reported_at_once() {
    let none: [(&str, &str); 0] = [];
    let problems = problems(launch().environment("staging").variables(none)).await;
    assert_eq!(problems.len(), 2, "{problems:?}");
    assert_eq!(problems[0], "the variable SECRETS_DIR is not set");
    assert!(problems[1].starts_with("the secret `smtp_password` is missing"), "{}", problems[1]);
}

#[tokio::test]
async fn secrets_come_from_a_folder() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir(folder.path().join("shop")).unwrap();
    let file = folder.path().join("shop/smtp_password");
    std::fs::write(&file, "one\r\n").unwrap();
    let dir = folder.path().to_str().unwrap();
    launch().environment("staging").variables([("SECRETS_DIR", dir)]).start().await.unwrap().shutdown().await.unwrap();

    let store = FileSecrets::new(folder.path().join("shop"));
    assert_eq!(store.read("smtp_password").await.unwrap().expose(), "one");
    std::fs::write(&file, "two\n\n").unwrap();
    assert_eq!(store.read("smtp_password").await.unwrap().expose(), "two\n", "a rotated one is seen, as it is");
    assert!(matches!(store.read("other").await, Err(SecretError::Missing { .. })));
    std::fs::write(&file, [0xff]).unwrap();
    assert!(matches!(store.read("smtp_password").await, Err(SecretError::Unreadable { .. })));
}

#[tokio::test]
async fn secrets_come_from_variables_and_do_not_show() {
    let store = EnvSecrets::new(Variables::of([("SMTP_PASSWORD", "very secret")]));
    let value = store.read("smtp_password").await.unwrap();
    assert_eq!(value.expose(), "very secret");
    assert_eq!(format!("{value:?} {:?}", Some(SecretValue::new("x"))), "SecretValue(…) Some(SecretValue(…))");
    let missing = store.read("other").await.unwrap_err();
    assert_eq!(missing.to_string(), "the secret `other` is missing: expected in the variable OTHER");
}

#[tokio::test]
async fn what_main_prints_says_everything() {
    let none: [(&str, &str); 0] = [];
    let Err(error) = launch().variables(none).start().await else { panic!("it starts") };
    let printed = format!("{error:?}");
    assert!(printed.starts_with("monolith cannot start:\n  - PONTOON_ENV is not set"), "{printed}");
}

/// A test's secrets and variables are the test's own.
#[tokio::test]
async fn in_memory_has_what_the_test_gives() {
    let start = || pontoon::generated::in_memory::<Monolith>(Resources { script: Script::new() });
    let Err(error) = start().await else { panic!("it has a secret") };
    let says = "the secret `smtp_password` is missing: expected in `in_memory(…).secret(secret::SmtpPassword, …)`";
    assert!(format!("{error:?}").contains(says), "{error:?}");
    let unit = start().secret(secret::SmtpPassword, "very secret").variable("SMTP_PASSWORD", "another").await.unwrap();
    unit.client().invoke(user::SignUp, NewUser { email: "ada".into() }).await.unwrap();
    unit.shutdown().await.unwrap();
    let unit = start().variable("SMTP_PASSWORD", "very secret").await.unwrap();
    unit.shutdown().await.unwrap();
}
