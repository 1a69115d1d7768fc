//! The front door for build scripts, and the one place of this crate that touches files, environment and clock.

mod cargo;
mod folder;
mod output;
mod package;
mod record;

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::exit;
use std::time::{SystemTime, UNIX_EPOCH};

use pontoon_schema::document::{Date, RustPath};
use pontoon_schema::handover;
use pontoon_schema::name::shown;

use crate::code::Code;
use crate::diagnostic::Style;
use crate::plan::Request;
use crate::read::Limits;
use crate::{Input, compile, emit};

pub use folder::Folder;
use package::PackageFolder;
use record::{Answers, Doors, Identity, Kept};

/// Generates the module `topology` from a topology file: the one line of a build script.
///
/// The path is relative to the package that is being built. With nothing asked for, everything is generated that
/// belongs to this crate and that this version can generate.
///
/// ```no_run
/// pontoon_compiler::build("topology.yaml").run();
/// ```
///
/// A crate that holds one part of a topology asks for that:
///
/// ```no_run
/// pontoon_compiler::build("../topology.yaml").deployment("monolith").environment("local").run();
/// ```
#[must_use = "nothing happens before `run()`"]
pub fn build(topology: impl Into<PathBuf>) -> Build {
    Build { topology: topology.into(), request: Request::default(), limits: Limits::default(), follow_links: false }
}

/// What a build script asks for. Made by [`build`].
#[derive(Clone, Debug)]
#[must_use = "nothing happens before `run()`"]
pub struct Build {
    topology: PathBuf,
    request: Request,
    limits: Limits,
    follow_links: bool,
}

impl Build {
    /// Asks for the contract, which the topology's `contract:` has to place in this crate.
    pub fn contract(mut self) -> Self {
        self.request.contract = true;
        self
    }

    /// Asks for what the handlers of a service need: this crate holds them. Can be said for several.
    pub fn service(mut self, name: impl Into<String>) -> Self {
        self.request.services.push(name.into());
        self
    }

    /// Asks for all units of a deployment. Can be said for several.
    pub fn deployment(mut self, name: impl Into<String>) -> Self {
        self.request.deployments.push(name.into());
        self
    }

    /// Asks for one unit of a deployment: `microservices.mail`. Can be said for several.
    pub fn unit(mut self, address: impl Into<String>) -> Self {
        self.request.deployments.push(address.into());
        self
    }

    /// Asks for the typed client, by which callers outside reach the exposed commands over an environment's event
    /// bridge.
    pub fn client(mut self) -> Self {
        self.request.client = true;
        self
    }

    /// Asks for an environment. Can be said for several; without it, units can run wherever their deployment does.
    pub fn environment(mut self, name: impl Into<String>) -> Self {
        self.request.environments.push(name.into());
        self
    }

    /// Follows symbolic links among the files that the topology includes, wherever they lead. The topology itself may
    /// always be a link.
    pub fn follow_links(mut self) -> Self {
        self.follow_links = true;
        self
    }

    /// Another path for the crate `pontoon`, where it has another name in this crate, or comes with a crate of yours:
    /// `.runtime("company::pontoon")`. Derives take it from here, too.
    pub fn runtime(mut self, path: impl Into<String>) -> Self {
        self.request.runtime = Some(path.into());
        self
    }

    /// The largest file that is read, in bytes. 4 MiB unless said otherwise.
    pub fn largest_file(mut self, bytes: usize) -> Self {
        self.limits.file = bytes;
        self
    }

    /// The most that is read in all, in bytes. 64 MiB unless said otherwise.
    pub fn largest_total(mut self, bytes: usize) -> Self {
        self.limits.total = bytes;
        self
    }

    /// Checks the topology and writes the generated files for this crate into cargo's `OUT_DIR`.
    ///
    /// Warnings become `cargo::warning`s. On an error the whole report goes to the standard error, and the process ends
    /// with code 1, which makes cargo show it and stop. Where everything is as it was the last time, nothing is done,
    /// and what was said then is said again.
    pub fn run(self) {
        let done = match today() {
            Ok(today) => self.run_in(&|name| std::env::var_os(name), today),
            Err(why) => Done::failed(Vec::new(), format!("pontoon: {why}")),
        };
        for instruction in &done.instructions {
            println!("{instruction}");
        }
        if let Some(report) = done.failure {
            eprintln!("{report}");
            exit(1);
        }
    }

    /// The same with the environment and the day as values, and without ending the process.
    fn run_in(mut self, environment: &dyn Fn(&str) -> Option<OsString>, today: Date) -> Done {
        let identity = Identity::of(&format!("{self:?}"), &today.to_string());
        let answers = Answers::default();
        let variable = |name: &str| answers.variable(environment, name);
        let text = |name: &str| variable(name).and_then(|value| value.into_string().ok());
        let path = match variable("CARGO_MANIFEST_DIR") {
            Some(package) => Path::new(&package).join(&self.topology),
            None => self.topology.clone(),
        };
        let Some(out) = variable("OUT_DIR") else {
            return Done::failed(Vec::new(), cargo::no_out_dir());
        };
        let Some((folder, name)) = Folder::of(&path) else {
            return Done::failed(Vec::new(), cargo::not_a_file(&self.topology));
        };
        let folder = folder.follow_links(self.follow_links);
        if let Some(runtime) = &self.request.runtime
            && runtime.parse::<RustPath>().is_err()
        {
            return Done::failed(Vec::new(), cargo::not_a_path(runtime));
        }
        if !path.exists() {
            let instructions = cargo::rerun(std::slice::from_ref(&path));
            return Done::failed(instructions, cargo::no_such_file(&self.topology));
        }
        self.request.krate = text("CARGO_PKG_NAME").map(|name| name.replace('-', "_"));
        self.request.features = text(cargo::FEATURES).map(|names| names.split(',').map(str::to_owned).collect());
        self.request.origin.clone_from(&name);

        let package = PackageFolder::new(variable("CARGO_MANIFEST_DIR").map_or_else(|| ".".into(), PathBuf::from));
        let (generated, kept) = (Path::new(&out).join("topology"), Path::new(&out).join("topology.record"));
        let doors = Doors { variable: environment, topology: &folder, package: &package };
        let before = identity.as_ref().and_then(|identity| record::said_before(&kept, identity, &doors, &generated));
        if let Some(instructions) = before {
            return Done { instructions, failure: None };
        }

        let files = Kept { door: &folder, answers: &answers };
        let package = Kept { door: &package, answers: &answers };
        let code = Code::of(&package, self.request.is_handlers_alone());
        let (request, limits) = (&self.request, self.limits);
        let compiled = compile(&Input { path: &name, files: &files, limits, today, request, code: code.as_ref() });
        let mut instructions = cargo::rerun(&folder.asked());
        instructions.push(format!("cargo::rerun-if-env-changed={SOURCE_DATE_EPOCH}"));
        if compiled.findings.has_errors() {
            let style = Style { colour: cargo::wants_colour(text), width: 100 };
            return Done::failed(instructions, cargo::report(&compiled, &self.topology, style));
        }
        // A script that has failed runs again whatever changes.
        instructions.extend(cargo::rerun(&package.door.given()));
        instructions.extend(cargo::warnings(&compiled));

        if let Err(error) = output::write(&generated, &compiled.files) {
            return Done::failed(instructions, error.to_string());
        }
        let handover_file = generated.join("handover.txt");
        instructions.push(format!("cargo::rustc-env={}={}", handover::VARIABLE, handover_file.display()));
        let written = Written { folder: &generated, files: &compiled.files, instructions: &instructions };
        if let Some(identity) = identity
            && record::write(&kept, &identity, &answers, &written).is_err()
        {
            // One of another build is of no use, and says so itself. Without any, everything is done again next time.
            let _ = std::fs::remove_file(&kept);
        }
        Done { instructions, failure: None }
    }
}

/// What a run has done.
struct Written<'a> {
    /// Where the files are.
    folder: &'a Path,
    /// What was written.
    files: &'a [emit::File],
    /// What is said to cargo.
    instructions: &'a [String],
}

/// What a run has to say.
#[derive(Debug)]
struct Done {
    /// For cargo.
    instructions: Vec<String>,
    /// For the user, if it went wrong.
    failure: Option<String>,
}

impl Done {
    fn failed(instructions: Vec<String>, report: String) -> Self {
        Self { instructions, failure: Some(report) }
    }
}

/// The day on which allowances may end, in UTC: that of
/// [`SOURCE_DATE_EPOCH`](https://reproducible-builds.org/specs/source-date-epoch/) where it is set, so that an old tag
/// builds as it did, and of the clock otherwise. A clock before 1970 ends none of them.
///
/// # Errors
/// The variable is set to something else than a number of seconds.
pub fn today() -> Result<Date, String> {
    let set = std::env::var_os(SOURCE_DATE_EPOCH).filter(|set| !set.is_empty());
    let seconds = match set.map(|set| set.to_string_lossy().trim().parse().map_err(|_| set)) {
        Some(Ok(seconds)) => seconds,
        None => SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs()),
        Some(Err(set)) => {
            let set = shown(&set.to_string_lossy());
            return Err(format!("{SOURCE_DATE_EPOCH} is `{set}`: a number of seconds since 1970 was expected"));
        }
    };
    Ok(Date::from_unix_seconds(seconds))
}

/// When the sources were last changed, in seconds since 1970: what a build that can be repeated takes for now.
const SOURCE_DATE_EPOCH: &str = "SOURCE_DATE_EPOCH";

#[cfg(test)]
mod tests;
