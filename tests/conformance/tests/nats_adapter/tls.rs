//! Connections over TLS, with PEMs as texts and as files.

use pontoon::adapter::{Nats, Tls};
use pontoon_brokers::{Broker, Certificates, Kind};

use crate::harness::{Topology, echo, output, problems, request, soon, text, until};

fn pem(path: &std::path::Path) -> pontoon::adapter::Template {
    text(std::fs::read_to_string(path).unwrap())
}

fn file(path: &std::path::Path) -> pontoon::adapter::Template {
    text(path.to_str().unwrap())
}

async fn answers(topology: Topology, nats: Nats) {
    let adapter = topology.open(nats, false).await;
    echo(adapter.serve(topology.command));
    soon(adapter.connect()).await.unwrap();
    assert_eq!(output(soon(adapter.request(request(topology.command, 1))).await), "1");
    soon(adapter.close()).await;
}

/// What the adapter says of why it is not connected.
async fn waits(topology: Topology, nats: Nats, why: &str) {
    let adapter = topology.open(nats, false).await;
    let connecting = {
        let adapter = std::sync::Arc::clone(&adapter);
        tokio::spawn(async move { adapter.connect().await })
    };
    until(why, || adapter.health().to_string().contains(why)).await;
    soon(adapter.close()).await;
    assert!(soon(connecting).await.unwrap().is_err());
}

#[tokio::test(flavor = "multi_thread")]
async fn an_authority_of_ones_own_is_trusted_and_no_other() {
    let (ours, theirs) = (Certificates::new().unwrap(), Certificates::new().unwrap());
    let broker = Broker::configured(Kind::Nats).tls(&ours).user("ann", "secret").start().unwrap();
    let topology = Topology::at(broker.url());
    let settings = topology.settings();
    answers(topology, settings.tls(Tls::new().ca(pem(ours.ca())))).await;
    answers(topology, settings.tls(Tls::new().ca(file(ours.ca())))).await;
    // `localhost` is in the certificate, too, and TLS is not for the URL alone to ask for.
    let url = broker.url().replace("tls://", "nats://").replace("127.0.0.1", "localhost");
    answers(topology, Nats::new(text(url)).tls(Tls::new().ca(pem(ours.ca())))).await;
    waits(topology, settings.tls(Tls::new().ca(pem(theirs.ca()))), "certificate").await;
    waits(topology, settings.tls(Tls::new()), "certificate").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_shows_its_certificate() {
    let certificates = Certificates::new().unwrap();
    let broker = Broker::configured(Kind::Nats).mutual_tls(&certificates).start().unwrap();
    let topology = Topology::at(broker.url());
    let trusting = Tls::new().ca(pem(certificates.ca()));
    let (certificate, key) = (certificates.client(), certificates.client_key());
    answers(topology, topology.settings().tls(trusting.certificate(pem(certificate)).key(pem(key)))).await;
    answers(topology, topology.settings().tls(trusting.certificate(file(certificate)).key(file(key)))).await;
    waits(topology, topology.settings().tls(trusting), "ertificate").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_pem_is_said_and_not_shown() {
    let broken = text("-----BEGIN CERTIFICATE-----\nhidden\n-----END CERTIFICATE-----\n");
    let nats = Nats::new(text("tls://localhost")).tls(Tls::new().ca(broken));
    let found = problems(nats).await;
    assert!(found.len() == 1 && found[0].contains("`ca`") && !found[0].contains("hidden"), "{found:?}");
}
