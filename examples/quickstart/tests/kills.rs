//! The environment `durable`: the process is killed with SIGKILL fifty times, at random moments, and nothing that was
//! accepted is lost.

#![cfg(feature = "durable")]
#![allow(clippy::unwrap_used, reason = "a test, also where no #[test] stands on it")]

use std::collections::{BTreeMap, BTreeSet};
use std::hash::{BuildHasher, RandomState};
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

/// How often it is killed.
const KILLS: u64 = 50;

/// More than anything takes that does not hang.
const PATIENCE: Duration = Duration::from_secs(120);

/// What the processes have said so far.
#[derive(Default)]
struct Said {
    /// Who was signed up.
    accepted: BTreeSet<String>,
    /// Who was not, as somebody has the address.
    taken: usize,
    /// What each was sent, and how often.
    mails: BTreeMap<String, usize>,
}

impl Said {
    fn hear(&mut self, line: &str) {
        if let Some(id) = line.strip_prefix("  user  ✓ ") {
            self.accepted.insert(id.to_owned());
        } else if line.starts_with("  user  ✗ rejected") {
            self.taken += 1;
        } else if let Some(mail) = line.strip_prefix("  mail  → ") {
            *self.mails.entry(mail.to_owned()).or_default() += 1;
        }
    }

    /// Those for whom something is missing that follows from their being signed up.
    fn unfinished(&self) -> Vec<&String> {
        let is_missing = |id: &&String| {
            let name = id.trim_end_matches("@example.com");
            let mails = [format!("{id}: Invoice 2026-{id}: 12.00 EUR"), format!("team@example.com: {name} has joined")];
            !mails.iter().all(|mail| self.mails.contains_key(mail))
        };
        self.accepted.iter().filter(is_missing).collect()
    }
}

/// The quickstart, which serves in a process of its own.
struct Serving {
    child: Child,
    input: ChildStdin,
    hears: JoinHandle<()>,
}

impl Serving {
    fn start(folder: &Path, said: &Arc<Mutex<Said>>) -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_quickstart"))
            .arg("serve")
            .env("PONTOON_ENV", "durable")
            .env("DATA_DIR", folder)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let (input, output) = (child.stdin.take().unwrap(), child.stdout.take().unwrap());
        let said = Arc::clone(said);
        let hears = thread::spawn(move || {
            for line in BufReader::new(output).lines().map_while(Result::ok) {
                said.lock().unwrap().hear(&line);
            }
        });
        Self { child, input, hears }
    }

    /// Asks for users with these numbers.
    fn ask(&mut self, numbers: impl IntoIterator<Item = u64>) {
        for number in numbers {
            // One that was killed takes nothing any more.
            let _ = writeln!(self.input, "u{number} u{number}@example.com");
        }
    }

    /// SIGKILL; done once all that it has said is heard.
    fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
        self.hears.join().unwrap();
    }
}

fn until(what: &str, said: &Mutex<Said>, so: impl Fn(&Said) -> bool) {
    let begun = Instant::now();
    while !so(&said.lock().unwrap()) {
        let said = said.lock().unwrap();
        assert!(begun.elapsed() < PATIENCE, "never: {what}; unfinished: {:?}", said.unfinished());
        drop(said);
        thread::sleep(Duration::from_millis(5));
    }
}

#[test]
fn killed_fifty_times_and_nothing_accepted_is_lost() {
    let folder = tempfile::tempdir().unwrap();
    let (said, random, mut next) = (Arc::new(Mutex::new(Said::default())), RandomState::new(), 0);
    for kill in 0..KILLS {
        let mut serving = Serving::start(folder.path(), &said);
        let before = said.lock().unwrap().accepted.len();
        serving.ask(next..next + 40);
        next += 40;
        // Of some, not even the first is accepted.
        if kill % 5 > 0 {
            until("it serves", &said, |said| said.accepted.len() > before);
        }
        thread::sleep(Duration::from_micros(random.hash_one(kill) % 150_000));
        serving.kill();
    }
    let mut last = Serving::start(folder.path(), &said);
    until("what was accepted is done", &said, |said| said.unfinished().is_empty());
    let accepted = said.lock().unwrap().accepted.clone();
    assert!(accepted.len() > KILLS as usize / 2, "{} accepted", accepted.len());
    // Each has an account: nobody else gets the address.
    let taken = said.lock().unwrap().taken;
    let number = |id: &String| id.trim_end_matches("@example.com")[1..].parse::<u64>().unwrap();
    last.ask(accepted.iter().map(number));
    until("all addresses are taken", &said, |said| said.taken == taken + accepted.len());
    assert_eq!(said.lock().unwrap().accepted, accepted);
    last.kill();
}
