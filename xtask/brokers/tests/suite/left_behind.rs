//! Nothing of a broker is left, however its owner ends.

use crate::PATIENCE;
use pontoon_brokers::{Broker, Kind};
use std::io::{BufRead, BufReader};
use std::net::TcpStream;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// The command lines of the processes that belong to a folder: those of the broker that lives there, and its warden.
fn processes(folder: &Path) -> Vec<String> {
    let folder = folder.to_str().unwrap();
    std::fs::read_dir("/proc")
        .unwrap()
        .filter_map(|entry| std::fs::read(entry.ok()?.path().join("cmdline")).ok())
        .map(|line| String::from_utf8_lossy(&line).replace('\0', " "))
        .filter(|line| line.contains(folder))
        .collect()
}

fn nothing_is_left(folder: &Path, port: u16) {
    let started = Instant::now();
    while !processes(folder).is_empty() || folder.exists() || TcpStream::connect(("127.0.0.1", port)).is_ok() {
        assert!(started.elapsed() < PATIENCE, "{}: {:?}", folder.display(), processes(folder));
        std::thread::sleep(Duration::from_millis(10));
    }
}

fn folder(broker: &Broker) -> PathBuf {
    broker.log_file().parent().unwrap().to_path_buf()
}

#[test]
fn when_it_is_dropped() {
    for paused in [false, true] {
        let broker = Broker::start(Kind::Nats).unwrap();
        let (folder, port) = (folder(&broker), broker.port());
        assert!(processes(&folder).len() >= 2, "{:?}", processes(&folder));
        if paused {
            broker.pause().unwrap();
        }
        drop(broker);
        nothing_is_left(&folder, port);
    }
}

#[test]
fn when_a_test_panics() {
    let mut left = None;
    let result = catch_unwind(AssertUnwindSafe(|| {
        let broker = Broker::start(Kind::Redis).unwrap();
        left = Some((folder(&broker), broker.port()));
        panic!("as a test does that fails");
    }));
    assert!(result.is_err());
    let (folder, port) = left.unwrap();
    nothing_is_left(&folder, port);
}

/// With `cargo xtask brokers` for a process, and with the broker that has the most to leave behind.
#[test]
fn when_the_process_is_killed() {
    let mut owner = Command::new(env!("CARGO_BIN_EXE_pontoon-brokers"))
        .args(["amqp", "redis"])
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut output = BufReader::new(owner.stdout.take().unwrap()).lines();
    let lines = [output.next().unwrap().unwrap(), output.next().unwrap().unwrap()];
    let brokers = ["AMQP", "REDIS"].map(|kind| {
        let line = lines.iter().find(|line| line.starts_with(&format!("export PONTOON_TEST_{kind}='"))).unwrap();
        let (_, after) = line.split_once("127.0.0.1:").unwrap();
        let port: u16 = after.split(|letter: char| !letter.is_ascii_digit()).next().unwrap().parse().unwrap();
        let (_, log) = line.split_once("log: ").unwrap();
        (PathBuf::from(log).parent().unwrap().to_path_buf(), port)
    });
    for (folder, port) in &brokers {
        assert!(TcpStream::connect(("127.0.0.1", *port)).is_ok());
        assert!(!processes(folder).is_empty());
    }
    owner.kill().unwrap();
    owner.wait().unwrap();
    for (folder, port) in &brokers {
        nothing_is_left(folder, *port);
    }
}
