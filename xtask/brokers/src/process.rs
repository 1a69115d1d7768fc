//! A child process in a process group of its own, so that a signal reaches all of it.

use crate::Error;
use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// How often something is looked at that cannot be waited for.
pub(crate) const GLANCE: Duration = Duration::from_millis(10);

/// A running program with everything that it started in its group.
#[derive(Debug)]
pub(crate) struct Process {
    child: Child,
}

/// What is sent to a process.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Signal {
    Kill,
    Terminate,
    Stop,
    Continue,
    Hangup,
    User1,
}

impl Signal {
    fn name(self) -> &'static str {
        match self {
            Self::Kill => "KILL",
            Self::Terminate => "TERM",
            Self::Stop => "STOP",
            Self::Continue => "CONT",
            Self::Hangup => "HUP",
            Self::User1 => "USR1",
        }
    }
}

impl Process {
    /// Starts the command; all that it writes is added to the file `log`.
    pub(crate) fn start(command: &mut Command, log: &Path) -> Result<Self, Error> {
        let what = || format!("open the log {}", log.display());
        let out = File::options().append(true).create(true).open(log).map_err(Error::system(what()))?;
        let err = out.try_clone().map_err(Error::system(what()))?;
        let child = command
            .stdin(Stdio::null())
            .stdout(out)
            .stderr(err)
            .process_group(0)
            .spawn()
            .map_err(Error::system(format!("start {}", command.get_program().display())))?;
        Ok(Self { child })
    }

    /// The number of its process group, which is that of its first process.
    pub(crate) fn group(&self) -> u32 {
        self.child.id()
    }

    /// The CPU time that all threads of its group have used so far, those left out that have ended.
    pub(crate) fn cpu(&self) -> Result<Duration, Error> {
        let what = "read the CPU time of a process";
        let mut nanoseconds = 0;
        for entry in std::fs::read_dir("/proc").map_err(Error::system(what))?.flatten() {
            // Processes and threads come and go meanwhile.
            let stat = std::fs::read_to_string(entry.path().join("stat")).unwrap_or_default();
            // proc_pid_stat(5): the name, which is in parentheses, then the state, the parent and the group.
            let group = stat.rsplit_once(") ").and_then(|(_, rest)| rest.split(' ').nth(2)?.parse::<u32>().ok());
            if group != Some(self.group()) {
                continue;
            }
            for thread in std::fs::read_dir(entry.path().join("task")).into_iter().flatten().flatten() {
                let text = std::fs::read_to_string(thread.path().join("schedstat")).unwrap_or_default();
                nanoseconds += text.split(' ').next().and_then(|used| used.parse::<u64>().ok()).unwrap_or(0);
            }
        }
        Ok(Duration::from_nanos(nanoseconds))
    }

    /// Whether it is gone.
    pub(crate) fn has_ended(&mut self) -> bool {
        !matches!(self.child.try_wait(), Ok(None))
    }

    /// Sends a signal to the whole group. std cannot; a shell can everywhere, without another package.
    pub(crate) fn signal(&self, signal: Signal) -> Result<(), Error> {
        let name = signal.name();
        let output = Command::new("/bin/sh")
            .args(["-c", r#"kill -s "$1" -- "-$2""#, "kill", name, &self.group().to_string()])
            .stdin(Stdio::null())
            .output()
            .map_err(Error::system(format!("send SIG{name}")))?;
        if output.status.success() {
            return Ok(());
        }
        let log = String::from_utf8_lossy(&output.stderr).into_owned();
        Err(Error::Program { what: format!("SIG{name} did not reach the process group {}", self.group()), log })
    }

    /// SIGSTOP to the whole group; returns once no thread of its first process runs, which may be a moment later.
    pub(crate) fn hold(&mut self) -> Result<(), Error> {
        const PATIENCE: Duration = Duration::from_secs(10);
        self.signal(Signal::Stop)?;
        let started = Instant::now();
        while !self.has_ended() && !self.is_held() {
            if started.elapsed() > PATIENCE {
                let what = format!("the process group {} did not stop within {} s", self.group(), PATIENCE.as_secs());
                return Err(Error::Program { what, log: String::new() });
            }
            std::thread::sleep(GLANCE);
        }
        Ok(())
    }

    fn is_held(&self) -> bool {
        let Ok(threads) = std::fs::read_dir(format!("/proc/{}/task", self.group())) else { return true };
        threads.flatten().all(|thread| {
            // proc_pid_stat(5): the name, which is in parentheses and may have some, then the state.
            let stat = std::fs::read_to_string(thread.path().join("stat")).unwrap_or_default();
            stat.rsplit_once(") ").is_none_or(|(_, state)| !state.starts_with(['R', 'S', 'D']))
        })
    }

    /// SIGKILL to the whole group; returns once it is gone.
    pub(crate) fn kill(&mut self) -> Result<(), Error> {
        if self.has_ended() {
            return Ok(());
        }
        self.signal(Signal::Kill)?;
        self.child.wait().map(drop).map_err(Error::system("wait for a killed process"))
    }

    /// SIGTERM, and SIGKILL if that has not helped in time.
    pub(crate) fn stop(&mut self, patience: Duration) -> Result<(), Error> {
        if self.has_ended() {
            return Ok(());
        }
        self.signal(Signal::Terminate)?;
        // A process that was stopped acts on SIGTERM once it goes on.
        self.signal(Signal::Continue)?;
        let started = Instant::now();
        while !self.has_ended() {
            if started.elapsed() > patience {
                return self.kill();
            }
            std::thread::sleep(GLANCE);
        }
        Ok(())
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // If even that fails the warden tries again; there is nobody to tell.
        let _ = self.kill();
    }
}

/// The last lines of a log, for an error.
pub(crate) fn last_lines(log: &Path) -> String {
    const BYTES: u64 = 4_096;
    let tail = || -> std::io::Result<String> {
        let mut file = File::open(log)?;
        let start = file.metadata()?.len().saturating_sub(BYTES);
        file.seek(SeekFrom::Start(start))?;
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes)?;
        Ok(String::from_utf8_lossy(&bytes).into_owned())
    };
    tail().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Folder;

    fn shell(script: &str, folder: &Folder) -> Process {
        Process::start(Command::new("/bin/sh").args(["-c", script]), &folder.path().join("log")).unwrap()
    }

    #[test]
    fn killing_reaches_all_that_a_process_has_started() {
        let folder = Folder::new("process").unwrap();
        let mut process = shell("sleep 600 & echo $!; wait", &folder);
        let log = folder.path().join("log");
        while !last_lines(&log).ends_with('\n') {
            std::thread::sleep(GLANCE);
        }
        process.kill().unwrap();
        let sleeper = last_lines(&log).trim().to_owned();
        let state = || std::fs::read_to_string(format!("/proc/{sleeper}/stat")).unwrap_or_default();
        // Gone, or a zombie that its new parent has not looked at yet.
        while !(state().is_empty() || state().contains(") Z ")) {
            std::thread::sleep(GLANCE);
        }
    }

    #[test]
    fn stopping_a_paused_process_does_not_wait_for_the_kill() {
        let folder = Folder::new("process").unwrap();
        let mut process = shell("trap 'echo bye; exit' TERM; echo hi; while :; do sleep 0.01; done", &folder);
        let log = folder.path().join("log");
        while !last_lines(&log).contains("hi") {
            std::thread::sleep(GLANCE);
        }
        process.signal(Signal::Stop).unwrap();
        process.stop(Duration::from_secs(60)).unwrap();
        assert!(last_lines(&log).ends_with("bye\n"));
    }
}
