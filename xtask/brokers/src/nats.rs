//! nats-server with JetStream. 2.9 has no `sync_interval`: a message is written before it is acknowledged, so it survives
//! the death of the process, which is all that can be tested here, and not that of the machine.

use crate::Error;
use crate::installed::find;
use crate::program::{Program, Site, greet, text};
use std::process::Command;

pub(crate) struct NatsServer;

impl Program for NatsServer {
    fn name(&self) -> &'static str {
        "nats-server"
    }

    fn schemes(&self) -> (&'static str, &'static str) {
        ("nats", "tls")
    }

    fn configure(&self, site: &Site) -> Result<(), Error> {
        let store = text(&site.folder.path().join("jetstream"));
        let mut lines = vec![
            "host: 127.0.0.1".to_owned(),
            format!("port: {}", site.port()),
            format!("jetstream {{ store_dir: \"{store}\", max_file_store: 1GB, max_memory_store: 256MB }}"),
        ];
        if let Some(user) = &site.setup.user {
            lines.push(format!(
                "authorization {{ users: [{{ user: \"{}\", password: \"{}\" }}] }}",
                user.name, user.password
            ));
        }
        if let Some(tls) = &site.setup.tls {
            let [ca, certificate, key] = [&tls.ca, &tls.certificate, &tls.key].map(|path| text(path));
            lines.push(format!(
                "tls {{ cert_file: \"{certificate}\", key_file: \"{key}\", ca_file: \"{ca}\", verify: {} }}",
                tls.mutual
            ));
        }
        site.folder.write("nats.conf", &(lines.join("\n") + "\n")).map(drop)
    }

    fn command(&self, site: &Site) -> Result<Command, Error> {
        let mut command = Command::new(find("nats-server", "nats-server")?);
        command.arg("-c").arg(site.folder.path().join("nats.conf"));
        Ok(command)
    }

    /// It speaks first, also before TLS, and after JetStream has recovered.
    fn is_ready(&self, site: &Site) -> bool {
        greet::<5>(site.port(), b"").is_some_and(|answer| &answer == b"INFO ")
    }
}
