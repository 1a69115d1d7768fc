//! Programs that are measured as processes of their own.

use crate::rounds::Error;
use std::fs;
use std::io::{BufRead as _, BufReader};
use std::process::{Child, ChildStderr, Command, Stdio};

/// A process that has said on stderr that it is ready. Dropped, it is killed.
pub(crate) struct Process {
    child: Child,
    /// Held, so that it can go on to write.
    _stderr: BufReader<ChildStderr>,
}

impl Process {
    /// Starts a program and waits until it says that it is ready.
    pub(crate) fn start(command: &mut Command) -> Result<Self, Error> {
        let mut child = command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn()?;
        let mut stderr = BufReader::new(child.stderr.take().ok_or("stderr is a pipe")?);
        let (mut said, mut line) = (String::new(), String::new());
        while stderr.read_line(&mut line)? > 0 {
            if line.contains("ready") {
                return Ok(Self { child, _stderr: stderr });
            }
            said.push_str(&std::mem::take(&mut line));
        }
        child.wait()?;
        Err(format!("{command:?} did not say that it is ready\n{said}").into())
    }

    /// Its resident memory, in MB.
    pub(crate) fn resident(&self) -> Result<f64, Error> {
        let status = fs::read_to_string(format!("/proc/{}/status", self.child.id()))?;
        Ok(resident(&status).ok_or("no VmRSS in the status of a process")? / 1024.0)
    }

    /// The CPU time that its threads have used so far, in seconds.
    pub(crate) fn cpu(&self) -> Result<f64, Error> {
        let mut nanoseconds = 0.0;
        for thread in fs::read_dir(format!("/proc/{}/task", self.child.id()))? {
            let text = fs::read_to_string(thread?.path().join("schedstat"))?;
            nanoseconds += text.split(' ').next().ok_or("nothing in the schedstat of a thread")?.parse::<f64>()?;
        }
        Ok(nanoseconds / 1e9)
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The resident memory in the text of `/proc/<pid>/status`, in KiB.
fn resident(status: &str) -> Option<f64> {
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    line.split_whitespace().next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_resident_memory_is_one_of_many_lines() {
        assert_eq!(resident("Name:\tquickstart\nVmRSS:\t    2048 kB\nThreads:\t3\n"), Some(2048.0));
        assert_eq!(resident("Name:\tgone\n"), None);
    }
}
