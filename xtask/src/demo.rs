//! `cargo xtask demo shop`: real brokers, the shop's units as processes, one of them killed on the way, nothing lost.

mod unit;

use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, ExitStatus};
use std::{env, fs};

use pontoon_brokers::{Broker, Certificates, Folder, Kind};

use crate::steps::Step;
use unit::Unit;

/// What goes wrong in a demo.
type Error = Box<dyn std::error::Error>;

/// The units of the deployment `microservices`, those that are called before their callers.
const UNITS: [&str; 3] = ["mail", "ledger", "accounts"];

/// Who may use the brokers.
const USER: &str = "shop";
const PASSWORD: &str = "a-word-for-this-demo";

pub(crate) fn run(words: &[String]) -> ExitCode {
    if words != ["shop"] {
        eprintln!("cargo xtask demo shop: there is no other demo");
        return ExitCode::from(2);
    }
    let build = "build --locked -p shop-accounts -p shop-mail -p shop-ledger -p shop-visitor";
    if !Step::cargo("build", build).run() {
        return ExitCode::FAILURE;
    }
    match shop() {
        Ok(()) => {
            println!("\nNothing was lost, and nobody was charged twice.");
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("\ndemo: {error}");
            ExitCode::FAILURE
        }
    }
}

fn shop() -> Result<(), Error> {
    let place = Place::new()?;
    for (environment, bridge) in [("staging", "RabbitMQ"), ("production", "NATS")] {
        println!("\n== {environment}: the same three binaries, now on {bridge}");
        act(environment, &place)?;
    }
    Ok(())
}

/// What happens in one environment.
fn act(environment: &str, place: &Place) -> Result<(), Error> {
    let [mail, ledger, accounts] = UNITS.map(|name| Unit::start(name, place.command(name, environment)));
    let (mail, mut ledger, accounts) = (mail?, ledger?, accounts?);
    println!("   twenty visitors sign up");
    succeeded(place.visitor(environment, "sign-up", (1, 20)).status()?, "sign up")?;

    println!("   twenty more sign up; kill -9 ledger meanwhile");
    let mut more = place.visitor(environment, "sign-up", (21, 40)).spawn()?;
    ledger.kill()?;
    succeeded(more.wait()?, "sign up")?;

    println!("   ledger comes back, and is asked about all forty");
    ledger = Unit::start("ledger", place.command("ledger", environment))?;
    succeeded(place.visitor(environment, "check", (1, 40)).status()?, "find all of them")?;

    println!("   stopped, in the reverse order");
    [accounts, ledger, mail].into_iter().try_for_each(Unit::stop)
}

/// The brokers, with TLS and a user of the demo's, and what units have to know about them.
struct Place {
    rabbitmq: Broker,
    nats: Broker,
    /// A store for each environment: nobody has signed up in the second one yet.
    redis: [Broker; 2],
    certificates: Certificates,
    secrets: Folder,
    /// Where cargo puts programs: this one stands beside the shop's.
    programs: PathBuf,
}

impl Place {
    fn new() -> Result<Self, Error> {
        println!("\n== brokers, over TLS, on free ports of this machine");
        let certificates = Certificates::new()?;
        let start = |kind| {
            let broker = Broker::configured(kind).tls(&certificates).user(USER, PASSWORD).start()?;
            println!("   {kind:?} on port {}", broker.port());
            Ok::<_, pontoon_brokers::Error>(broker)
        };
        let (rabbitmq, nats) = (start(Kind::Amqp)?, start(Kind::Nats)?);
        let redis = [start(Kind::Redis)?, start(Kind::Redis)?];
        let secrets = Folder::new("shop-secrets")?;
        for (name, value) in
            [("broker_user", USER), ("broker_password", PASSWORD), ("redis_user", USER), ("redis_password", PASSWORD)]
        {
            fs::write(secrets.path().join(name), value)?;
        }
        let programs = env::current_exe()?.parent().map_or_else(PathBuf::new, Path::to_path_buf);
        Ok(Self { rabbitmq, nats, redis, certificates, secrets, programs })
    }

    /// A program of the shop's, with the variables of an environment.
    fn command(&self, program: &str, environment: &str) -> Command {
        let mut command = Command::new(self.programs.join(format!("shop-{program}")));
        let redis = &self.redis[usize::from(environment == "production")];
        command
            .env("PONTOON_ENV", environment)
            .env("AMQP_URL", without_user(&self.rabbitmq.url()))
            .env("NATS_SERVERS", without_user(&self.nats.url()))
            .env("REDIS_URL", without_user(&redis.url()))
            .env("CA_FILE", self.certificates.ca())
            .env("SECRETS_DIR", self.secrets.path())
            .env("NO_COLOR", "1")
            // What they say when they are ready is waited for.
            .env_remove("RUST_LOG");
        command
    }

    /// The visitor, who does something from one number to another.
    fn visitor(&self, environment: &str, what: &str, (first, last): (u32, u32)) -> Command {
        let mut command = self.command("visitor", environment);
        command.args([what, &first.to_string(), &last.to_string()]);
        command
    }
}

/// Whether the visitor could do what he wanted.
fn succeeded(status: ExitStatus, what: &str) -> Result<(), Error> {
    if status.success() { Ok(()) } else { Err(format!("the visitor could not {what}: {status}").into()) }
}

/// A URL without user and password: the units have them from their secret store.
fn without_user(url: &str) -> String {
    match url.split_once("://").and_then(|(scheme, rest)| Some((scheme, rest.split_once('@')?.1))) {
        Some((scheme, place)) => format!("{scheme}://{place}"),
        None => url.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_tells_no_password() {
        assert_eq!(without_user("amqps://shop:word@localhost:5671/%2f"), "amqps://localhost:5671/%2f");
        assert_eq!(without_user("nats://localhost:4222"), "nats://localhost:4222");
    }
}
