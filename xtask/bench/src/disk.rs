//! The queue on the local disk: durable jobs per second, against what the disk can sync; and the memory with a million
//! jobs waiting.

use crate::cargo;
use crate::process::Process;
use crate::rounds::{Compared, Error, in_rounds, rate};
use crate::table::Figure;
use pontoon::Launch;
use pontoon_bench::contract::Batch;
use pontoon_bench::count::Counter;
use pontoon_bench::sorter::Pace;
use pontoon_bench::topology::work::{Resources, Sorting};
use pontoon_bench::{counter, sorter, topology};
use std::fs::{self, File};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};
use tokio::runtime::Runtime;

const ROUNDS: usize = 11;

/// How long a round of one side takes, more or less.
const ROUND: Duration = Duration::from_millis(300);

const BYTES: usize = 100;

/// How many jobs a sync has to carry, with 64 tasks that put them in.
const AT_LEAST: f64 = 20.0;

/// In MB, with a million jobs waiting.
const AT_MOST: f64 = 64.0;

/// Durable jobs per second from 64 tasks.
pub(crate) fn enqueues() -> Result<Vec<Figure>, Error> {
    let (runtime, folder) = (Runtime::new()?, folder("enqueues")?);
    let mut probe = File::create(folder.join("probe"))?;
    let sorter = sorter::Resources { counter: Counter::default(), pace: Pace::Idle };
    let launch = Launch::<Sorting>::new(Resources { counter: counter::Resources, sorter });
    let launch = launch.environment("disk").variables([("DATA_DIR", folder.join("queue").display().to_string())]);
    let unit = runtime.block_on(launch.start()).map_err(|error| error.to_string())?;
    let client = unit.client();
    let enqueue = |letters| {
        let start = Instant::now();
        runtime.block_on(client.invoke(topology::counter::HandIn, Batch { letters, bytes: BYTES }))?;
        Ok::<f64, Error>(start.elapsed().as_secs_f64() / letters as f64)
    };
    let letters = (ROUND.as_secs_f64() / enqueue(1000)?) as u64 + 1;
    let pairs = in_rounds(ROUNDS, &mut || enqueue(letters), &mut || sync(&mut probe))?;
    let Compared { ours, theirs, ratio } = Compared::of(&pairs, |measured| *measured);
    // What the worker holds is never done.
    drop((client, unit));
    fs::remove_dir_all(folder)?;
    let a_sync = ratio.recip();
    Ok(vec![Figure {
        what: "durable jobs per second on the local disk, 100 B, 64 tasks".into(),
        against: "fdatasync of 4 kB appended, one after the other",
        measured: format!("{a_sync:.1} × ({}, {})", rate(ours), rate(theirs)),
        at_most: "at least 20 ×",
        within: a_sync >= AT_LEAST,
    }])
}

/// Seconds that a page takes until it is on the disk.
fn sync(file: &mut File) -> Result<f64, Error> {
    let (start, mut syncs) = (Instant::now(), 0.0);
    while start.elapsed() < ROUND {
        file.write_all(&[7; 4096])?;
        file.sync_data()?;
        syncs += 1.0;
    }
    Ok(start.elapsed().as_secs_f64() / syncs)
}

/// Memory with a million jobs waiting, in a process of its own.
pub(crate) fn memory() -> Result<Vec<Figure>, Error> {
    let (program, folder) = (cargo::built("pontoon-bench", "unit")?, folder("memory")?);
    // Once as it put them in, and once as it finds them there.
    let mut most: f64 = 0.0;
    for letters in ["1000000", "0"] {
        let mut unit = Command::new(&program);
        unit.env("PONTOON_ENV", "disk").env("DATA_DIR", folder.join("queue"));
        most = most.max(Process::start(unit.args(["hoard", letters]))?.resident()?);
    }
    fs::remove_dir_all(folder)?;
    Ok(vec![Figure {
        what: "resident memory of a unit with a million jobs on the local disk".into(),
        against: "",
        measured: format!("{most:.1} MB"),
        at_most: "64 MB",
        within: most <= AT_MOST,
    }])
}

/// An empty folder on the disk that this program stands on.
fn folder(name: &str) -> Result<PathBuf, Error> {
    let folder = cargo::target()?.join("bench/disk").join(name);
    if Path::exists(&folder) {
        fs::remove_dir_all(&folder)?;
    }
    fs::create_dir_all(&folder)?;
    Ok(folder)
}
