//! What `run` does with signals: real ones, sent to a process of its own. E17, E18.

#![cfg(unix)]
#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test, also where no #[test] stands on it"
)]

use std::io::{BufRead, BufReader, Read};
use std::process::{Child, ChildStdout, Command, ExitStatus, Stdio};
use std::time::Duration;

use pontoon::generated::{
    Call, Environment, FromResources, HandlerOf, Handles, Kind, Operation, Policy, Ports, Registration, Route,
    Schedule, Timetable, Unit,
};
use pontoon::{Error, Never, Tick};

const ROLE: &str = "PONTOON_TEST_ROLE";

/// The role in which the only thread of the runtime is blocked, and the grace is short.
const ALL: &str = "blocking everything";

/// A schedule whose first run takes as long as the role says.
#[derive(Clone, Copy)]
struct Beat;

impl Operation for Beat {
    type Input = Tick;
    type Output = ();
    type Rejection = Never;
    const KIND: Kind = Kind::Schedule;
    const ADDRESS: &'static str = "test.beat";
    const POLICY: Policy = Policy::new();
}

impl Schedule for Beat {
    const TIMETABLE: Timetable = Timetable::every(Duration::from_millis(1));
}

struct Handler(String);

impl<C: pontoon::Context> Handles<Beat, C> for Handler {
    async fn run(&self, _: &C, _: Tick) -> Result<(), Error> {
        println!("it has begun");
        match self.0.as_str() {
            "polite" => tokio::time::sleep(Duration::from_millis(100)).await,
            "stubborn" => std::future::pending().await,
            // Holds up its thread, where nobody can cancel it.
            _ => std::thread::sleep(Duration::from_secs(3600)),
        }
        println!("it is done");
        Ok(())
    }
}

/// A unit with so many seconds of grace.
struct Monolith<const GRACE: u64>(Handler);

impl FromResources<String> for Handler {
    fn from_resources(role: &String) -> Self {
        Self(role.clone())
    }
}

impl<U> HandlerOf<Beat, U, String> for Handler where Self: for<'c> Handles<Beat, Call<'c, U>> {}

impl<const GRACE: u64> Route<Monolith<GRACE>> for Beat {
    type Resources = String;
    type Handler = Handler;
    fn handler(unit: &Monolith<GRACE>) -> &Handler {
        &unit.0
    }
}

impl<const SECONDS: u64> Unit for Monolith<SECONDS> {
    type Resources = String;
    const TOPOLOGY: &'static str = "shop";
    const NAME: &'static str = "monolith";
    const GRACE: Duration = Duration::from_secs(SECONDS);
    const ENVIRONMENTS: &'static [Environment] = &[Environment::new("local")];

    fn assemble(role: &String, _: &Ports) -> Self {
        Self(Self::make::<Beat>(role))
    }

    fn listen(registration: &mut Registration<Self>) {
        registration.schedule(Beat);
    }
}

/// The process that gets the signals: this test, started by the others with a role. Without a role it has none to get.
#[test]
fn child() {
    let Ok(role) = std::env::var(ROLE) else { return };
    let mut runtime = tokio::runtime::Builder::new_multi_thread();
    let ended = if role == ALL {
        runtime.worker_threads(1).enable_all().build().unwrap().block_on(pontoon::generated::run::<Monolith<1>>(role))
    } else if let Some(beside) = role.strip_prefix("beside ").map(str::to_owned) {
        let work = async |started: &pontoon::Started<Monolith<3600>>| {
            println!("beside: {}", started.health().is_ready());
            match beside.as_str() {
                "ends" => Ok(()),
                "panics" => panic!("as the test wants it"),
                "fails" => Err(Error::from(std::io::Error::other("the port is taken"))),
                _ => std::future::pending().await,
            }
        };
        let run = pontoon::generated::run_with::<Monolith<3600>>("polite".to_owned(), work);
        runtime.worker_threads(2).enable_all().build().unwrap().block_on(run)
    } else {
        runtime
            .worker_threads(2)
            .enable_all()
            .build()
            .unwrap()
            .block_on(pontoon::generated::run::<Monolith<3600>>(role))
    };
    println!("ended: {}", ended.is_ok());
}

struct Process(Child, BufReader<ChildStdout>);

impl Process {
    fn start(role: &str) -> Self {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "child", "--nocapture"])
            .env(ROLE, role)
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let out = BufReader::new(child.stdout.take().unwrap());
        Self(child, out)
    }

    /// Waits until the process says something.
    fn says(&mut self, wanted: &str) {
        let mut lines = self.1.by_ref().lines();
        assert!(lines.any(|line| line.unwrap().contains(wanted)), "the process ended without saying `{wanted}`");
    }

    fn signal(&self, name: &str) {
        let sent = Command::new("kill").args([format!("-{name}"), self.0.id().to_string()]).status().unwrap();
        assert!(sent.success());
    }

    fn end(mut self) -> ExitStatus {
        self.0.wait().unwrap()
    }
}

#[test]
fn what_runs_ends_after_a_signal() {
    for name in ["TERM", "INT"] {
        let mut process = Process::start("polite");
        process.says("it has begun");
        process.signal(name);
        process.says("it is done");
        process.says("ended: true");
        assert!(process.end().success());
    }
}

/// What runs beside a unit sees it, ends with it, and ends it where it fails.
#[test]
fn something_runs_beside() {
    for role in ["beside ends", "beside stays"] {
        let mut process = Process::start(role);
        process.says("beside: true");
        process.says("it has begun");
        process.signal("TERM");
        process.says("ended: true");
        assert!(process.end().success(), "{role}");
    }
    for role in ["beside fails", "beside panics"] {
        let mut process = Process::start(role);
        process.says("beside: true");
        process.says("ended: false");
        assert!(process.end().success(), "{role}: the test itself goes on");
    }
}

#[test]
fn a_second_signal_ends_it_at_once() {
    for role in ["stubborn", "blocking"] {
        let mut process = Process::start(role);
        process.says("it has begun");
        process.signal("TERM");
        // Those that come at once are one.
        std::thread::sleep(Duration::from_millis(1500));
        process.signal("INT");
        assert_eq!(process.end().code(), Some(1), "{role}");
    }
}

#[test]
fn signals_that_come_together_are_one() {
    let mut process = Process::start("polite");
    process.says("it has begun");
    process.signal("TERM");
    process.signal("INT");
    process.signal("TERM");
    process.says("it is done");
    process.says("ended: true");
    assert!(process.end().success());
}

#[test]
fn the_grace_ends_also_where_handlers_block_every_thread() {
    let mut process = Process::start(ALL);
    process.says("it has begun");
    process.signal("TERM");
    assert_eq!(process.end().code(), Some(1));
}
