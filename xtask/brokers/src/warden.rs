//! Ends what we started when we cannot: a shell at the other end of a pipe, which closes however our process ends.

use crate::Error;
use std::io::Write;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};

/// Each line that arrives is the process group that is alive, or empty. When the pipe closes, the last one is killed
/// and the folder removed; the beam writes to it until it is gone, hence the second try.
const SCRIPT: &str = r#"
group=
while read -r line; do group=$line; done
[ -z "$group" ] || kill -s KILL -- "-$group"
rm -rf -- "$1" || { sleep 1; rm -rf -- "$1"; }
"#;

/// Watches over the process group and the folder of one broker.
#[derive(Debug)]
pub(crate) struct Warden(Child);

impl Warden {
    /// A warden of its own process group, which Ctrl-C in a terminal does not reach.
    pub(crate) fn new(folder: &Path) -> Result<Self, Error> {
        Command::new("/bin/sh")
            .args(["-c", SCRIPT, "warden"])
            .arg(folder)
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .process_group(0)
            .spawn()
            .map(Self)
            .map_err(Error::system("start /bin/sh, which ends the broker if we cannot"))
    }

    /// From now on this group is to be killed, and no other.
    pub(crate) fn watch(&mut self, group: Option<u32>) -> Result<(), Error> {
        let line = group.map(|group| group.to_string()).unwrap_or_default() + "\n";
        let Some(pipe) = &mut self.0.stdin else { return Ok(()) };
        pipe.write_all(line.as_bytes()).map_err(Error::system("tell the broker's warden what to watch"))
    }
}

impl Drop for Warden {
    fn drop(&mut self) {
        drop(self.0.stdin.take());
        // Its work is done once it has ended; it cannot fail in a way that we could mend.
        let _ = self.0.wait();
    }
}
