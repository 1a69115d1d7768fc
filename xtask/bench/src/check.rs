//! What it costs to check and to build 500 commands and 100 subscriptions with their handlers, against as many calls of
//! tonic: CPU and peak memory of the one rustc that compiles the crate, everything it depends on being built already.

use crate::rounds::{Error, median};
use crate::synthetic::{Service, handlers, proto, topology};
use crate::table::{Figure, Times};
use crate::{cargo, tonic, usage};
use std::fs;
use std::path::PathBuf;

const SERVICES: usize = 100;
const COMMANDS: f64 = 500.0;
const ROUNDS: usize = 3;

/// `cargo check`.
pub(crate) fn checking() -> Result<Vec<Figure>, Error> {
    let used = compare("check", ROUNDS)?;
    Ok(vec![
        cpu("CPU of `cargo check`, generated code and handlers of 500 commands, a command", &used, &CHECKED),
        memory("peak memory of that `cargo check`", &used, "0.5 ×", 0.5),
    ])
}

/// `cargo build`, once: it takes minutes.
pub(crate) fn building() -> Result<Vec<Figure>, Error> {
    let used = compare("build", 1)?;
    Ok(vec![
        cpu("CPU of `cargo build`, debug, 500 commands and 100 subscriptions, a command", &used, &BUILT),
        memory("peak memory of that `cargo build`", &used, BUILT.shown, BUILT.at_most),
    ])
}

const CHECKED: Times = Times { at_most: 0.25, shown: "0.25 ×" };
const BUILT: Times = Times { at_most: 1.0, shown: "1 ×" };

/// Seconds and megabytes, ours and tonic's.
struct Compared {
    seconds: [f64; 2],
    megabytes: [f64; 2],
}

/// Compiles both crates in turn.
fn compare(command: &str, rounds: usize) -> Result<Compared, Error> {
    let crates = [for_pontoon()?, for_tonic()?];
    let (mut seconds, mut megabytes) = ([Vec::new(), Vec::new()], [Vec::new(), Vec::new()]);
    for _ in 0..rounds {
        for (index, one) in crates.iter().enumerate() {
            let used = one.compile(command)?;
            seconds[index].push(used.seconds);
            megabytes[index].push(used.megabytes);
        }
    }
    Ok(Compared { seconds: seconds.map(median), megabytes: megabytes.map(median) })
}

fn cpu(what: &'static str, used: &Compared, limit: &Times) -> Figure {
    let [ours, theirs] = used.seconds.map(|seconds| seconds / COMMANDS * 1e3);
    Figure {
        what: what.into(),
        against: "tonic's code for as many calls",
        measured: format!("{:.2} × ({ours:.1} ms, {theirs:.1} ms)", ours / theirs),
        at_most: limit.shown,
        within: ours <= limit.at_most * theirs,
    }
}

fn memory(what: &'static str, used: &Compared, shown: &'static str, at_most: f64) -> Figure {
    let [ours, theirs] = used.megabytes;
    Figure {
        what: what.into(),
        against: "the same",
        measured: format!("{:.2} × ({ours:.0} MB, {theirs:.0} MB in all)", ours / theirs),
        at_most: shown,
        within: ours <= at_most * theirs,
    }
}

/// A crate that was written for a row, a workspace of its own.
pub(crate) struct Written {
    pub(crate) folder: PathBuf,
}

impl Written {
    /// An empty crate with its manifest. It takes all versions from the lockfile of the repository.
    pub(crate) fn new(name: &str, dependencies: &str) -> Result<Self, Error> {
        let folder = cargo::target()?.join("bench").join(name);
        fs::create_dir_all(folder.join("src"))?;
        let manifest = format!(
            "[package]\nname = \"{name}\"\nversion = \"0.0.0\"\nedition = \"2024\"\n\n[workspace]\n\n{dependencies}"
        );
        let written = Self { folder };
        written.file("Cargo.toml", &manifest)?;
        fs::copy(cargo::root()?.join("Cargo.lock"), written.folder.join("Cargo.lock"))?;
        Ok(written)
    }

    /// Writes a file of it.
    pub(crate) fn file(&self, path: &str, text: &str) -> Result<(), Error> {
        Ok(fs::write(self.folder.join(path), text)?)
    }

    /// Compiles the crate anew and says what its rustc used.
    fn compile(&self, command: &str) -> Result<usage::Used, Error> {
        let root = self.folder.join("src/lib.rs");
        fs::write(&root, fs::read(&root)?)?;
        let log = self.folder.join("usage");
        fs::write(&log, "")?;
        let mut compile = cargo::command(command);
        compile
            .arg("--manifest-path")
            .arg(self.folder.join("Cargo.toml"))
            .arg("--target-dir")
            .arg(cargo::target()?.join("bench/target"))
            .env("CARGO_INCREMENTAL", "0");
        usage::record(&mut compile, &log)?;
        cargo::succeed(&mut compile)?;
        // The compilation of the crate itself comes last, after that of its build script where there is one.
        usage::last(&log)
    }
}

/// The synthetic topology, with its handlers, as a user has it. The payload types, which are not generated, are in a
/// crate of their own.
fn for_pontoon() -> Result<Written, Error> {
    let payloads =
        Written::new("pontoon-payloads", "[dependencies]\nserde = { version = \"1\", features = [\"derive\"] }\n")?;
    payloads.file("src/lib.rs", &handlers::payloads(SERVICES))?;
    let root = cargo::root()?.display();
    let written = Written::new(
        "pontoon-calls",
        &format!(
            "[dependencies]\npontoon = {{ path = \"{root}/runtime\" }}\npontoon-payloads = {{ path = \
             \"../pontoon-payloads\" }}\n\n[build-dependencies]\npontoon-compiler = {{ path = \"{root}/compiler\" }}\n"
        ),
    )?;
    written.file("topology.yaml", &topology::topology(SERVICES, "pontoon_payloads"))?;
    written.file("build.rs", "fn main() {\n    pontoon_compiler::build(\"topology.yaml\").run();\n}\n")?;
    for service in Service::all(SERVICES) {
        written.file(&format!("src/{service}.rs"), &handlers::module(service))?;
    }
    written.file("src/lib.rs", &handlers::root(SERVICES))?;
    Ok(written)
}

/// The same calls for tonic: generated messages, clients and servers, and an implementation of every service.
fn for_tonic() -> Result<Written, Error> {
    let written =
        Written::new("tonic-calls", "[dependencies]\nprost = \"0.14\"\ntonic = \"0.14\"\ntonic-prost = \"0.14\"\n")?;
    written.file("contract.proto", &proto::proto(SERVICES))?;
    tonic::generate(&written.folder.join("contract.proto"), &written.folder.join("src"))?;
    for service in Service::all(SERVICES) {
        written.file(&format!("src/{service}.rs"), &proto::implementation(service))?;
    }
    written.file("src/lib.rs", &proto::root(SERVICES))?;
    Ok(written)
}
