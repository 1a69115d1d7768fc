//! Connections over TLS.

use std::path::Path;

use pontoon::BridgeError;
use pontoon::adapter::{Amqp, SubscriptionPolicy, Tls};
use pontoon_brokers::{Broker, Certificates, Kind};

use crate::harness::{encrypted, message, name, problems, soon, take, text, with};

fn file(path: &Path) -> pontoon::adapter::Template {
    text(path.to_str().unwrap())
}

async fn denied(amqp: Amqp) -> String {
    match soon(with(amqp).await.connect()).await {
        Err(BridgeError::Denied(why)) => why.to_string(),
        other => panic!("{other:?}"),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn both_sides_prove_who_they_are() {
    let (certificates, others) = (Certificates::new().unwrap(), Certificates::new().unwrap());
    let broker = Broker::configured(Kind::Amqp).mutual_tls(&certificates).start().unwrap();
    let subject = name("event.secret");
    let ours = Tls::new()
        .ca(file(certificates.ca()))
        .certificate(file(certificates.client()))
        .key(file(certificates.client_key()));
    // The PEM itself, too; and TLS is used where it is asked for, whatever the scheme.
    let pem = std::fs::read_to_string(certificates.ca()).unwrap();
    let url = broker.url().replace("amqps://", "amqp://");
    for amqp in [encrypted(&broker.url(), ours), encrypted(&url, ours.ca(text(pem)))] {
        let adapter = with(amqp).await;
        let (topic, consumer) =
            (adapter.topic(subject), adapter.subscribe(subject, "email.v1.greet", SubscriptionPolicy::at_least_once()));
        soon(adapter.connect()).await.unwrap();
        soon(topic.publish(message(7))).await.unwrap();
        assert_eq!(take(&consumer).await, 7);
        adapter.close().await;
    }
    // Neither a broker of another authority nor a client without a certificate gets far; the broker's own certificate
    // is none of the system's.
    let why = denied(encrypted(&broker.url(), ours.ca(file(others.ca())))).await;
    assert!(why.contains("TLS") && why.contains("certificate"), "{why}");
    let why = denied(encrypted(&broker.url(), Tls::new().ca(file(certificates.ca())))).await;
    assert!(why.contains("TLS"), "{why}");
    let foreign = ours.certificate(file(others.client())).key(file(others.client_key()));
    let why = denied(encrypted(&broker.url(), foreign)).await;
    assert!(why.contains("TLS"), "{why}");
}

#[tokio::test]
async fn pems_that_are_none_are_problems_and_never_shown() {
    let certificates = Certificates::new().unwrap();
    let tls = Tls::new().ca(file(certificates.client_key()));
    let found = problems(encrypted("amqps://localhost", tls)).await;
    assert!(found.len() == 1 && found[0].contains("`ca`"), "{found:?}");
    let tls = Tls::new().certificate(file(certificates.client()));
    let found = problems(encrypted("amqps://localhost", tls)).await;
    assert!(found.len() == 1 && found[0].contains("`client_key`"), "{found:?}");
    let tls = Tls::new().certificate(file(certificates.client())).key(file(certificates.ca()));
    let found = problems(encrypted("amqps://localhost", tls)).await;
    assert!(found.len() == 1 && found[0].contains("`client_key` is no PEM of a private key"), "{found:?}");
    assert!(!found[0].contains("BEGIN"));
}
