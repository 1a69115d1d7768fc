//! Getting in: passwords, users, databases, TLS. What does not get in hears at once why.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use pontoon::adapter::StateAdapter;
use pontoon::adapter::{Redis, Template, Tls};
use pontoon::{Health, StoreError};
use pontoon_brokers::{Broker, Certificates, Kind};
use tokio::time::{sleep, timeout};

use super::{cli, open, state, text};

const PATIENCE: Duration = Duration::from_secs(60);

/// The store of a broker, without the user that may stand in its url.
fn at(broker: &Broker) -> Redis {
    Redis::new(text(broker.address()))
}

/// The path of a PEM.
fn pem(path: &Path) -> Template {
    text(path.to_str().unwrap())
}

/// Connects, writes and reads.
async fn gets_in(state: &Arc<dyn StateAdapter>) {
    timeout(PATIENCE, state.connect()).await.unwrap().unwrap();
    state.commit(Vec::new()).await.unwrap();
    assert!(state.get("users", "ada").await.unwrap().is_none());
    assert_eq!(state.health(), Health::Ready);
}

/// Is refused at once, for a reason that says so, and in which no password is.
async fn is_refused(state: &Arc<dyn StateAdapter>, reason: &str) {
    let ended = timeout(PATIENCE, state.connect()).await;
    match ended.unwrap_or_else(|_| panic!("it waits: {:?}", state.health())) {
        Err(error @ StoreError::Misconfigured(_)) => {
            let text = error.to_string();
            assert!(text.contains(reason) && !text.contains("secret"), "{text}");
        }
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn the_right_user_gets_in_and_nobody_else() {
    let broker = Broker::configured(Kind::Redis).user("ada", "secret1").start().unwrap();
    gets_in(&state(broker.url())).await;
    let user = |name, password| open(at(&broker).username(text(name)).password(text(password)));
    gets_in(&user("ada", "secret1")).await;
    is_refused(&user("ada", "secret2"), "WRONGPASS").await;
    is_refused(&user("bob", "secret1"), "WRONGPASS").await;
    is_refused(&state(broker.address()), "NOAUTH").await;
    is_refused(&open(at(&broker).password(text("secret1"))), "WRONGPASS").await;
}

#[tokio::test]
async fn a_database_has_a_number_that_there_is() {
    let broker = Broker::start(Kind::Redis).unwrap();
    let (first, other) = (state(broker.url()), state(format!("{}/3", broker.url())));
    gets_in(&first).await;
    gets_in(&other).await;
    let change = || pontoon::adapter::Change {
        collection: "users",
        key: "ada".into(),
        expect: pontoon::adapter::Expect::Absent,
        put: Some((b"1"[..].into(), None)),
    };
    first.commit(vec![change()]).await.unwrap();
    other.commit(vec![change()]).await.expect("another database is another store");
    is_refused(&state(format!("{}/99", broker.url())), "out of range").await;
}

/// A user who may not: an error that says so, and one attempt, not a storm of them.
#[tokio::test]
async fn what_a_user_may_not_do_is_an_error() {
    let broker = Broker::start(Kind::Redis).unwrap();
    cli(broker.port(), &["ACL", "SETUSER", "bob", "on", ">secret", "~*", "+@connection", "+@read"]);
    cli(broker.port(), &["ACL", "SETUSER", "eve", "on", ">secret", "~other:*", "+@all"]);
    let user = |name| open(at(&broker).username(text(name)).password(text("secret")));
    is_refused(&user("eve"), "NOPERM").await;
    let bob = user("bob");
    gets_in(&bob).await;
    let change = pontoon::adapter::Change {
        collection: "users",
        key: "ada".into(),
        expect: pontoon::adapter::Expect::Anything,
        put: None,
    };
    match bob.commit(vec![change]).await {
        Err(StoreError::Unavailable(error)) => assert!(error.to_string().contains("NOPERM"), "{error}"),
        other => panic!("{other:?}"),
    }
    let connections = cli(broker.port(), &["INFO", "stats"]);
    let received = connections.lines().find_map(|line| line.strip_prefix("total_connections_received:")).unwrap();
    assert!(received.trim().parse::<u32>().unwrap() < 10, "{received}");
}

/// While it runs: the health says why, and the store comes back by itself when it is let in again.
#[tokio::test]
async fn a_password_that_was_changed_while_it_ran() {
    let broker = Broker::start(Kind::Redis).unwrap();
    let state = state(broker.url());
    gets_in(&state).await;
    cli(broker.port(), &["CONFIG", "SET", "requirepass", "changed"]);
    let kill = |port| cli(port, &["-a", "changed", "--no-auth-warning", "CLIENT", "KILL", "TYPE", "normal"]);
    kill(broker.port());
    let refused = async {
        while !matches!(state.health(), Health::Degraded(reason) if reason.contains("NOAUTH")) {
            sleep(Duration::from_millis(10)).await;
        }
    };
    timeout(PATIENCE, refused).await.unwrap();
    match state.get("users", "ada").await {
        Err(StoreError::Unavailable(error)) => assert!(error.to_string().contains("NOAUTH"), "{error}"),
        other => panic!("{other:?}"),
    }
    cli(broker.port(), &["-a", "changed", "--no-auth-warning", "CONFIG", "SET", "requirepass", ""]);
    let back = async { while state.get("users", "ada").await.is_err() {} };
    timeout(PATIENCE, back).await.unwrap();
    assert_eq!(state.health(), Health::Ready);
}

#[tokio::test]
async fn over_tls_the_server_proves_who_it_is() {
    let made = Certificates::new().unwrap();
    let broker = Broker::configured(Kind::Redis).tls(&made).start().unwrap();
    let trusting = |ca| open(at(&broker).tls(Tls::new().ca(pem(ca))));
    gets_in(&trusting(made.ca())).await;
    let others = Certificates::new().unwrap();
    is_refused(&trusting(others.ca()), "certificate").await;
    let called = |url: String| open(Redis::new(text(url)).tls(Tls::new().ca(pem(made.ca()))));
    // Whatever the scheme says.
    gets_in(&called(format!("redis://localhost:{}", broker.port()))).await;
    let other_name = called(format!("rediss://127.0.0.2:{}", broker.port()));
    // Nobody listens there: it is waited for, and closing ends that.
    let (waited, ()) = tokio::join!(other_name.connect(), async {
        while !matches!(other_name.health(), Health::Degraded(reason) if reason.contains("refused")) {
            sleep(Duration::from_millis(10)).await;
        }
        other_name.close().await;
    });
    assert!(matches!(waited, Err(StoreError::Closed)), "{waited:?}");
}

#[tokio::test]
async fn over_tls_a_client_proves_who_it_is_where_that_is_asked_for() {
    let made = Certificates::new().unwrap();
    let broker = Broker::configured(Kind::Redis).mutual_tls(&made).user("ada", "secret").start().unwrap();
    let trusting = Tls::new().ca(pem(made.ca()));
    let with = |tls| open(Redis::new(text(broker.url())).tls(tls));
    let showing = |of: &Certificates| with(trusting.certificate(pem(of.client())).key(pem(of.client_key())));
    gets_in(&showing(&made)).await;
    is_refused(&with(trusting), "ertificate").await;
    let others = Certificates::new().unwrap();
    is_refused(&showing(&others), "alert").await;
}

/// A server without TLS does not get in for one with it. It may say nothing to what it does not understand, and then it
/// is taken for one that is away; but it is said what was asked.
#[tokio::test]
async fn plain_text_is_no_tls() {
    let broker = Broker::start(Kind::Redis).unwrap();
    let made = Certificates::new().unwrap();
    let encrypted = open(at(&broker).tls(Tls::new().ca(pem(made.ca()))));
    let waits = async {
        while !matches!(encrypted.health(), Health::Degraded(reason) if reason.contains("TLS")) {
            sleep(Duration::from_millis(10)).await;
        }
    };
    tokio::select! {
        connected = encrypted.connect() => assert!(matches!(connected, Err(StoreError::Misconfigured(_)))),
        waits = timeout(PATIENCE, waits) => waits.unwrap(),
    }
}
