//! Getting in: passwords, users, databases, TLS. What does not get in hears at once why.

use std::fs::read_to_string;
use std::path::Path;
use std::time::Duration;

use pontoon::store::StateAdapter;
use pontoon::store::redis::{Certificates, RedisConnection, RedisState};
use pontoon::{Health, SecretValue, StoreError};
use pontoon_brokers::{Broker, Kind};
use tokio::time::{sleep, timeout};

use super::{cli, state};

const PATIENCE: Duration = Duration::from_secs(60);

fn with(broker: &Broker, change: impl FnOnce(&mut RedisConnection)) -> RedisState {
    let mut connection = RedisConnection { url: broker.address(), ..RedisConnection::default() };
    change(&mut connection);
    RedisState::new("shop", connection).unwrap()
}

/// Connects, writes and reads.
async fn gets_in(state: &RedisState) {
    timeout(PATIENCE, state.connect()).await.unwrap().unwrap();
    state.commit(Vec::new()).await.unwrap();
    assert!(state.get("users", "ada").await.unwrap().is_none());
    assert_eq!(state.health(), Health::Ready);
}

/// Is refused at once, for a reason that says so, and in which no password is.
async fn is_refused(state: &RedisState, reason: &str) {
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
    let user = |name: &str, password: &str| {
        with(&broker, |to| {
            to.username = Some(name.into());
            to.password = Some(SecretValue::new(password));
        })
    };
    gets_in(&user("ada", "secret1")).await;
    is_refused(&user("ada", "secret2"), "WRONGPASS").await;
    is_refused(&user("bob", "secret1"), "WRONGPASS").await;
    is_refused(&state(broker.address()), "NOAUTH").await;
    is_refused(&with(&broker, |to| to.password = Some(SecretValue::new("secret1"))), "WRONGPASS").await;
}

#[tokio::test]
async fn a_database_has_a_number_that_there_is() {
    let broker = Broker::start(Kind::Redis).unwrap();
    let (first, other) = (state(broker.url()), state(format!("{}/3", broker.url())));
    gets_in(&first).await;
    gets_in(&other).await;
    let change = || pontoon::store::Change {
        collection: "users",
        key: "ada".into(),
        expect: pontoon::store::Expect::Absent,
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
    let user = |name: &str| {
        with(&broker, |to| {
            to.username = Some(name.into());
            to.password = Some(SecretValue::new("secret"));
        })
    };
    is_refused(&user("eve"), "NOPERM").await;
    let bob = user("bob");
    gets_in(&bob).await;
    let change = pontoon::store::Change {
        collection: "users",
        key: "ada".into(),
        expect: pontoon::store::Expect::Anything,
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

fn pem(path: &Path) -> Option<String> {
    Some(read_to_string(path).unwrap())
}

#[tokio::test]
async fn over_tls_the_server_proves_who_it_is() {
    let made = pontoon_brokers::Certificates::new().unwrap();
    let broker = Broker::configured(Kind::Redis).tls(&made).start().unwrap();
    let trusting = |ca| with(&broker, |to| to.tls = Some(Certificates { ca, ..Certificates::default() }));
    gets_in(&trusting(pem(made.ca()))).await;
    let others = pontoon_brokers::Certificates::new().unwrap();
    is_refused(&trusting(pem(others.ca())), "certificate").await;
    let by_name = with(&broker, |to| {
        // Whatever the scheme says.
        to.url = format!("redis://localhost:{}", broker.port());
        to.tls = Some(Certificates { ca: pem(made.ca()), ..Certificates::default() });
    });
    gets_in(&by_name).await;
    let other_name = with(&broker, |to| {
        to.url = format!("rediss://127.0.0.2:{}", broker.port());
        to.tls = Some(Certificates { ca: pem(made.ca()), ..Certificates::default() });
    });
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
    let made = pontoon_brokers::Certificates::new().unwrap();
    let broker = Broker::configured(Kind::Redis).mutual_tls(&made).user("ada", "secret").start().unwrap();
    let showing = |certificate, key| {
        with(&broker, |to| {
            to.url = broker.url();
            to.tls = Some(Certificates { ca: pem(made.ca()), certificate, key });
        })
    };
    gets_in(&showing(pem(made.client()), pem(made.client_key()))).await;
    is_refused(&showing(None, None), "ertificate").await;
    let others = pontoon_brokers::Certificates::new().unwrap();
    is_refused(&showing(pem(others.client()), pem(others.client_key())), "alert").await;
}

/// A server without TLS does not get in for one with it. It may say nothing to what it does not understand, and then it is
/// taken for one that is away; but it is said what was asked.
#[tokio::test]
async fn plain_text_is_no_tls() {
    let broker = Broker::start(Kind::Redis).unwrap();
    let made = pontoon_brokers::Certificates::new().unwrap();
    let encrypted = with(&broker, |to| to.tls = Some(Certificates { ca: pem(made.ca()), ..Certificates::default() }));
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
