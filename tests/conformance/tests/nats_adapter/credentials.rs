//! Tokens, and credentials: a server that knows an operator alone, an account of its, and a user of that with a
//! `.creds` file.

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD as BASE64;
use nkeys::KeyPair;
use pontoon::adapter::{Nats, SubscriptionPolicy};
use pontoon_brokers::{Broker, Kind, Setup};
use serde_json::{Value, json};

use crate::harness::{EAR, Topology, echo, message, output, problems, request, soon, take, text};

/// Says something of somebody, signed:
/// <https://docs.nats.io/running-a-nats-service/configuration/securing_nats/auth_intro/jwt>.
fn jwt(issuer: &KeyPair, subject: &KeyPair, says: &Value) -> String {
    let header = json!({ "typ": "JWT", "alg": "ed25519-nkey" });
    let (iss, sub) = (issuer.public_key(), subject.public_key());
    let claims = json!({ "jti": sub, "iat": 1_700_000_000, "iss": iss, "name": "test", "sub": sub, "nats": says });
    let signed = [header, claims].map(|part| BASE64.encode(part.to_string())).join(".");
    let signature = issuer.sign(signed.as_bytes()).unwrap();
    format!("{signed}.{}", BASE64.encode(signature))
}

/// Somebody who may give users their credentials.
struct Account {
    operator: KeyPair,
    account: KeyPair,
    /// The server's own, without which it has no JetStream.
    system: KeyPair,
}

impl Account {
    fn new() -> Self {
        Self { operator: KeyPair::new_operator(), account: KeyPair::new_account(), system: KeyPair::new_account() }
    }

    /// A server that trusts the operator.
    fn server(&self) -> Setup {
        let operator = jwt(&self.operator, &self.operator, &json!({ "type": "operator", "version": 2 }));
        let (system, account) = (self.entry(&self.system, 0), self.entry(&self.account, -1));
        let accounts =
            format!("system_account: {}\nresolver_preload: {{\n{system}\n{account}\n}}", self.system.public_key());
        Broker::configured(Kind::Nats).lines(&format!("operator: {operator}\nresolver: MEMORY\n{accounts}"))
    }

    /// An account as the server has it, which may keep so much in JetStream; -1 is without limit.
    fn entry(&self, account: &KeyPair, kept: i64) -> String {
        let limits = json!({
            "subs": -1, "data": -1, "payload": -1, "imports": -1, "exports": -1, "wildcards": true, "conn": -1, "leaf": -1,
            "mem_storage": kept, "disk_storage": kept, "streams": kept, "consumer": kept,
        });
        let says = json!({ "type": "account", "version": 2, "limits": limits });
        format!("{}: {}", account.public_key(), jwt(&self.operator, account, &says))
    }

    /// What a `.creds` file of a new user has in it.
    fn credentials(&self) -> String {
        let user = KeyPair::new_user();
        let says = json!({ "type": "user", "version": 2, "subs": -1, "data": -1, "payload": -1 });
        let (jwt, seed) = (jwt(&self.account, &user, &says), user.seed().unwrap());
        format!(
            "-----BEGIN NATS USER JWT-----\n{jwt}\n------END NATS USER JWT------\n\n\
             -----BEGIN USER NKEY SEED-----\n{seed}\n------END USER NKEY SEED------\n"
        )
    }
}

/// A request and an event get through.
async fn gets_in(topology: Topology, nats: Nats) {
    let adapter = topology.open(nats, false).await;
    echo(adapter.serve(topology.command));
    let (topic, ear) =
        (adapter.topic(topology.event), adapter.subscribe(topology.event, EAR, SubscriptionPolicy::at_least_once()));
    soon(adapter.connect()).await.unwrap();
    assert_eq!(output(soon(adapter.request(request(topology.command, 1))).await), "1");
    soon(topic.publish(message(2))).await.unwrap();
    assert_eq!(take(&ear).await, 2);
    soon(adapter.close()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_user_gets_in_by_the_text_of_a_file_and_by_its_path() {
    let account = Account::new();
    let broker = account.server().start().unwrap();
    let topology = Topology::at(broker.url());
    gets_in(topology, topology.settings().credentials(text(account.credentials()))).await;
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("user.creds");
    std::fs::write(&file, account.credentials()).unwrap();
    gets_in(topology, topology.settings().credentials(text(file.to_str().unwrap()))).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_has_the_token_gets_in_and_nobody_else() {
    let broker = Broker::configured(Kind::Nats).lines("authorization { token: a_word }").start().unwrap();
    let topology = Topology::at(broker.url());
    gets_in(topology, topology.settings().token(text("a_word"))).await;
    for nats in [topology.settings().token(text("another")), topology.settings()] {
        let refused = soon(topology.open(nats, false).await.connect()).await;
        assert!(matches!(refused, Err(pontoon::BridgeError::Denied(_))), "{refused:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_user_of_somebody_else_does_not_get_in() {
    let broker = Account::new().server().start().unwrap();
    let topology = Topology::at(broker.url());
    let nats = topology.settings().credentials(text(Account::new().credentials()));
    let adapter = topology.open(nats, false).await;
    let refused = soon(adapter.connect()).await;
    assert!(matches!(refused, Err(pontoon::BridgeError::Denied(_))), "{refused:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_credentials_is_said_and_not_shown() {
    let broken = text("-----BEGIN NATS USER JWT-----\nhidden\n------END NATS USER JWT------\n");
    let found = problems(Nats::new(text("nats://localhost")).credentials(broken)).await;
    assert!(found.len() == 1 && found[0].contains("`credentials`") && !found[0].contains("hidden"), "{found:?}");
}
