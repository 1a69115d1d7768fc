//! A unit as a process: ready when its log says so, killed or stopped as the demo wants it.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use super::Error;

/// How long a unit may take to be ready, on a machine that has other things to do.
const PATIENCE: Duration = Duration::from_secs(60);

/// A unit that runs. It ends with the demo, however that ends.
pub(super) struct Unit {
    name: &'static str,
    process: Child,
}

impl Unit {
    /// Starts a unit and waits until it is ready. Its log is shown as it comes.
    pub(super) fn start(name: &'static str, mut command: Command) -> Result<Self, Error> {
        let mut process = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn()?;
        let (said, lines) = mpsc::channel();
        let out = process.stdout.take().map(BufReader::new).ok_or("stdout is a pipe")?;
        let log = process.stderr.take().map(BufReader::new).ok_or("stderr is a pipe")?;
        thread::spawn(move || out.lines().map_while(Result::ok).for_each(|line| println!("   {name:>8} │ {line}")));
        thread::spawn(move || {
            for line in log.lines().map_while(Result::ok) {
                println!("   {name:>8} │ {line}");
                // Nobody listens any more once it was ready.
                let _ = said.send(line.contains("pontoon: ready"));
            }
        });
        let unit = Self { name, process };
        while !lines.recv_timeout(PATIENCE).map_err(|_| format!("{name} did not get ready"))? {}
        Ok(unit)
    }

    /// Kills it: -9.
    pub(super) fn kill(&mut self) -> Result<(), Error> {
        self.process.kill()?;
        self.process.wait()?;
        Ok(())
    }

    /// Asks it to stop, and waits for that.
    pub(super) fn stop(mut self) -> Result<(), Error> {
        let asked = Command::new("kill").args(["-TERM", &self.process.id().to_string()]).status()?;
        let ended = self.process.wait()?;
        match asked.success() && ended.success() {
            true => Ok(()),
            false => Err(format!("{} did not stop as it should: {ended}", self.name).into()),
        }
    }
}

impl Drop for Unit {
    fn drop(&mut self) {
        // One that has ended cannot be killed, and need not be.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
