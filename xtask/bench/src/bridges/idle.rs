//! The memory of a unit that has nothing to do, in a process of its own.

use super::Bridge;
use crate::cargo;
use crate::process::Process;
use crate::raw::Raw;
use crate::rounds::{Error, median};
use crate::table::Figure;
use std::process::Command;
use std::thread::sleep;
use std::time::Duration;

const ROUNDS: usize = 5;

/// In MB.
const AT_MOST: f64 = 15.0;

/// How long it has had nothing to do by then.
const IDLE: Duration = Duration::from_secs(1);

pub(crate) fn figures<R: Raw>() -> Result<Vec<Figure>, Error> {
    let bridge: Bridge = R::BRIDGE;
    let (program, broker) = (cargo::built("pontoon-bench", "unit")?, bridge.broker()?);
    let mut megabytes = Vec::new();
    for _ in 0..ROUNDS {
        let unit = Process::start(bridge.unit(&mut Command::new(&program), &broker.url()).arg("office"))?;
        sleep(IDLE);
        megabytes.push(unit.resident()?);
    }
    let megabytes = median(megabytes);
    Ok(vec![Figure {
        what: format!("resident memory of an idle unit on {}", bridge.name).into(),
        against: "",
        measured: format!("{megabytes:.1} MB"),
        at_most: "15 MB",
        within: megabytes <= AT_MOST,
    }])
}
