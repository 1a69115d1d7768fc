//! What one changed time-out in topology.yaml costs where the system is a workspace: examples/shop, nine crates with a
//! build script each. Cargo builds anew whatever stands on a build script that has run, whether or not its output has
//! changed.

use crate::cargo;
use crate::rounds::{Error, median};
use crate::table::Figure;
use nix::sys::resource::{UsageWho, getrusage};
use nix::sys::time::TimeValLike as _;
use std::fs;
use std::path::{Path, PathBuf};

const ROUNDS: usize = 3;

pub(crate) fn figures() -> Result<Vec<Figure>, Error> {
    let shop = Shop::copied()?;
    let [check, lean, full] = [("check", "1"), ("build", "0"), ("build", "2")].map(|(command, debug)| {
        shop.run(command, debug)?;
        let rounds = (0..ROUNDS).map(|round| {
            shop.change(round)?;
            shop.run(command, debug)
        });
        Ok::<f64, Error>(median(rounds.collect::<Result<_, _>>()?))
    });
    let figure = |what: &'static str, seconds: f64, at_most: &'static str, limit: f64| Figure {
        what: what.into(),
        against: "",
        measured: format!("{seconds:.1} s"),
        at_most,
        within: seconds <= limit,
    };
    Ok(vec![
        figure("CPU of `cargo check` of examples/shop, nine crates, after a time-out has changed", check?, "4 s", 4.0),
        figure("the same of `cargo build`, five programs linked, without debug information", lean?, "", f64::INFINITY),
        figure("the same with debug information", full?, "", f64::INFINITY),
    ])
}

/// A copy of the example, a workspace of its own.
struct Shop {
    folder: PathBuf,
}

impl Shop {
    fn copied() -> Result<Self, Error> {
        let root = cargo::root()?;
        let folder = cargo::target()?.join("bench/shop");
        copy(&root.join("examples/shop"), &folder)?;
        fs::copy(root.join("Cargo.lock"), folder.join("Cargo.lock"))?;
        // The versions and lints of the repository, with its own crates where they are.
        let manifest = fs::read_to_string(root.join("Cargo.toml"))?;
        let manifest = manifest.lines().filter(|line| !line.starts_with("default-members")).map(|line| {
            match line.strip_prefix("members = ") {
                Some(members) => {
                    let ours = members.split('"').filter_map(|member| member.strip_prefix("examples/shop/"));
                    format!("members = {:?}", ours.collect::<Vec<_>>())
                }
                None => line.replace("path = \"", &format!("path = \"{}/", root.display())),
            }
        });
        fs::write(folder.join("Cargo.toml"), manifest.collect::<Vec<_>>().join("\n"))?;
        Ok(Self { folder })
    }

    /// Gives a command another time-out.
    fn change(&self, round: usize) -> Result<(), Error> {
        let path = self.folder.join("topology.yaml");
        let text = fs::read_to_string(&path)?;
        let (before, after) = text.split_once("timeout: ").ok_or("a time-out was expected in examples/shop")?;
        let end = after.find(['\n', ',', ' ']).ok_or("a line after the time-out")?;
        Ok(fs::write(&path, format!("{before}timeout: {}ms{}", 5_000 + round, &after[end..]))?)
    }

    /// The CPU seconds of cargo and of all that it starts.
    fn run(&self, command: &str, debug: &str) -> Result<f64, Error> {
        let used = || -> Result<f64, Error> {
            let used = getrusage(UsageWho::RUSAGE_CHILDREN)?;
            Ok((used.user_time() + used.system_time()).num_microseconds() as f64 / 1e6)
        };
        let before = used()?;
        let mut cargo = cargo::command(command);
        cargo
            .arg("--workspace")
            .arg("--manifest-path")
            .arg(self.folder.join("Cargo.toml"))
            .arg("--target-dir")
            .arg(cargo::target()?.join("bench").join(format!("shop-{command}-{debug}")))
            .env("CARGO_INCREMENTAL", "1")
            .env("CARGO_PROFILE_DEV_DEBUG", debug);
        cargo::succeed(&mut cargo)?;
        Ok(used()? - before)
    }
}

fn copy(from: &Path, to: &Path) -> Result<(), Error> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let to = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            copy(&entry.path(), &to)?;
        } else {
            fs::copy(entry.path(), to)?;
        }
    }
    Ok(())
}
