//! redis-server, with every write in the append-only file and synced before it is answered, unless the setup is
//! volatile. We speak to it through a socket in its folder, which is there with TLS as well.

use crate::Error;
use crate::installed::find;
use crate::process::Process;
use crate::program::{ADMINISTRATOR, Program, Relief, Site, text};
use crate::rights::User;
use std::io::{BufRead, BufReader, Write};
use std::os::unix::net::UnixStream;
use std::process::Command;
use std::time::Duration;

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
            format!("unixsocket {}", text(&site.folder.path().join(SOCKET))),
            format!("dir {}", text(&data)),
            "save \"\"".to_owned(),
            format!("appendonly {}", if site.setup.durable { "yes" } else { "no" }),
            "appendfsync always".to_owned(),
        ];
        let users = site.users();
        if !users.is_empty() {
            lines.push("user default off".to_owned());
            lines.push(format!("user {ADMINISTRATOR} on >{} ~* &* +@all", site.password));
        }
        lines.extend(users.iter().map(|user| format!("user {} {}", user.name, rules(user))));
        match &site.setup.tls {
            Some(tls) => lines.extend([
                "port 0".to_owned(),
                format!("tls-port {}", site.port()),
                format!("tls-ca-cert-file {}", text(&tls.ca)),
                format!("tls-cert-file {}", text(&tls.certificate)),
                format!("tls-key-file {}", text(&tls.key)),
                format!("tls-auth-clients {}", if tls.mutual { "yes" } else { "no" }),
            ]),
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
        call(site, "PING").is_ok()
    }

    fn admit(&self, site: &Site, _process: &Process, user: &User) -> Result<(), Error> {
        self.configure(site)?;
        call(site, &format!("ACL SETUSER {} reset {}", user.name, rules(user)))
    }

    /// Writes are refused for want of memory; nothing is evicted.
    fn fill(&self, site: &Site, _process: &Process) -> Result<(), Error> {
        call(site, "CONFIG SET maxmemory 1")
    }

    fn relieve(&self, site: &Site, _process: &Process) -> Result<Relief, Error> {
        call(site, "CONFIG SET maxmemory 0").map(|()| Relief::Felt)
    }
}

const SOCKET: &str = "socket";

/// A user as `ACL SETUSER` and the configuration have it.
fn rules(user: &User) -> String {
    let mut rules = vec![format!("on >{}", user.password)];
    rules.extend(user.rights.write.patterns("*").iter().map(|pattern| format!("%W~{pattern}")));
    rules.extend(user.rights.read.patterns("*").iter().map(|pattern| format!("%R~{pattern}")));
    rules.push("&* +@all".to_owned());
    rules.join(" ")
}

/// Has the server carry out a command as the administrator; an error is its answer if that is one.
fn call(site: &Site, command: &str) -> Result<(), Error> {
    let what = "speak to redis-server";
    let stream = UnixStream::connect(site.folder.path().join(SOCKET)).map_err(Error::system(what))?;
    stream.set_read_timeout(Some(Duration::from_secs(5))).map_err(Error::system(what))?;
    let mut stream = BufReader::new(stream);
    let login = if site.users().is_empty() { String::new() } else { format!("AUTH {ADMINISTRATOR} {}", site.password) };
    for words in [login.as_str(), command].into_iter().filter(|words| !words.is_empty()) {
        stream.get_mut().write_all(format!("{words}\r\n").as_bytes()).map_err(Error::system(what))?;
        let mut answer = String::new();
        stream.read_line(&mut answer).map_err(Error::system(what))?;
        if !answer.starts_with('+') {
            return Err(site.failed(format!("answered `{}` to `{command}`", answer.trim())));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Rights;

    #[test]
    fn a_user_may_write_and_read_what_the_patterns_say() {
        let rights = Rights::everything().write(&[]).read(&["shop:*"]);
        let user = User { name: "anna".to_owned(), password: "secret".to_owned(), rights };
        assert_eq!(rules(&user), "on >secret %R~shop:* &* +@all");
    }
}
