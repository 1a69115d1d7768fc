//! One bridge or store: its adapter, what is written below it, and whether that goes together.

use std::rc::Rc;

use pontoon_schema::capability::Adapter;
use pontoon_schema::document::{self, CustomEventBridge};

use super::place::{children, span};
use super::{Resolver, collisions, settings};
use crate::diagnostic::Diagnostic;
use crate::read::Node;
use crate::source::Span;
use crate::topology::{Capabilities, Connection, Environment, Located, Purpose, RustPath, Setting, Settings};

/// What says how a connection is encrypted.
const TLS: [&str; 3] = ["ca", "client_certificate", "client_key"];

/// The two halves of what this side shows of itself.
const SHOWN: [(&str, &str); 2] = [("client_certificate", "client_key"), ("client_key", "client_certificate")];

/// The ways to say who connects. One is enough, and two would contradict each other.
const WHO: [&[&str]; 3] = [&["username", "password"], &["token"], &["credentials"]];

/// A bridge or store where it is written, before it is known which environments take it.
pub(super) struct Written {
    key: Span,
    adapter: Located<Adapter>,
    custom: Option<Located<RustPath>>,
    capabilities: Capabilities,
    settings: Rc<Settings>,
}

impl Written {
    /// `in_memory`, or `amqp:` with what stands below it.
    pub(super) fn at(node: Node<'_>, purpose: Purpose, adapter: Adapter) -> Option<Self> {
        Some(Self::with(node, adapter, Capabilities::of(purpose, adapter)?))
    }

    /// What carries commands and events.
    pub(super) fn event_bridge(
        resolver: &mut Resolver<'_, '_>,
        node: Node<'_>,
        bridge: &document::EventBridge,
    ) -> Option<Self> {
        let document::EventBridge::Custom(custom) = bridge else {
            return Self::at(node, Purpose::EventBridge, bridge.adapter());
        };
        Self::custom(resolver, node, custom)
    }

    /// An adapter from elsewhere: its type is a path of Rust, and what it is given are methods of that.
    fn custom(resolver: &mut Resolver<'_, '_>, node: Node<'_>, custom: &CustomEventBridge) -> Option<Self> {
        let below = node.get("custom")?;
        for setting in children(below, "settings") {
            collisions::keyword(setting.key().unwrap_or_default(), "setting", setting.key_span(), resolver.findings);
        }
        let at = span(below, "adapter");
        let path = resolver.rust.path(custom.adapter.as_str(), at, None, resolver.findings)?;
        let capabilities = Capabilities::Bridge(custom.capabilities.row());
        Some(Self { custom: Some(path), ..Self::with(node, Adapter::Custom, capabilities) })
    }

    fn with(node: Node<'_>, adapter: Adapter, capabilities: Capabilities) -> Self {
        let written = node.children().next();
        Self {
            key: node.key_span(),
            adapter: Located::new(adapter, written.map_or_else(|| node.value_span(), Node::key_span)),
            custom: None,
            capabilities,
            settings: settings::below(written.unwrap_or(node)),
        }
    }

    /// As an environment has it. Whoever says how to encrypt wants it encrypted.
    pub(super) fn connection(&self, ephemeral: bool) -> Connection {
        let tls = match self.settings.get("tls") {
            Some(tls) => Located::new(tls.value.value.literal() != Some("disabled"), tls.value.span),
            None => {
                let how = TLS.into_iter().find_map(|name| self.settings.get(name));
                let place = how.map_or(self.key, |setting| setting.name.span);
                Located::new(!ephemeral || how.is_some(), place)
            }
        };
        Connection {
            key: self.key,
            adapter: self.adapter,
            custom: self.custom.clone(),
            capabilities: self.capabilities,
            settings: self.settings.clone(),
            tls,
        }
    }
}

/// Settings that stand against each other.
pub(super) fn check(resolver: &mut Resolver<'_, '_>, environment: &Environment) {
    for (_, connection) in environment.connections() {
        let get = |name: &str| connection.settings.get(name);
        if let Some(how) = TLS.into_iter().find_map(get).filter(|_| !connection.tls.value) {
            resolver.report_once(how.name.span, unencrypted(how, connection));
        }
        for (half, other) in SHOWN {
            if let Some(alone) = get(half).filter(|_| get(other).is_none()) {
                resolver.report_once(alone.name.span, half_alone(alone, other));
            }
        }
        let said: Vec<&Setting> = WHO.iter().filter_map(|way| way.iter().copied().find_map(get)).collect();
        if let [first, second, ..] = said.as_slice() {
            resolver.report_once(second.name.span, twice(first, second));
        }
    }
}

fn unencrypted(how: &Setting, connection: &Connection) -> Diagnostic {
    let name = &how.name.value;
    Diagnostic::error(
        "invalid_value",
        format!("`{name}:` is for an encrypted connection, and this one is not encrypted"),
    )
    .label(how.name.span, "of no use without TLS")
    .label(connection.tls.span, "turns TLS off")
    .help(format!("take out `tls: disabled`, or `{name}:`"))
}

fn half_alone(alone: &Setting, other: &str) -> Diagnostic {
    let name = &alone.name.value;
    Diagnostic::error("invalid_value", format!("`{name}:` without `{other}:`"))
        .label(alone.name.span, format!("proves nothing without its `{other}:`"))
        .help(format!("add `{other}:`, or take `{name}:` out"))
}

fn twice(first: &Setting, second: &Setting) -> Diagnostic {
    let (one, other) = (&first.name.value, &second.name.value);
    Diagnostic::error("invalid_value", format!("`{one}:` and `{other}:` both say who connects"))
        .label(first.name.span, "one way to say who it is")
        .label(second.name.span, "another one")
        .help(format!("take out one of them: `{one}:` or `{other}:`"))
}
