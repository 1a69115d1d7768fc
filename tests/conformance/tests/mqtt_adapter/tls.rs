//! Connections over TLS, with PEMs as texts and as files.

use pontoon::BridgeError;
use pontoon::adapter::{Mqtt, Tls};
use pontoon_brokers::{Broker, Certificates, Kind};

use crate::harness::{POLICY, Topology, URL, echo, message, output, problems, request, soon, take, text};

fn pem(path: &std::path::Path) -> pontoon::adapter::Template {
    text(std::fs::read_to_string(path).unwrap())
}

fn file(path: &std::path::Path) -> pontoon::adapter::Template {
    text(path.to_str().unwrap())
}

async fn works(url: &str, tls: Tls) {
    let topology = Topology::at(url);
    let adapter = topology.open(topology.settings().tls(tls)).await;
    echo(adapter.serve(topology.command));
    let ear = adapter.subscribe(topology.event, "tls.v1.hear", POLICY);
    let topic = adapter.topic(topology.event);
    soon(adapter.connect()).await.unwrap();
    assert_eq!(output(soon(adapter.request(request(topology.command, 1))).await), "1");
    soon(topic.publish(message(2))).await.unwrap();
    assert_eq!(take(&ear).await, 2);
    assert!(soon(ear.dead_letters(0)).await.unwrap().is_empty());
    soon(adapter.close()).await;
}

async fn is_denied(url: &str, tls: Tls) {
    let topology = Topology::at(url);
    let refused = soon(topology.open(topology.settings().tls(tls)).await.connect()).await;
    assert!(matches!(&refused, Err(BridgeError::Denied(why)) if why.to_string().contains("TLS")), "{refused:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_authority_of_ones_own_is_trusted_and_no_other() {
    let (ours, theirs) = (Certificates::new().unwrap(), Certificates::new().unwrap());
    let broker = Broker::configured(Kind::Mqtt).tls(&ours).user("ann", "secret").start().unwrap();
    let url = broker.url();
    works(&url, Tls::new().ca(pem(ours.ca()))).await;
    works(&url, Tls::new().ca(file(ours.ca()))).await;
    // `localhost` is in the certificate, too, and TLS is not for the URL alone to ask for.
    let plain = url.replace("mqtts://", "mqtt://").replace("127.0.0.1", "localhost");
    works(&plain, Tls::new().ca(pem(ours.ca()))).await;
    is_denied(&url, Tls::new().ca(pem(theirs.ca()))).await;
    is_denied(&url, Tls::new()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_shows_its_certificate() {
    let certificates = Certificates::new().unwrap();
    let broker = Broker::configured(Kind::Mqtt).mutual_tls(&certificates).start().unwrap();
    let trusting = Tls::new().ca(pem(certificates.ca()));
    let (certificate, key) = (certificates.client(), certificates.client_key());
    works(&broker.url(), trusting.certificate(pem(certificate)).key(pem(key))).await;
    works(&broker.url(), trusting.certificate(file(certificate)).key(file(key))).await;
    is_denied(&broker.url(), trusting).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_pem_is_said_and_not_shown() {
    let broken = text("-----BEGIN CERTIFICATE-----\nhidden\n-----END CERTIFICATE-----\n");
    let mqtt = Mqtt::new(URL, text("device")).tls(Tls::new().ca(broken));
    let found = problems(mqtt, "mqtts://localhost").await;
    assert!(found.len() == 1 && found[0].contains("`ca`") && !found[0].contains("hidden"), "{found:?}");
}
