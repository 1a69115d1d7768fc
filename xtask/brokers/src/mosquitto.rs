//! Mosquitto. It saves its whole state after each round of its loop in which anything changed, which is as often as it
//! can: a round acknowledges first and saves then, so SIGKILL loses the messages that the last round acknowledged. A
//! test that is about more than that holds the acknowledgements back in a proxy and calls `save` before `kill`.

use crate::Error;
use crate::installed::find;
use crate::process::{Process, Signal};
use crate::program::{Program, Relief, Site, greet, listens, text};
use crate::rights::User;
use std::os::unix::fs::MetadataExt;
use std::path::PathBuf;
use std::process::Command;

pub(crate) struct Mosquitto;

impl Program for Mosquitto {
    fn name(&self) -> &'static str {
        "mosquitto"
    }

    fn schemes(&self) -> (&'static str, &'static str) {
        ("mqtt", "mqtts")
    }

    fn configure(&self, site: &Site) -> Result<(), Error> {
        write(site, Memory::Unlimited)
    }

    fn command(&self, site: &Site) -> Result<Command, Error> {
        let mut command = Command::new(find("mosquitto", "mosquitto")?);
        command.arg("-c").arg(site.folder.path().join("mosquitto.conf"));
        Ok(command)
    }

    /// Any CONNACK will do, also a refusal. Through TLS we do not speak: its port opens when it is ready.
    fn is_ready(&self, site: &Site) -> bool {
        if site.setup.tls.is_some() {
            return listens(site.port());
        }
        greet::<2>(site.port(), CONNECT).is_some_and(|answer| answer == [0x20, 0x02])
    }

    fn admit(&self, site: &Site, process: &Process, _user: &User) -> Result<(), Error> {
        self.configure(site)?;
        site.reload(process, RELOADING)
    }

    /// It reads the limit between two rounds of its loop, after the save: what it has acknowledged is safe, and from
    /// then on it has no memory to take a packet in.
    fn fill(&self, site: &Site, process: &Process) -> Result<(), Error> {
        write(site, Memory::None)?;
        site.reload(process, RELOADING)
    }

    /// Nor has it memory to read its files again.
    fn relieve(&self, site: &Site, _process: &Process) -> Result<Relief, Error> {
        self.configure(site).map(|()| Relief::AfterRestart)
    }

    /// A save that ends after we have asked for one has all in it that was acknowledged before.
    fn save(&self, site: &Site, process: &Process) -> Result<(), Error> {
        if !site.setup.durable {
            return Err(Error::Misuse("a volatile mosquitto saves nothing".to_owned()));
        }
        let database = site.folder.path().join("data/mosquitto.db");
        // A new file each time, which may have the number that the one before the last had.
        let saved = || std::fs::metadata(&database).map(|file| (file.ino(), file.mtime(), file.mtime_nsec())).ok();
        let before = saved();
        process.signal(Signal::User1)?;
        site.wait("its database", || saved().is_some() && saved() != before)
    }
}

/// CONNECT of MQTT 3.1.1 with a clean session, ten seconds of keep-alive and the client identifier `ready`.
const CONNECT: &[u8] = b"\x10\x11\x00\x04MQTT\x04\x02\x00\x0a\x00\x05ready";

/// What it says when it reads its files again; it does that between two rounds of its loop.
const RELOADING: &str = "Reloading config";

/// How much memory it may have.
#[derive(Debug, Clone, Copy)]
enum Memory {
    Unlimited,
    None,
}

fn write(site: &Site, memory: Memory) -> Result<(), Error> {
    let data = site.folder.subfolder("data")?;
    let mut lines = vec![
        // Not the user `mosquitto`, which cannot read our folder. Without root it stays who it is.
        "user root".to_owned(),
        format!("persistence {}", site.setup.durable),
        format!("persistence_location {}/", text(&data)),
        "autosave_on_changes true".to_owned(),
        "autosave_interval 1".to_owned(),
        // Nothing is dropped in silence. 0 would be no limit, but with it, who publishes what it may not is thrown out.
        "max_queued_messages 10000000".to_owned(),
        "max_queued_bytes 0".to_owned(),
        "max_inflight_messages 0".to_owned(),
        "set_tcp_nodelay true".to_owned(),
        // In bytes, where 0 is no limit.
        format!("memory_limit {}", matches!(memory, Memory::None) as u8),
        format!("listener {} 127.0.0.1", site.port()),
    ];
    let users = site.users();
    lines.push(format!("allow_anonymous {}", users.is_empty()));
    if !users.is_empty() {
        lines.push(format!("password_file {}", text(&passwords(site, &users)?)));
        let rules: String = users.iter().map(rules).collect();
        lines.push(format!("acl_file {}", text(&site.folder.write("rules", &rules)?)));
    }
    if let Some(tls) = &site.setup.tls {
        lines.extend([
            format!("cafile {}", text(&tls.ca)),
            format!("certfile {}", text(&tls.certificate)),
            format!("keyfile {}", text(&tls.key)),
            format!("require_certificate {}", tls.mutual),
        ]);
    }
    // It tells nobody.
    lines.extend(site.setup.largest.map(|bytes| format!("message_size_limit {bytes}")));
    site.folder.write("mosquitto.conf", &(lines.join("\n") + "\n")).map(drop)
}

/// Writes the file of the passwords, which its own tool has to encrypt.
fn passwords(site: &Site, users: &[User]) -> Result<PathBuf, Error> {
    let lines: String = users.iter().map(|user| format!("{}:{}\n", user.name, user.password)).collect();
    let path = site.folder.write("passwords", &lines)?;
    let output = Command::new(find("mosquitto_passwd", "mosquitto")?)
        .arg("-U")
        .arg(&path)
        .output()
        .map_err(Error::system("run mosquitto_passwd"))?;
    if output.status.success() {
        return Ok(path);
    }
    let log = String::from_utf8_lossy(&output.stderr).into_owned();
    Err(Error::Program { what: "mosquitto_passwd did not encrypt the passwords".to_owned(), log })
}

/// A user as the file of the rules has it.
fn rules(user: &User) -> String {
    let mut lines = vec![format!("user {}", user.name)];
    lines.extend(user.rights.write.patterns("#").iter().map(|topic| format!("topic write {topic}")));
    lines.extend(user.rights.read.patterns("#").iter().map(|topic| format!("topic read {topic}")));
    lines.join("\n") + "\n"
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Rights;

    #[test]
    fn a_user_may_write_and_read_what_the_patterns_say() {
        let rights = Rights::everything().write(&[]).read(&["shop/#"]);
        let user = User { name: "anna".to_owned(), password: "secret".to_owned(), rights };
        assert_eq!(rules(&user), "user anna\ntopic read shop/#\n");
    }
}
