//! redis-server, with every write in the append-only file and synced before it is answered.

use crate::Error;
use crate::installed::find;
use crate::program::{Program, Site, greet, text};
use std::process::Command;

pub(crate) struct RedisServer;

impl Program for RedisServer {
    fn name(&self) -> &'static str {
        "redis-server"
    }

    fn schemes(&self) -> (&'static str, &'static str) {
        ("redis", "rediss")
    }

    fn configure(&self, site: &Site) -> Result<(), Error> {
        let data = site.folder.subfolder("data")?;
        let mut lines = vec![
            "bind 127.0.0.1".to_owned(),
            format!("dir {}", text(&data)),
            "save \"\"".to_owned(),
            "appendonly yes".to_owned(),
            "appendfsync always".to_owned(),
        ];
        if let Some(user) = &site.setup.user {
            lines.push("user default off".to_owned());
            lines.push(format!("user {} on >{} ~* &* +@all", user.name, user.password));
        }
        match &site.setup.tls {
            Some(tls) => {
                lines.push("port 0".to_owned());
                lines.push(format!("tls-port {}", site.port()));
                lines.push(format!("tls-ca-cert-file {}", text(&tls.ca)));
                lines.push(format!("tls-cert-file {}", text(&tls.certificate)));
                lines.push(format!("tls-key-file {}", text(&tls.key)));
                lines.push(format!("tls-auth-clients {}", if tls.mutual { "yes" } else { "no" }));
            }
            None => lines.push(format!("port {}", site.port())),
        }
        site.folder.write("redis.conf", &(lines.join("\n") + "\n")).map(drop)
    }

    fn command(&self, site: &Site) -> Result<Command, Error> {
        let mut command = Command::new(find("redis-server", "redis-server")?);
        command.arg(site.folder.path().join("redis.conf"));
        Ok(command)
    }

    /// While it reads its file it answers, but with an error.
    fn is_ready(&self, site: &Site) -> bool {
        if site.setup.tls.is_some() {
            return crate::program::listens(site.port());
        }
        match &site.setup.user {
            None => greet::<5>(site.port(), b"PING\r\n").is_some_and(|answer| &answer == b"+PONG"),
            Some(user) => {
                let words = format!("AUTH {} {}\r\nPING\r\n", user.name, user.password);
                greet::<10>(site.port(), words.as_bytes()).is_some_and(|answer| answer.ends_with(b"+PONG"))
            }
        }
    }
}
