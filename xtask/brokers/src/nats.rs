//! nats-server with JetStream. 2.9 has no `sync_interval`: a message is written before it is acknowledged, so it
//! survives the death of the process, which is all that can be tested here, and not that of the machine.

mod speech;

use crate::Error;
use crate::installed::{chosen, find};
use crate::process::{GLANCE, Process, Signal};
use crate::program::{ADMINISTRATOR, Program, Relief, Site, greet, text};
use crate::rights::{Grant, Rights, User};
use speech::Speech;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The path of another nats-server than the installed one.
const CHOSEN: &str = "PONTOON_NATS_SERVER";

pub(crate) struct NatsServer;

impl Program for NatsServer {
    fn name(&self) -> &'static str {
        "nats-server"
    }

    fn schemes(&self) -> (&'static str, &'static str) {
        ("nats", "tls")
    }

    fn configure(&self, site: &Site) -> Result<(), Error> {
        let store = text(&store(site));
        let mut lines = vec![
            "host: 127.0.0.1".to_owned(),
            format!("port: {}", site.port()),
            format!(
                "jetstream {{ store_dir: \"{store}\", max_file_store: {}, max_memory_store: 256MB }}",
                site.setup.storage
            ),
        ];
        let users = site.users();
        if !users.is_empty() {
            let administrator =
                User { name: ADMINISTRATOR.to_owned(), password: site.password.clone(), rights: Rights::everything() };
            let users: Vec<String> = users.iter().chain([&administrator]).map(entry).collect();
            lines.push(format!("authorization {{ users: [\n{}\n] }}", users.join("\n")));
        }
        if let Some(tls) = &site.setup.tls {
            let [ca, certificate, key] = [&tls.ca, &tls.certificate, &tls.key].map(|path| text(path));
            lines.push(format!(
                "tls {{ cert_file: \"{certificate}\", key_file: \"{key}\", ca_file: \"{ca}\", verify: {} }}",
                tls.mutual
            ));
        }
        lines.push(site.setup.lines.clone());
        site.folder.write("nats.conf", &(lines.join("\n") + "\n")).map(drop)
    }

    fn command(&self, site: &Site) -> Result<Command, Error> {
        let program = chosen(CHOSEN).unwrap_or_else(|| find("nats-server", "nats-server"))?;
        let mut command = Command::new(program);
        command.arg("-c").arg(site.folder.path().join("nats.conf"));
        Ok(command)
    }

    /// It speaks first, also before TLS, and after JetStream has recovered.
    fn is_ready(&self, site: &Site) -> bool {
        greet::<5>(site.port(), b"").is_some_and(|answer| &answer == b"INFO ")
    }

    fn admit(&self, site: &Site, process: &Process, _user: &User) -> Result<(), Error> {
        self.configure(site)?;
        site.reload(process, "Reloaded server configuration")
    }

    /// Not while it writes the state of a consumer, for which it empties the file first. When 2.9.7 to 2.9.15 come up
    /// and cannot read one, they drop what the other consumers have acknowledged, and this one never gets it
    /// (`checkForOrphanMsgs`; 2.9.16 has it otherwise).
    fn hold_for_kill(&self, site: &Site, process: &mut Process) -> Result<(), Error> {
        const TRIES: u32 = 200;
        for _ in 0..TRIES {
            process.hold()?;
            if process.has_ended() || !has_empty_state(&store(site)) {
                return Ok(());
            }
            process.signal(Signal::Continue)?;
            std::thread::sleep(GLANCE);
        }
        // It stays empty: the disk is full, say, and nobody is writing it.
        Ok(())
    }

    /// A stream of ours takes all the storage that there is.
    fn fill(&self, site: &Site, _process: &Process) -> Result<(), Error> {
        let mut speech = Speech::begin(site)?;
        let stream = format!(r#"{{"name":"{STREAM}","subjects":["{STREAM}"],"storage":"file","num_replicas":1}}"#);
        speech.must(&format!("$JS.API.STREAM.CREATE.{STREAM}"), stream.as_bytes())?;
        let block = vec![b'.'; 512 * 1024];
        // Acknowledged one by one, so that what is refused is known to be refused for want of room.
        for _ in 0..=site.setup.storage / 512 / 1024 {
            let answer = speech.ask(STREAM, &block)?;
            if answer.contains("insufficient") {
                return Ok(());
            }
            if answer.contains("\"error\"") {
                return Err(site.failed(format!("refused to be filled: {answer}")));
            }
        }
        Err(site.failed("took more than its storage holds"))
    }

    fn relieve(&self, site: &Site, _process: &Process) -> Result<Relief, Error> {
        Speech::begin(site)?.must(&format!("$JS.API.STREAM.DELETE.{STREAM}"), b"").map(|()| Relief::Felt)
    }
}

/// The stream, and the subject, of what only takes room.
const STREAM: &str = "pontoon_fill";

/// Where JetStream keeps what it keeps.
fn store(site: &Site) -> PathBuf {
    site.folder.path().join("jetstream")
}

/// Whether the state of a consumer, which is a file `o.dat`, is empty.
fn has_empty_state(folder: &Path) -> bool {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    entries.into_iter().any(|entry| match entry.metadata() {
        Ok(metadata) if metadata.is_dir() => has_empty_state(&entry.path()),
        Ok(metadata) => metadata.len() == 0 && entry.file_name() == "o.dat",
        Err(_) => false,
    })
}

/// A user as the configuration has it.
fn entry(user: &User) -> String {
    let grant = |grant: &Grant| match grant.patterns(">")[..] {
        [] => "{ deny: [\">\"] }".to_owned(),
        ref patterns => format!("{{ allow: {patterns:?} }}"),
    };
    let Rights { write, read, .. } = &user.rights;
    format!(
        "  {{ user: \"{}\", password: \"{}\", permissions: {{ publish: {}, subscribe: {} }} }}",
        user.name,
        user.password,
        grant(write),
        grant(read)
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_state_that_is_being_written_is_seen() {
        let folder = crate::Folder::new("test").unwrap();
        let consumers = folder.path().join("$G/streams/events/obs/listener");
        std::fs::create_dir_all(&consumers).unwrap();
        std::fs::write(consumers.join("meta.inf"), "").unwrap();
        std::fs::write(consumers.join("o.dat"), "state").unwrap();
        assert!(!has_empty_state(folder.path()));
        std::fs::write(consumers.join("o.dat"), "").unwrap();
        assert!(has_empty_state(folder.path()));
    }

    #[test]
    fn a_user_without_rights_is_denied_everything() {
        let rights = Rights::everything().write(&[]).read(&["shop.>", "_INBOX.>"]);
        let user = User { name: "anna".to_owned(), password: "secret".to_owned(), rights };
        assert_eq!(
            entry(&user),
            "  { user: \"anna\", password: \"secret\", permissions: { publish: { deny: [\">\"] }, \
             subscribe: { allow: [\"shop.>\", \"_INBOX.>\"] } } }"
        );
    }
}
