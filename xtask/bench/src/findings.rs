//! `cargo pontoon check` as a process, against one that reads the same topology and does no more with it.

use std::fs;
use std::process::Command;

use crate::cargo;
use crate::rounds::{Compared, Error, compare, shown};
use crate::synthetic::topology;
use crate::table::{Figure, Times};
use crate::usage::{Taken, instructions};

const SERVICES: usize = 1_000;
const ROUNDS: usize = 11;

pub(crate) fn figures() -> Result<Vec<Figure>, Error> {
    let (tool, read) = (cargo::built("cargo-pontoon", "cargo-pontoon")?, cargo::built("pontoon-bench", "read")?);
    let folder = cargo::target()?.join("bench/findings");
    fs::create_dir_all(&folder)?;
    let topology = folder.join("topology.yaml");
    fs::write(&topology, topology::topology(SERVICES, "crate::payloads"))?;
    let check = || {
        let mut check = Command::new(&tool);
        check.args(["check", "--topology"]).arg(&topology);
        check
    };
    let reading = || {
        let mut reading = Command::new(&read);
        reading.arg(&topology);
        reading
    };
    let compared =
        compare(ROUNDS, &mut || Ok(Taken::by(&mut check())?.cpu), &mut || Ok(Taken::by(&mut reading())?.cpu))?;
    let limit = Times { at_most: 3.0, shown: "3 ×" };
    let what = "CPU of `cargo pontoon check`, 1,000 services, 5,000 commands";
    let mut figures = vec![Figure::compared(what, "reading them", &compared, (shown, &limit))];
    if let (Some(ours), Some(theirs)) = (instructions(&check())?, instructions(&reading())?) {
        let millions = |count: f64| format!("{:.0} M", count / 1e6);
        let compared = Compared { ours, theirs, ratio: ours / theirs };
        figures.push(Figure::compared("the same by instructions", "reading them", &compared, (millions, &limit)));
    }
    Ok(figures)
}
