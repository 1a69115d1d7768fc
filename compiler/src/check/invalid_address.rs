//! `invalid_address`: a place that its adapter can't connect to, written in the topology, or as a default in it.

use std::collections::HashSet;

use pontoon_schema::capability::Adapter;

use super::Input;
use super::wording::either;
use crate::diagnostic::{Diagnostic, Findings};
use crate::topology::{Environment, Text, TextPart};

/// Where an adapter's address is written, and what it may begin with.
struct Syntax {
    adapter: Adapter,
    setting: &'static str,
    schemes: &'static [&'static str],
    example: &'static str,
    /// Several, with commas between them.
    several: bool,
    /// Whether one without a scheme is taken for the first.
    bare: bool,
}

const SYNTAXES: [Syntax; 4] = [
    Syntax {
        adapter: Adapter::Amqp,
        setting: "url",
        schemes: &["amqp", "amqps"],
        example: "amqp://host:5672/vhost",
        several: false,
        bare: false,
    },
    Syntax {
        adapter: Adapter::Nats,
        setting: "servers",
        schemes: &["nats", "tls"],
        example: "nats://one:4222,nats://other:4222",
        several: true,
        bare: true,
    },
    Syntax {
        adapter: Adapter::Mqtt,
        setting: "url",
        schemes: &["mqtt", "mqtts"],
        example: "mqtt://host:1883",
        several: false,
        bare: false,
    },
    Syntax {
        adapter: Adapter::Redis,
        setting: "url",
        schemes: &["redis", "rediss", "valkey", "valkeys"],
        example: "redis://host:6379/0",
        several: false,
        bare: false,
    },
];

pub(super) fn check(input: &Input<'_>, findings: &mut Findings) {
    // What several environments inherit is one place.
    let mut seen = HashSet::new();
    for (_, connection) in input.topology.environments.values().flat_map(Environment::connections) {
        let syntaxes = SYNTAXES.iter().filter(|syntax| syntax.adapter == connection.adapter.value);
        for syntax in syntaxes {
            let Some(setting) = connection.settings.get(syntax.setting) else { continue };
            let Some(known) = known(&setting.value.value).filter(|_| seen.insert(setting.value.span)) else { continue };
            let parts = if syntax.several { known.split(',').collect() } else { vec![known.as_str()] };
            let Some(wrong) = parts.into_iter().find_map(|part| syntax.wrong(part.trim())) else { continue };
            let adapter = connection.name();
            findings.add(
                Diagnostic::error("invalid_address", format!("`{adapter}` can't connect to this: {wrong}"))
                    .label(setting.value.span, "this is where it would connect")
                    .label(connection.adapter.span, format!("`{adapter}` takes addresses of its own form"))
                    .help(format!("write it as `{}: \"{}\"`", syntax.setting, syntax.example)),
            );
        }
    }
}

/// The text as far as it is known: a reference stands for its default, or for something that fits everywhere. Nothing
/// where it begins with what is not known.
fn known(text: &Text) -> Option<String> {
    let part = |(index, part): (usize, &TextPart)| match part {
        TextPart::Literal(text) => Some(text.clone()),
        TextPart::Reference(reference) => match &reference.default {
            Some(default) => Some(default.clone()),
            None => (index > 0).then(|| FITS.to_owned()),
        },
    };
    text.parts.iter().enumerate().map(part).collect()
}

/// A host, a port, a database, a name: all may be called so.
const FITS: &str = "1";

impl Syntax {
    /// What is wrong with an address. Nothing of it is said: it may have a password in it.
    fn wrong(&self, address: &str) -> Option<String> {
        let schemes = || either(self.schemes.iter().map(|scheme| format!("`{scheme}://`")));
        let rest = match address.split_once("://") {
            Some((scheme, rest)) if self.schemes.contains(&scheme) => rest,
            Some(_) => return Some(format!("it has to begin with {}", schemes())),
            None if self.bare => address,
            None => return Some(format!("it has no scheme, and has to begin with {}", schemes())),
        };
        let place = rest.split(['/', '?', '#']).next().unwrap_or_default();
        let place = place.rsplit_once('@').map_or(place, |(_, place)| place);
        let (host, port) = match place.strip_prefix('[').and_then(|place| place.split_once(']')) {
            Some((host, after)) => (host, after.strip_prefix(':').or((!after.is_empty()).then_some(""))),
            None => place.split_once(':').map_or((place, None), |(host, port)| (host, Some(port))),
        };
        if host.is_empty() {
            return Some("it has no host".to_owned());
        }
        let port = port.is_some_and(|port| port.parse::<u16>().map_or(true, |port| port == 0));
        port.then(|| "its port is no number from 1 to 65535".to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_those_of_their_adapter() {
        let wrong = |adapter, address| {
            let mut syntaxes = SYNTAXES.iter().filter(|syntax| syntax.adapter == adapter);
            syntaxes.find_map(|syntax| syntax.wrong(address))
        };
        for (adapter, address) in [
            (Adapter::Amqp, "amqp://ada:a%40b@host:5672/%2f?heartbeat=10"),
            (Adapter::Amqp, "amqps://[::1]:5671"),
            (Adapter::Nats, "host:4222"),
            (Adapter::Nats, "tls://host"),
            (Adapter::Mqtt, "mqtt://host:1883/"),
            (Adapter::Redis, "rediss://:password@host/3"),
            (Adapter::Redis, "valkey://host"),
        ] {
            assert_eq!(wrong(adapter, address), None, "{address}");
        }
        for (adapter, address) in [
            (Adapter::Amqp, "host:5672"),
            (Adapter::Amqp, "http://host"),
            (Adapter::Amqp, "amqp://"),
            (Adapter::Amqp, "amqp://host:99999"),
            (Adapter::Nats, "http://host"),
            (Adapter::Nats, ""),
            (Adapter::Mqtt, "tcp://host:1883"),
            (Adapter::Mqtt, "mqtt://host:0"),
            (Adapter::Redis, "redis://:6379"),
            (Adapter::Redis, "redis://[::1]6379"),
        ] {
            assert!(wrong(adapter, address).is_some(), "{address}");
        }
    }
}
