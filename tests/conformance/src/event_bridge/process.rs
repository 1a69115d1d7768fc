//! A unit in a process of its own, which a test may treat as it likes.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use tokio::time::{sleep, timeout};

use crate::system::script::{BOUND, Orders, Seen};
use crate::unit::VARIABLE;

/// A unit in a process of its own. Dropped, it is killed.
pub struct Process {
    child: Child,
    journal: PathBuf,
    gate: PathBuf,
    log: PathBuf,
}

/// What is run in a process of its own.
#[derive(Clone, Copy)]
pub(super) struct Program {
    pub(super) path: &'static str,
    /// It is the suite itself, in which one test is that unit.
    pub(super) itself: bool,
}

impl Program {
    /// It, with these words.
    fn with(self, words: [&str; 4]) -> Command {
        let mut command = Command::new(self.path);
        match self.itself {
            true => command.args(["unit", "--exact", "--ignored", "--nocapture"]).env(VARIABLE, words.join("\n")),
            false => command.args(words),
        };
        command
    }
}

impl Process {
    /// Begins to start one. What it sees and says goes into files of a folder.
    pub(super) fn start(
        program: Program,
        folder: &Path,
        unit: &str,
        environment: &str,
        variables: Vec<(String, String)>,
        orders: &Orders,
    ) -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let name = format!("{unit}-{}", COUNT.fetch_add(1, Ordering::Relaxed));
        let file = |kind: &str| folder.join(format!("{name}.{kind}"));
        let [journal, gate, log, written] = ["journal", "gate", "log", "orders"].map(file);
        std::fs::write(&written, serde_json::to_string(orders).expect("orders")).expect("orders in a file");
        let text = |path: &PathBuf| path.to_str().expect("a path in UTF-8").to_owned();
        let [written, journal_text, gate_text] = [&written, &journal, &gate].map(text);
        let child = program
            .with([unit, &written, &journal_text, &gate_text])
            .env("PONTOON_ENV", environment)
            .envs(variables)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(File::create(&log).expect("a log"))
            .spawn()
            .expect("a unit in a process of its own");
        Self { child, journal, gate, log }
    }

    /// What its handlers have seen.
    #[must_use]
    pub fn seen(&self) -> Seen {
        Seen::read(&self.journal)
    }

    /// What it has said.
    #[must_use]
    pub fn log(&self) -> String {
        std::fs::read_to_string(&self.log).unwrap_or_default()
    }

    /// Whether it says that it is ready.
    #[must_use]
    pub fn is_ready(&self) -> bool {
        self.log().contains("pontoon: ready unit=")
    }

    /// Waits until it says that it is ready.
    ///
    /// # Panics
    /// It ends before, or takes too long.
    pub async fn ready(&mut self) {
        let started = timeout(BOUND, async {
            while !self.is_ready() {
                assert!(self.is_alive(), "it has ended: {}", self.log());
                sleep(Duration::from_millis(10)).await;
            }
        });
        assert!(started.await.is_ok(), "not ready within {BOUND:?}: {}", self.log());
    }

    /// Waits until its handlers have seen what they should have.
    ///
    /// # Panics
    /// They have not, within [`BOUND`].
    pub async fn until(&self, what: &str, fulfilled: impl Fn(&Seen) -> bool) -> Seen {
        let wait = timeout(BOUND, async {
            loop {
                let seen = self.seen();
                if fulfilled(&seen) {
                    return seen;
                }
                sleep(Duration::from_millis(10)).await;
            }
        });
        match wait.await {
            Ok(seen) => seen,
            Err(_) => panic!("{what}: not within {BOUND:?}; seen: {}; its log:\n{}", self.seen(), self.log()),
        }
    }

    /// Lets those handlers go on that hold.
    pub fn open_gate(&self) {
        File::create(&self.gate).expect("a gate");
    }

    /// Whether it runs.
    pub fn is_alive(&mut self) -> bool {
        matches!(self.child.try_wait(), Ok(None))
    }

    /// SIGTERM.
    pub fn terminate(&self) {
        self.signal("TERM");
    }

    /// SIGSTOP.
    pub fn pause(&self) {
        self.signal("STOP");
    }

    /// SIGCONT.
    pub fn resume(&self) {
        self.signal("CONT");
    }

    /// SIGKILL; done once it is gone.
    pub fn kill(&mut self) {
        // One that has ended by itself is gone as well.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }

    /// Waits until it has ended.
    ///
    /// # Panics
    /// It runs on for longer than this.
    pub async fn ended(&mut self, patience: Duration) -> ExitStatus {
        let wait = timeout(patience, async {
            loop {
                if let Some(status) = self.child.try_wait().expect("the state of a process") {
                    return status;
                }
                sleep(Duration::from_millis(10)).await;
            }
        });
        match wait.await {
            Ok(status) => status,
            Err(_) => panic!("it runs on after {patience:?}: {}", self.log()),
        }
    }

    /// Its resident memory, in bytes.
    ///
    /// # Panics
    /// It does not run.
    #[must_use]
    pub fn resident(&self) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id())).expect("a process that runs");
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).expect("its resident memory");
        line.trim().trim_end_matches(" kB").trim().parse::<u64>().expect("kilobytes") * 1024
    }

    /// std sends no signals; a shell can.
    fn signal(&self, name: &str) {
        let script = format!("kill -s {name} {}", self.child.id());
        let sent = Command::new("/bin/sh").args(["-c", &script]).status();
        assert!(sent.is_ok_and(|status| status.success()), "SIG{name} is sent");
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.kill();
    }
}
