//! The build script as users have it: cargo builds it without optimisation, whatever the profile of the program. It is
//! measured as a process, against one that parses the same text and is no more optimised.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use crate::cargo;
use crate::check::Written;
use crate::rounds::{Error, median, shown};
use crate::synthetic::topology;
use crate::table::Figure;
use crate::usage::{Taken, instructions};

const SERVICES: usize = 1_000;
const ROUNDS: usize = 5;
/// With callgrind, a program takes fifty times as long.
const COUNTED: usize = 100;

/// What any compiler has to do with the text: its events, and all its values.
const PARSE: &str = "\
use saphyr_parser::Parser;

fn main() {
    let text = std::fs::read_to_string(\"topology.yaml\").expect(\"a file\");
    let mut parser = Parser::new_from_str(&text);
    let mut events = 0;
    while let Some(Ok(_)) = parser.next_event() {
        events += 1;
    }
    let value: serde_yaml::Value = serde_yaml::from_str(&text).expect(\"YAML\");
    assert!(events > 0 && value.is_mapping());
}
";

pub(crate) fn figures() -> Result<Vec<Figure>, Error> {
    let (many, few) = (Script::built(SERVICES)?, Script::built(COUNTED)?);
    let (mut first, mut again, mut parsed) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        many.forget()?;
        first.push(Taken::by(&mut many.script())?);
        again.push(Taken::by(&mut many.script())?);
        parsed.push(Taken::by(&mut many.parse())?);
    }
    let ratio = median(first.iter().zip(&parsed).map(|(ours, theirs)| ours.cpu / theirs.cpu).collect());
    let [first, again, parsed] = [first, again, parsed].map(|taken| Taken::medians(&taken));

    few.forget()?;
    let counted = match (instructions(&few.script())?, instructions(&few.parse())?) {
        (Some(ours), Some(theirs)) => format!("; {:.2} × by instructions at {COUNTED}", ours / theirs),
        _ => String::new(),
    };
    let (cpu, theirs, clock) = (shown(first.cpu), shown(parsed.cpu), shown(first.clock));
    let script = Figure {
        what: "CPU of a build script, which cargo does not optimise, 1,000 services, 5,000 commands".into(),
        against: "saphyr-parser events and serde_yaml values of the same text, as little optimised",
        measured: format!("{ratio:.2} × ({cpu}, {theirs}; {clock} by the clock{counted})"),
        at_most: "4.2 ×",
        within: ratio <= 4.2,
    };
    let unchanged = Figure {
        what: "the same with unchanged inputs".into(),
        against: "",
        measured: format!("{} ({} by the clock)", shown(again.cpu), shown(again.clock)),
        at_most: "50 ms",
        within: again.cpu <= 0.05,
    };
    Ok(vec![script, unchanged])
}

/// A build script as a program of its own, a topology, and the program that it is compared with.
struct Script {
    folder: PathBuf,
    programs: PathBuf,
}

impl Script {
    fn built(services: usize) -> Result<Self, Error> {
        let root = cargo::root()?.display();
        let written = Written::new(
            "pontoon-script",
            &format!(
                "[dependencies]\npontoon-compiler = {{ path = \"{root}/compiler\" }}\nsaphyr-parser = \"0.3\"\n\
                 serde_yaml = \"0.9\"\n\n[profile.dev]\ndebug = 0\n"
            ),
        )?;
        fs::create_dir_all(written.folder.join("src/bin"))?;
        written.file("src/bin/script.rs", "fn main() {\n    pontoon_compiler::build(\"topology.yaml\").run();\n}\n")?;
        written.file("src/bin/parse.rs", PARSE)?;
        let target = cargo::target()?.join("bench/target");
        let mut build = cargo::command("build");
        build.arg("--manifest-path").arg(written.folder.join("Cargo.toml")).arg("--target-dir").arg(&target);
        cargo::succeed(&mut build)?;
        let folder = written.folder.join(format!("package-{services}"));
        fs::create_dir_all(&folder)?;
        fs::write(folder.join("topology.yaml"), topology::topology(services, "crate::payloads"))?;
        Ok(Self { folder, programs: target.join("debug") })
    }

    /// Removes what an earlier run has left.
    fn forget(&self) -> Result<(), Error> {
        let out = self.folder.join("out");
        if out.exists() {
            fs::remove_dir_all(&out)?;
        }
        Ok(fs::create_dir(out)?)
    }

    /// The script, with the variables that cargo sets for it.
    fn script(&self) -> Command {
        let mut script = self.program("script");
        script.env("CARGO_MANIFEST_DIR", &self.folder).env("OUT_DIR", self.folder.join("out"));
        script.env("CARGO_PKG_NAME", "ledgers").env_remove("DEP_PONTOON_FEATURES");
        script
    }

    fn parse(&self) -> Command {
        self.program("parse")
    }

    fn program(&self, name: &str) -> Command {
        let mut program = Command::new(self.programs.join(name));
        program.current_dir(&self.folder);
        program
    }
}
