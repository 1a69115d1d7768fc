//! What is said about a name that is used and nowhere defined.

use pontoon_schema::document::{CommandRef, Version};

use super::names::{Names, ServiceNames};
use crate::diagnostic::{Diagnostic, Findings};
use crate::source::Span;
use crate::topology::{Id, ServiceId};

const CODE: &str = "unknown_reference";

/// More known names than this are not listed.
const LISTED: usize = 8;

/// What a plain name can refer to.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Event,
    Queue,
    State,
    Service,
    Environment,
}

impl Kind {
    const ALL: [Self; 5] = [Self::Event, Self::Queue, Self::State, Self::Service, Self::Environment];

    fn word(self) -> &'static str {
        match self {
            Kind::Event => "event",
            Kind::Queue => "queue",
            Kind::State => "state collection",
            Kind::Service => "service",
            Kind::Environment => "environment",
        }
    }

    fn with_article(self) -> String {
        let article = if matches!(self, Kind::Event | Kind::Environment) { "an" } else { "a" };
        format!("{article} {}", self.word())
    }

    fn section(self) -> &'static str {
        match self {
            Kind::Event => "events",
            Kind::Queue => "queues",
            Kind::State => "state",
            Kind::Service => "services",
            Kind::Environment => "environments",
        }
    }

    /// Where an edge to such a thing is written.
    fn edge(self) -> Option<&'static str> {
        match self {
            Kind::Event => Some("`emits:`"),
            Kind::Queue => Some("`enqueues:`"),
            Kind::State => Some("`reads:`, `updates:` or `writes:`"),
            Kind::Service | Kind::Environment => None,
        }
    }

    fn get(self, names: &Names<'_>, name: &str) -> Option<Span> {
        match self {
            Kind::Event => names.events.get(name).map(|(_, key)| *key),
            Kind::Queue => names.queues.get(name).map(|(_, key)| *key),
            Kind::State => names.states.get(name).map(|(_, key)| *key),
            Kind::Environment => names.environments.get(name).map(|(_, key)| *key),
            Kind::Service => names.services.get(name).map(|service| service.key),
        }
    }

    fn names<'a>(self, names: &'a Names<'_>) -> Vec<&'a str> {
        match self {
            Kind::Event => names.events.keys().copied().collect(),
            Kind::Queue => names.queues.keys().copied().collect(),
            Kind::State => names.states.keys().copied().collect(),
            Kind::Environment => names.environments.keys().copied().collect(),
            Kind::Service => names.services.keys().copied().collect(),
        }
    }
}

/// Reports that there is nothing of this kind and name. Returns nothing, as the id that was looked for.
pub(super) fn report<I>(
    names: &mut Names<'_>,
    kind: Kind,
    name: &str,
    span: Span,
    findings: &mut Findings,
) -> Option<I> {
    let word = kind.word();
    let problem = Diagnostic::error(CODE, format!("there is no {word} `{name}`"));
    let other = Kind::ALL.into_iter().find_map(|other| Some((other, other.get(names, name)?)));
    if let Some((other, key)) = other {
        let problem = problem
            .label(span, format!("`{name}` is {}, not {}", other.with_article(), kind.with_article()))
            .label(key, "defined here");
        findings.add(match (kind.edge(), other.edge()) {
            (Some(_), Some(edge)) => problem.help(format!("{} is named in {edge}", other.with_article())),
            _ => problem.help(format!("name {} here", kind.with_article())),
        });
        return None;
    }
    findings.add(named(names, kind, problem, name, span));
    None
}

/// The finding with the name that was probably meant, or with those that there are.
fn named(names: &mut Names<'_>, kind: Kind, problem: Diagnostic, name: &str, span: Span) -> Diagnostic {
    let mut suggestions = std::mem::take(&mut names.suggestions);
    if suggestions.is_spent() {
        names.suggestions = suggestions;
        return problem.label(span, "nothing has this name");
    }
    let mut known = kind.names(names);
    let closest = suggestions.closest(name, known.iter().copied()).map(str::to_owned);
    let problem = match closest {
        Some(meant) => {
            let key = kind.get(names, &meant);
            let problem = problem.label(span, format!("did you mean `{meant}`?"));
            let problem = match key {
                Some(key) => problem.label(key, format!("`{meant}` is defined here")),
                None => problem,
            };
            problem.help(format!("write `{meant}`"))
        }
        None if known.is_empty() => problem
            .label(span, format!("this topology has no {}", kind.section()))
            .help(format!("define it under `{}:`", kind.section())),
        None if known.len() <= LISTED => {
            known.sort_unstable();
            let list = format!("`{}`", known.join("`, `"));
            problem.label(span, "nothing has this name").help(format!(
                "{} are {list}: write one of them, or define `{name}` under `{}:`",
                the(kind),
                kind.section()
            ))
        }
        None => {
            problem.label(span, "nothing has this name").help(format!("define `{name}` under `{}:`", kind.section()))
        }
    };
    names.suggestions = suggestions;
    problem
}

fn the(kind: Kind) -> String {
    match kind {
        Kind::State => "the state collections".to_owned(),
        kind => format!("the {}", kind.section()),
    }
}

/// A version that a service does not have. What follows the version in the reference is `rest`.
pub(super) fn version(service: &ServiceNames, name: &str, version: Version, span: Span, rest: &str) -> Diagnostic {
    let written: Vec<String> = service.versions.iter().map(|(known, _)| format!("`{name}.{known}{rest}`")).collect();
    let has: Vec<String> = service.versions.iter().map(|(known, _)| known.to_string()).collect();
    Diagnostic::error(CODE, format!("there is no version {} of the service `{name}`", version.number()))
        .label(span, format!("`{name}` has no {version}"))
        .label(service.key, format!("it has {}", has.join(", ")))
        .help(format!("write {}", written.join(" or ")))
}

/// A command of a service that there is not.
pub(super) fn service_of_command(names: &mut Names<'_>, reference: &CommandRef, span: Span, findings: &mut Findings) {
    let CommandRef { service, command, .. } = reference;
    let problem = Diagnostic::error(CODE, format!("there is no service `{service}`"));
    let together = |help: String| (format!("references are to the service `{service}`, which there is not"), help);
    let mut suggestions = std::mem::take(&mut names.suggestions);
    let closest = suggestions.closest(service, names.services.keys().copied()).map(str::to_owned);
    names.suggestions = suggestions;
    let Some(meant) = closest else {
        let mut owners = owners(names, command);
        owners.sort_unstable();
        let (message, help) =
            together(format!("define `{service}` under `services:`, or name the services that have these commands"));
        findings.add(
            match owners.first() {
                Some(owner) => problem
                    .label(span, format!("did you mean `{owner}.{command}`?"))
                    .help(format!("the command `{command}` belongs to {}", listed(&owners))),
                None => named(names, Kind::Service, problem, service, span),
            }
            .together(message, help),
        );
        return;
    };
    let version = reference.version.map(|version| format!(".{version}")).unwrap_or_default();
    let whole = format!("{meant}{version}.{command}");
    let problem = problem.label(span, format!("did you mean `{whole}`?"));
    let problem = match names.services.get(meant.as_str()) {
        Some(service) => problem.label(service.key, format!("the service `{meant}` is defined here")),
        None => problem,
    };
    let (message, help) = together(format!("write `{meant}` in its place, or define it under `services:`"));
    findings.add(problem.help(format!("write `{whole}`")).together(message, help));
}

/// A command that its service does not have.
pub(super) fn command(
    names: &mut Names<'_>,
    reference: &CommandRef,
    id: ServiceId,
    span: Span,
    findings: &mut Findings,
) {
    let CommandRef { service, version, command } = reference;
    let prefix = match version {
        Some(version) => format!("{service}.{version}"),
        None => service.to_string(),
    };
    let problem = Diagnostic::error(CODE, format!("there is no command `{command}` in the service `{prefix}`"));
    if let Some((kind, key)) = names.handlers[id.index()].other(command) {
        let starts = match kind {
            "subscription" => "an event starts it: name that event in `emits:`",
            "worker" => "a job starts it: name its queue in `enqueues:`",
            _ => "the clock starts it, nobody calls it",
        };
        let problem = problem.label(span, format!("`{prefix}.{command}` is a {kind}, not a command"));
        findings.add(problem.label(key, "defined here").help(starts));
        return;
    }
    let mut suggestions = std::mem::take(&mut names.suggestions);
    let known = names.handlers[id.index()].commands.keys().copied();
    let closest = suggestions.closest(command, known).map(str::to_owned);
    names.suggestions = suggestions;
    if let Some(meant) = closest {
        let problem = problem.label(span, format!("did you mean `{prefix}.{meant}`?"));
        let problem = match names.handlers[id.index()].commands.get(meant.as_str()) {
            Some((_, key)) => problem.label(*key, format!("`{meant}` is defined here")),
            None => problem,
        };
        findings.add(problem.help(format!("write `{prefix}.{meant}`")));
        return;
    }
    let problem = match names.services.get(service.as_str()) {
        Some(service) => {
            problem.label(span, "it has no such command").label(service.key, "the service is defined here")
        }
        None => problem.label(span, "it has no such command"),
    };
    let mut owners = owners(names, command);
    owners.sort_unstable();
    let mut known: Vec<&str> = names.handlers[id.index()].commands.keys().copied().collect();
    known.sort_unstable();
    findings.add(if owners.is_empty() {
        match known.len() {
            0 => problem.help(format!("`{prefix}` has no commands: define `{command}` under its `commands:`")),
            1..=LISTED => problem.help(format!(
                "its commands are `{}`: write one of them, or define `{command}` there",
                known.join("`, `")
            )),
            _ => problem.help(format!("define `{command}` under the `commands:` of `{prefix}`")),
        }
    } else {
        problem.help(format!("the command `{command}` belongs to {}", listed(&owners)))
    });
}

/// The services that have a command of this name, as references to them begin.
fn owners(names: &mut Names<'_>, command: &str) -> Vec<String> {
    if !names.suggestions.afford(names.services.len()) {
        return Vec::new();
    }
    let has = |id: &ServiceId| names.handlers[id.index()].commands.contains_key(command);
    let owners = names.services.iter().flat_map(|(name, service)| match service.versions.as_slice() {
        [(_, id)] => has(id).then(|| (*name).to_owned()).into_iter().collect::<Vec<_>>(),
        versions => {
            let versions = versions.iter().filter(|(_, id)| has(id));
            versions.map(|(version, _)| format!("{name}.{version}")).collect()
        }
    });
    owners.collect()
}

fn listed(names: &[String]) -> String {
    let shown: Vec<String> = names.iter().take(LISTED).map(|name| format!("`{name}`")).collect();
    shown.join(", ")
}
