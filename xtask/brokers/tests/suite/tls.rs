//! A broker with TLS shows a certificate of our authority, and with mutual TLS wants one. `openssl` is the client.

use pontoon_brokers::{Broker, Certificates, Kind};
use std::process::{Command, Stdio};

/// Whether a handshake succeeds, with a server that is verified, and whatever the server says to our certificate.
fn shakes_hands(broker: &Broker, certificates: &Certificates, with_client: bool) -> bool {
    let mut command = Command::new("openssl");
    command.args(["s_client", "-verify_return_error", "-verify_ip", "127.0.0.1", "-tls1_2", "-brief"]);
    command.args(["-connect", &format!("127.0.0.1:{}", broker.port())]).arg("-CAfile").arg(certificates.ca());
    if with_client {
        command.arg("-cert").arg(certificates.client()).arg("-key").arg(certificates.client_key());
    }
    // 1.2, because in 1.3 a client is through before the server has looked at its certificate.
    let output = command.stdin(Stdio::null()).output().unwrap();
    String::from_utf8_lossy(&output.stderr).contains("CONNECTION ESTABLISHED")
}

fn tls(kind: Kind, scheme: &str) {
    let [ours, others] = [Certificates::new().unwrap(), Certificates::new().unwrap()];
    let broker = Broker::configured(kind).tls(&ours).start().unwrap();
    assert!(broker.url().starts_with(&format!("{scheme}://127.0.0.1:")), "{}", broker.url());
    assert!(shakes_hands(&broker, &ours, false));
    assert!(!shakes_hands(&broker, &others, false));
    drop(broker);

    let broker = Broker::configured(kind).mutual_tls(&ours).start().unwrap();
    assert!(shakes_hands(&broker, &ours, true));
    assert!(!shakes_hands(&broker, &ours, false));
}

#[test]
fn of_rabbitmq() {
    tls(Kind::Amqp, "amqps");
}

#[test]
fn of_mosquitto() {
    tls(Kind::Mqtt, "mqtts");
}

#[test]
fn of_redis() {
    tls(Kind::Redis, "rediss");
}
