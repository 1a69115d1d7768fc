//! A cluster: all keys of a topology are in one slot, and the adapter goes where that is.

use std::process::{Child, Command, Stdio};
use std::time::Duration;

use pontoon::adapter::{Change, Expect, Range};
use pontoon_brokers::{Folder, Port};
use tokio::time::{sleep, timeout};

use super::{cli, state};

const PATIENCE: Duration = Duration::from_secs(60);

/// A node. It ends when its standard input does: with us, however that happens.
struct Node {
    port: Port,
    child: Child,
    bus: Port,
    /// Kept until it has ended.
    _folder: Folder,
}

impl Node {
    fn start() -> Self {
        let (port, bus, folder) = (Port::free().unwrap(), Port::free().unwrap(), Folder::new("redis-cluster").unwrap());
        let child = Command::new("sh")
            .args(["-c", "redis-server \"$@\" & read _; kill -9 $!", "sh", "--bind", "127.0.0.1", "--save", ""])
            .args(["--port", &port.number().to_string(), "--cluster-port", &bus.number().to_string()])
            .args(["--cluster-enabled", "yes", "--dir", folder.path().to_str().unwrap()])
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .spawn()
            .unwrap();
        Self { port, child, bus, _folder: folder }
    }

    fn says(&self, command: &str) -> String {
        cli(self.port.number(), &command.split(' ').collect::<Vec<_>>())
    }

    async fn until(&self, command: &str, so: impl Fn(&str) -> bool) {
        let wait = async {
            while !so(&self.says(command)) {
                sleep(Duration::from_millis(50)).await;
            }
        };
        timeout(PATIENCE, wait).await.unwrap_or_else(|_| panic!("{command}: {}", self.says(command)));
    }
}

impl Drop for Node {
    fn drop(&mut self) {
        drop(self.child.stdin.take());
        let _ = self.child.wait();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn state_is_found_on_whichever_node_it_is() {
    let (one, other) = (Node::start(), Node::start());
    for node in [&one, &other] {
        node.until("PING", |said| said == "PONG").await;
    }
    let slot = one.says("CLUSTER KEYSLOT {shop}");
    let slot: u32 = slot.parse().unwrap();
    // The one has all slots but ours.
    one.says(&format!("CLUSTER ADDSLOTSRANGE 0 {} {} 16383", slot - 1, slot + 1));
    other.says(&format!("CLUSTER ADDSLOTS {slot}"));
    let bus = other.bus.number();
    one.says(&format!("CLUSTER MEET 127.0.0.1 {} {bus}", other.port.number()));
    for node in [&one, &other] {
        node.until("CLUSTER INFO", |said| said.contains("cluster_state:ok") && said.contains("known_nodes:2")).await;
        node.until("CLUSTER SLOTS", |said| said.contains(&slot.to_string())).await;
    }

    let state = state(format!("redis://127.0.0.1:{}", one.port.number()));
    timeout(PATIENCE, state.connect()).await.unwrap().unwrap();
    let insert = |key: &str| Change {
        collection: "users",
        key: key.into(),
        expect: Expect::Absent,
        put: Some((b"1"[..].into(), Some(Duration::from_secs(3600)))),
    };
    state.commit(vec![insert("ada"), insert("bob")]).await.unwrap();
    let page = state.list("users", Range { limit: 10, ..Range::default() }).await.unwrap();
    assert_eq!(page.entries.len(), 2);
    assert!(state.get("users", "ada").await.unwrap().is_some());
    assert_eq!((other.says("DBSIZE").as_str(), one.says("DBSIZE").as_str()), ("4", "0"));

    // The slot goes to the one. A change that was not made there is made here.
    other.says("FLUSHALL");
    let id = one.says("CLUSTER MYID");
    for node in [&other, &one] {
        assert_eq!(node.says(&format!("CLUSTER SETSLOT {slot} NODE {id}")), "OK");
    }
    state.commit(vec![insert("ada")]).await.unwrap();
    assert!(state.get("users", "ada").await.unwrap().is_some());
    assert_eq!(one.says("DBSIZE"), "3");
}
