//! RabbitMQ: the beam without the wrapper script that changes the user, and an epmd of its own on a loopback port, in the
//! foreground, because the one that the beam starts otherwise is a daemon that nobody ends.

use crate::Error;
use crate::installed::find;
use crate::program::{Companion, Program, Site, greet, listens, text};
use std::path::{Path, PathBuf};
use std::process::Command;

pub(crate) struct RabbitMq;

/// Where Debian keeps the scripts without the wrapper.
const SCRIPTS: &str = "/usr/lib/rabbitmq/bin";

impl Program for RabbitMq {
    fn name(&self) -> &'static str {
        "rabbitmq-server"
    }

    fn schemes(&self) -> (&'static str, &'static str) {
        ("amqp", "amqps")
    }

    fn path(&self) -> &'static str {
        "/%2f"
    }

    /// For clients, for epmd, for the distribution of Erlang.
    fn ports(&self) -> usize {
        3
    }

    fn configure(&self, site: &Site) -> Result<(), Error> {
        site.folder.subfolder("home")?;
        site.folder.write("enabled_plugins", "[].\n")?;
        let mut lines = vec![
            "log.console = true".to_owned(),
            "log.file = false".to_owned(),
            "vm_memory_high_watermark.absolute = 512MB".to_owned(),
            "disk_free_limit.absolute = 50MB".to_owned(),
        ];
        if let Some(user) = &site.setup.user {
            lines.push(format!("default_user = {}", user.name));
            lines.push(format!("default_pass = {}", user.password));
        }
        match &site.setup.tls {
            Some(tls) => {
                lines.push("listeners.tcp = none".to_owned());
                lines.push(format!("listeners.ssl.1 = 127.0.0.1:{}", site.port()));
                lines.push(format!("ssl_options.cacertfile = {}", text(&tls.ca)));
                lines.push(format!("ssl_options.certfile = {}", text(&tls.certificate)));
                lines.push(format!("ssl_options.keyfile = {}", text(&tls.key)));
                lines.push(format!("ssl_options.verify = verify_{}", if tls.mutual { "peer" } else { "none" }));
                lines.push(format!("ssl_options.fail_if_no_peer_cert = {}", tls.mutual));
            }
            None => lines.push(format!("listeners.tcp.1 = 127.0.0.1:{}", site.port())),
        }
        site.folder.write("rabbitmq.conf", &(lines.join("\n") + "\n")).map(drop)
    }

    fn companion(&self, site: &Site) -> Result<Option<Companion>, Error> {
        let port = site.own_port(1);
        let mut command = Command::new(find("epmd", "rabbitmq-server")?);
        command.args(["-address", "127.0.0.1", "-port", &port.to_string()]);
        Ok(Some(Companion { command, port }))
    }

    fn command(&self, site: &Site) -> Result<Command, Error> {
        let mut command = Command::new(script("rabbitmq-server")?);
        let folder = site.folder.path();
        environment(&mut command, site);
        command
            // The script becomes the beam instead of waiting for it, so that signals reach the broker.
            .env("RABBITMQ_ALLOW_INPUT", "yes")
            .env("RABBITMQ_NODE_PORT", site.port().to_string())
            .env("RABBITMQ_DIST_PORT", site.own_port(2).to_string())
            .env("RABBITMQ_MNESIA_BASE", folder.join("mnesia"))
            .env("RABBITMQ_LOG_BASE", folder.join("logs"))
            .env("RABBITMQ_CONFIG_FILE", folder.join("rabbitmq"))
            .env("RABBITMQ_ENABLED_PLUGINS_FILE", folder.join("enabled_plugins"))
            .env("RABBITMQ_PID_FILE", folder.join("pid"))
            .env("RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS", ERL_ARGS);
        Ok(command)
    }

    /// It answers the header of the protocol with the method Connection.Start. Through TLS we do not speak: its port
    /// opens when it is ready.
    fn is_ready(&self, site: &Site) -> bool {
        if site.setup.tls.is_some() {
            return listens(site.port());
        }
        greet::<1>(site.port(), b"AMQP\x00\x00\x09\x01").is_some_and(|answer| answer == [1])
    }
}

/// One scheduler that does not spin: several brokers share few cores.
const ERL_ARGS: &str = "-noinput -kernel inet_dist_use_interface {127,0,0,1} +S 1:1 +sbwt none";

/// What the node and the tools that speak to it have to agree on.
fn environment(command: &mut Command, site: &Site) {
    command
        .env("HOME", site.folder.path().join("home"))
        .env("ERL_EPMD_PORT", site.own_port(1).to_string())
        .env("ERL_EPMD_ADDRESS", "127.0.0.1")
        .env("RABBITMQ_NODENAME", format!("pontoon{}@localhost", site.port()))
        .env("RABBITMQ_CONF_ENV_FILE", "/dev/null");
}

/// A script of RabbitMQ, the bare one if Debian's wrapper stands before it.
fn script(name: &'static str) -> Result<PathBuf, Error> {
    let bare = Path::new(SCRIPTS).join(name);
    if bare.is_file() { Ok(bare) } else { find(name, "rabbitmq-server") }
}
