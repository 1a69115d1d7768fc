//! A disk that is full: errors for who asks, nothing lost, and everything goes on once there is room.

use std::path::{Path, PathBuf};
use std::process::Command;

use pontoon::adapter::embedded::EmbeddedState;
use pontoon::adapter::{
    Change, Embedded, Expect, Instance, Job, Message, Metadata, QueueBridge, QueuePolicy, Settlement, Setup,
    StateAdapter, Variables,
};
use pontoon::{BridgeError, Health, StoreError};
use pontoon_conformance::adapter::{soon, text};

use super::{Opened, QUEUE, open};

/// A file system of a few megabytes in memory. Unmounted when it is dropped.
struct SmallDisk {
    folder: tempfile::TempDir,
}

impl SmallDisk {
    fn mount() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut mount = Command::new("mount");
        mount.args(["-t", "tmpfs", "-o", "size=12m", "tmpfs"]).arg(folder.path());
        assert!(mount.status().unwrap().success(), "the tests run as root");
        Self { folder }
    }

    fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    /// Fills what is left.
    fn fill(&self) -> PathBuf {
        let ballast = self.folder.path().join("ballast");
        let mut size = 16 << 20;
        let mut filled = Vec::new();
        while size > 0 {
            let more = vec![0; filled.len() + size];
            if std::fs::write(&ballast, &more).is_ok() {
                filled = more;
            }
            size /= 2;
        }
        // Whatever fails leaves a part behind.
        std::fs::write(&ballast, &filled).unwrap();
        ballast
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        // Whatever still has it open keeps it until it ends.
        let _ = Command::new("umount").arg("-l").arg(self.folder.path()).status();
    }
}

fn large(number: usize) -> Job {
    let payload = format!("\"{number}:{}\"", "x".repeat(100_000));
    Job { message: Message::received(Metadata::new(), payload), delay: None, deduplication: None }
}

fn number(message: &Message) -> usize {
    let text: String = message.decode().unwrap();
    text.split_once(':').unwrap().0.parse().unwrap()
}

/// Pushes until there is no room: how many were accepted.
async fn fill(opened: &Opened) -> usize {
    for count in 0.. {
        match soon(opened.queue.push(large(count))).await {
            Ok(()) => assert!(count < 10_000, "there is no end"),
            Err(BridgeError::Unavailable(error)) => {
                assert!(error.to_string().contains("full"), "{error}");
                return count;
            }
            Err(other) => panic!("{other}"),
        }
    }
    unreachable!()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_full_disk_is_an_error_and_loses_nothing() {
    let disk = SmallDisk::mount();
    let opened = open(&disk.data(), QueuePolicy::new()).await;
    let state = EmbeddedState::new(disk.data());
    soon(state.connect()).await.unwrap();
    let set = |key: &str| {
        let put = Some((vec![b'x'; 200_000].into(), None));
        vec![Change { collection: "users", key: key.to_owned(), expect: Expect::Anything, put }]
    };
    soon(state.commit(set("before"))).await.unwrap();
    let ballast = disk.fill();
    let accepted = fill(&opened).await;
    let refused = soon(state.commit(set("after"))).await;
    assert!(
        matches!(&refused, Err(StoreError::Unavailable(error)) if error.to_string().contains("full")),
        "{refused:?}"
    );
    assert!(matches!(state.health(), Health::Degraded(why) if why.contains("full")));
    assert!(soon(state.get("users", "before")).await.unwrap().is_some(), "what is there can be read");

    std::fs::remove_file(ballast).unwrap();
    pontoon_conformance::adapter::until("it can be written to again", || state.health() == Health::Ready).await;
    soon(state.commit(set("after"))).await.expect("there is room again");
    soon(opened.queue.push(large(accepted))).await.expect("there is room again");
    for expected in 0..=accepted {
        let delivery = soon(opened.queue.next()).await.unwrap();
        assert_eq!(number(&delivery.message), expected);
        soon(opened.queue.settle(&delivery, Settlement::Ack)).await.unwrap();
    }
    let depth = soon(opened.queue.depth()).await.unwrap();
    assert_eq!((depth.waiting, depth.leased), (0, Some(0)));
    soon(state.close()).await;
    opened.close().await;
    closed(&disk.data()).await;
}

/// Waits until nobody has the folder open.
async fn closed(folder: &Path) {
    // SQLite leaves its log where its last connections are closed at the same time.
    let lock = std::fs::File::open(folder.join("lock")).unwrap();
    pontoon_conformance::adapter::until("it is closed", || lock.try_lock().is_ok()).await;
}

#[tokio::test]
async fn the_bound_of_a_folder_holds() {
    let folder = tempfile::tempdir().unwrap();
    let bounded = Embedded::new(text(folder.path().to_str().unwrap())).bound(2 << 20);
    let mut setup = Setup::new(Instance::new("suite", "unit"), false, Variables::none());
    let bridge = QueueBridge::open(&bounded, &mut setup).await.unwrap();
    let queue = bridge.queue(QUEUE, QueuePolicy::new());
    soon(bridge.connect()).await.unwrap();
    let mut accepted = 0;
    let error = loop {
        match soon(queue.push(large(accepted))).await {
            Ok(()) => accepted += 1,
            Err(error) => break error,
        }
    };
    assert!(error.to_string().contains("`bound:`"), "{error}");
    assert!((10..25).contains(&accepted), "{accepted}");
    // What is done makes room.
    for expected in 0..accepted {
        let delivery = soon(queue.next()).await.unwrap();
        assert_eq!(number(&delivery.message), expected);
        soon(queue.settle(&delivery, Settlement::Ack)).await.unwrap();
    }
    for again in 0..accepted {
        soon(queue.push(large(again))).await.expect("there is room again");
    }
    // Another port may not say something else.
    let other = Embedded::new(text(folder.path().to_str().unwrap())).bound(4 << 20);
    let refused = soon(QueueBridge::open(&other, &mut setup).await.unwrap().connect()).await;
    assert!(matches!(&refused, Err(BridgeError::Mismatch(text)) if text.contains("`bound:`")), "{refused:?}");
    let silent = Embedded::new(text(folder.path().to_str().unwrap()));
    soon(QueueBridge::open(&silent, &mut setup).await.unwrap().connect()).await.expect("it says nothing else");
}
