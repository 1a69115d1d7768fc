//! RabbitMQ: the beam without Debian's wrapper, which changes the user, and without epmd: a node that is given its name
//! and its port on the command line needs no daemon for them, and none stays behind. We speak to it by `erl_call`,
//! which takes milliseconds where `rabbitmqctl` takes seconds.

use crate::Error;
use crate::installed::find_at;
use crate::peers::Member;
use crate::process::Process;
use crate::program::{Program, Relief, Site, greet, listens, text};
use crate::rights::{Grant, User};
use std::io::Write;
use std::path::PathBuf;
use std::process::{Command, Stdio};

pub(crate) struct RabbitMq;

/// How many bytes of the disk have to stay free, and how many never are.
const FREE: u64 = 50_000_000;
const NEVER_FREE: u64 = 1_000_000_000_000_000;

impl Program for RabbitMq {
    fn name(&self) -> &'static str {
        "rabbitmq-server"
    }

    /// For clients, and for the distribution of Erlang.
    fn ports(&self) -> usize {
        2
    }

    fn schemes(&self) -> (&'static str, &'static str) {
        ("amqp", "amqps")
    }

    fn path(&self) -> &'static str {
        "/%2f"
    }

    fn configure(&self, site: &Site) -> Result<(), Error> {
        site.folder.subfolder("home")?;
        site.folder.write("enabled_plugins", "[].\n")?;
        let mut lines = vec![
            "log.console = true".to_owned(),
            "log.console.use_colors = off".to_owned(),
            "log.file = false".to_owned(),
            "vm_memory_high_watermark.absolute = 512MB".to_owned(),
            // What quorum queues have not written off yet stands in memory, and would be all of it.
            "raft.wal_max_size_bytes = 64000000".to_owned(),
            format!("disk_free_limit.absolute = {FREE}"),
        ];
        if let Some(member) = &site.setup.member {
            lines.extend(member.lines());
        }
        if let Some(limit) = site.setup.acknowledged_within {
            lines.push(format!("consumer_timeout = {}", limit.as_millis()));
        }
        if let Some(bytes) = site.setup.largest {
            lines.push(format!("max_message_size = {bytes}"));
        }
        if let Some(user) = site.users().first() {
            // Made when the node starts for the first time, instead of the guest.
            lines.push(format!("default_user = {}", user.name));
            lines.push(format!("default_pass = {}", user.password));
        }
        match &site.setup.tls {
            Some(tls) => lines.extend([
                "listeners.tcp = none".to_owned(),
                format!("listeners.ssl.1 = 127.0.0.1:{}", site.port()),
                format!("ssl_options.cacertfile = {}", text(&tls.ca)),
                format!("ssl_options.certfile = {}", text(&tls.certificate)),
                format!("ssl_options.keyfile = {}", text(&tls.key)),
                format!("ssl_options.verify = verify_{}", if tls.mutual { "peer" } else { "none" }),
                format!("ssl_options.fail_if_no_peer_cert = {}", tls.mutual),
            ]),
            None => lines.push(format!("listeners.tcp.1 = 127.0.0.1:{}", site.port())),
        }
        site.folder.write("rabbitmq.conf", &(lines.join("\n") + "\n")).map(drop)
    }

    fn command(&self, site: &Site) -> Result<Command, Error> {
        let folder = site.folder.path();
        let member = site.setup.member.as_ref();
        let node = member.map_or_else(|| format!("pontoon{}@localhost", site.port()), Member::node);
        let port = member.map_or_else(|| site.own_port(1), |member| member.port);
        let names = if member.is_some() { "-name" } else { "-sname" };
        let interface = member.map_or([127, 0, 0, 1], Member::address).map(|byte| byte.to_string()).join(",");
        let mut arguments = vec![
            "-noinput".to_owned(),
            format!("{names} {node} -start_epmd false -erl_epmd_port {port}"),
            format!(
                "-kernel inet_dist_use_interface {{{interface}}} inet_dist_listen_min {port} inet_dist_listen_max {port}"
            ),
            // One scheduler that does not spin: several brokers share few cores.
            "+S 1:1 +sbwt none".to_owned(),
        ];
        if site.setup.acknowledged_within.is_some() {
            // How often it looks for what is not acknowledged, in milliseconds.
            arguments.push("-rabbit channel_tick_interval 1000".to_owned());
        }
        let mut command = Command::new(find_at("/usr/lib/rabbitmq/bin", "rabbitmq-server", "rabbitmq-server")?);
        command
            // The script becomes the beam instead of waiting for it, so that signals reach the broker.
            .env("RABBITMQ_ALLOW_INPUT", "yes")
            .env("HOME", home(site))
            .env("RABBITMQ_USE_LONGNAME", if member.is_some() { "true" } else { "false" })
            .env("RABBITMQ_NODENAME", node)
            .env("RABBITMQ_NODE_PORT", site.port().to_string())
            .env("RABBITMQ_DIST_PORT", port.to_string())
            .env("RABBITMQ_CONF_ENV_FILE", "/dev/null")
            .env("RABBITMQ_CONFIG_FILE", folder.join("rabbitmq"))
            .env("RABBITMQ_ENABLED_PLUGINS_FILE", folder.join("enabled_plugins"))
            .env("RABBITMQ_MNESIA_BASE", folder.join("mnesia"))
            .env("RABBITMQ_LOG_BASE", folder.join("logs"))
            .env("RABBITMQ_PID_FILE", folder.join("pid"))
            .env("RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS", arguments.join(" "));
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

    fn admit(&self, site: &Site, _process: &Process, user: &User) -> Result<(), Error> {
        let name = binary(&user.name);
        let [configure, write, read] =
            [&user.rights.configure, &user.rights.write, &user.rights.read].map(|grant| binary(&expression(grant)));
        let password = binary(&user.password);
        call(
            site,
            &format!(
                "Users = rabbit_auth_backend_internal, \
                 case Users:exists({name}) of \
                   true -> ok = Users:change_password({name}, {password}, {name}); \
                   false -> ok = Users:add_user({name}, {password}, {name}) \
                 end, \
                 ok = Users:set_permissions({name}, <<\"/\">>, {configure}, {write}, {read}, {name})."
            ),
            "{ok, ok}",
        )?;
        for topics in &user.rights.topics {
            let exchange = binary(&topics.exchange);
            let [write, read] = [&topics.write, &topics.read].map(|grant| binary(&expression(grant)));
            call(
                site,
                &format!(
                    "rabbit_auth_backend_internal:set_topic_permissions({name}, <<\"/\">>, {exchange}, {write}, {read}, {name})."
                ),
                "{ok, ok}",
            )?;
        }
        Ok(())
    }

    fn virtual_host(&self, site: &Site, name: &str) -> Result<(), Error> {
        let (name, guest) = (binary(name), binary("guest"));
        call(
            site,
            &format!(
                "ok = rabbit_vhost:add({name}, {guest}), \
                 ok = rabbit_auth_backend_internal:set_permissions({guest}, {name}, {all}, {all}, {all}, {guest}).",
                all = binary(".*"),
            ),
            "{ok, ok}",
        )
    }

    /// The disk alarm: publishing connections are blocked.
    fn fill(&self, site: &Site, _process: &Process) -> Result<(), Error> {
        call(site, &format!("rabbit_disk_monitor:set_disk_free_limit({NEVER_FREE})."), "{ok, ok}")?;
        site.wait("the disk alarm", || alarm(site, "[_]").is_ok())
    }

    fn relieve(&self, site: &Site, _process: &Process) -> Result<Relief, Error> {
        call(site, &format!("rabbit_disk_monitor:set_disk_free_limit({FREE})."), "{ok, ok}")?;
        site.wait("the end of the disk alarm", || alarm(site, "[]").is_ok()).map(|()| Relief::Felt)
    }
}

/// Succeeds if the list of alarms matches the pattern.
fn alarm(site: &Site, pattern: &str) -> Result<(), Error> {
    call(site, &format!("case rabbit_alarm:get_alarms() of {pattern} -> yes; _ -> no end."), "{ok, yes}")
}

/// Has the node evaluate an expression, whose result has to be this.
fn call(site: &Site, expression: &str, result: &str) -> Result<(), Error> {
    let what = "speak to RabbitMQ by erl_call";
    let mut child = Command::new(find_at("/usr/lib/erlang/bin", "erl_call", "erlang-base")?)
        .args(["-address", &format!("127.0.0.1:{}", site.own_port(1)), "-e"])
        .env("HOME", home(site))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(Error::system(what))?;
    if let Some(mut pipe) = child.stdin.take() {
        pipe.write_all(format!("{expression}\n").as_bytes()).map_err(Error::system(what))?;
    }
    let output = child.wait_with_output().map_err(Error::system(what))?;
    if output.stdout == result.as_bytes() {
        return Ok(());
    }
    let [out, err] = [output.stdout, output.stderr].map(|bytes| String::from_utf8_lossy(&bytes).into_owned());
    Err(site.failed(format!("answered `{}{}` to `{expression}`", out.trim(), err.trim())))
}

/// The home folder, where the node and `erl_call` look for the cookie that they share.
fn home(site: &Site) -> PathBuf {
    site.setup.member.as_ref().map_or_else(|| site.folder.path().join("home"), |member| member.home.clone())
}

/// The regular expression of a grant, of whole names.
fn expression(grant: &Grant) -> String {
    match grant {
        Grant::Everything => ".*".to_owned(),
        Grant::Only(patterns) => format!("^(?:{})$", patterns.join("|")),
    }
}

/// A text as a binary in Erlang.
fn binary(text: &str) -> String {
    format!("<<\"{}\">>", text.replace('\\', "\\\\").replace('"', "\\\""))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_grant_without_patterns_matches_no_name_but_the_empty_one() {
        assert_eq!(expression(&Grant::Only(Vec::new())), "^(?:)$");
        assert_eq!(expression(&Grant::Only(vec!["a".to_owned(), "b.*".to_owned()])), "^(?:a|b.*)$");
    }

    #[test]
    fn a_regular_expression_survives_the_way_into_erlang() {
        assert_eq!(binary(r#"shop\.event"#), r#"<<"shop\\.event">>"#);
    }
}
