//! Mosquitto. It writes its whole state after each round of its loop in which anything changed, which is as often as it
//! can: a round acknowledges first and saves then, so the messages of the last round before a SIGKILL are lost.

use crate::Error;
use crate::installed::find;
use crate::program::{Program, Site, greet, listens, text};
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
        let data = site.folder.subfolder("data")?;
        let mut lines = vec![
            // Not the user `mosquitto`, which cannot read our folder. Without root it stays who it is.
            "user root".to_owned(),
            "persistence true".to_owned(),
            format!("persistence_location {}/", text(&data)),
            "autosave_on_changes true".to_owned(),
            "autosave_interval 1".to_owned(),
            // Nothing is dropped in silence.
            "max_queued_messages 0".to_owned(),
            "max_queued_bytes 0".to_owned(),
            "max_inflight_messages 0".to_owned(),
            "set_tcp_nodelay true".to_owned(),
            format!("listener {} 127.0.0.1", site.port()),
        ];
        match &site.setup.user {
            Some(_) => {
                lines.push("allow_anonymous false".to_owned());
            }
            None => lines.push("allow_anonymous true".to_owned()),
        }
        if let Some(tls) = &site.setup.tls {
            lines.push(format!("cafile {}", text(&tls.ca)));
            lines.push(format!("certfile {}", text(&tls.certificate)));
            lines.push(format!("keyfile {}", text(&tls.key)));
            lines.push(format!("require_certificate {}", tls.mutual));
        }
        site.folder.write("mosquitto.conf", &(lines.join("\n") + "\n")).map(drop)
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
}

/// CONNECT of MQTT 3.1.1 with a clean session, ten seconds of keep-alive and the client identifier `ready`.
const CONNECT: &[u8] = b"\x10\x11\x00\x04MQTT\x04\x02\x00\x0a\x00\x05ready";
