//! The plan as text for people: `cargo pontoon plan`.

use std::fmt::{self, Display, Formatter};

use super::Plan;
use super::budget::{Budgets, Waited};
use super::client::{Callable, Client};
use super::contract::Contract;
use super::deployment::{Deployment, Route, Way};
use super::environment::{Connection, Environment, Variable};
use super::operation::Trigger;
use super::service_cycle::ServiceCycle;
use super::traffic::{Kept, Reached, Served};
use super::unit::{Listener, ListenerKind, Port, Unit};

/// Rows whose columns stand below each other.
#[derive(Default)]
struct Table(Vec<Vec<String>>);

impl Table {
    fn row<const N: usize>(&mut self, cells: [&dyn Display; N]) {
        self.0.push(cells.iter().map(ToString::to_string).collect());
    }

    /// Several rows under one heading, which stands in the first of them.
    fn rows(&mut self, heading: &str, rows: impl IntoIterator<Item = Vec<String>>) {
        for (index, cells) in rows.into_iter().enumerate() {
            let heading = if index == 0 { heading } else { "" };
            self.0.push([vec![heading.to_owned()], cells].concat());
        }
    }

    fn write(&self, f: &mut Formatter<'_>, indent: usize) -> fmt::Result {
        let columns = self.0.iter().map(Vec::len).max().unwrap_or(0);
        let mut widths = vec![0; columns];
        for row in &self.0 {
            for (width, cell) in widths.iter_mut().zip(row) {
                *width = cell.chars().count().max(*width);
            }
        }
        for row in &self.0 {
            let line =
                row.iter().zip(&widths).map(|(cell, width)| format!("{cell:width$}")).collect::<Vec<_>>().join("  ");
            writeln!(f, "{:indent$}{}", "", line.trim_end())?;
        }
        Ok(())
    }
}

impl Display for Budgets {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let mut table = Table::default();
        table.row([&"handler", &"may take", &"may wait", &"", &"for"]);
        for budget in &self.handlers {
            let waited = budget.path.iter().map(|Waited { command, calls, time }| match calls {
                1 => format!("{command} {time}"),
                _ => format!("{command} ×{calls} {time}"),
            });
            let timeout = budget.timeout.map_or_else(|| "any time".to_owned(), |timeout| timeout.to_string());
            let lacks = budget.lacks.map_or_else(String::new, |lacks| format!("{lacks} too long"));
            let waited = waited.collect::<Vec<_>>().join(" + ");
            table.row([&budget.handler, &timeout, &budget.needed, &lacks, &waited]);
        }
        table.write(f, 0)?;
        match self.alone {
            0 => Ok(()),
            1 => writeln!(f, "\n1 handler waits for nobody."),
            alone => writeln!(f, "\n{alone} handlers wait for nobody."),
        }
    }
}

impl Display for Plan {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        writeln!(f, "Topology {}", self.topology)?;
        writeln!(f)?;
        write!(f, "{}", self.contract)?;
        for deployment in &self.deployments {
            writeln!(f)?;
            write!(f, "{deployment}")?;
        }
        if !self.client.calls.is_empty() {
            writeln!(f)?;
            write!(f, "{}", self.client)?;
        }
        if self.service_cycles.is_empty() {
            return Ok(());
        }
        writeln!(f)?;
        writeln!(f, "Services that call each other in a circle")?;
        for ServiceCycle { services, calls, chain } in &self.service_cycles {
            writeln!(f, "  {}", services.join(" → "))?;
            for (index, (caller, callee)) in calls.iter().enumerate() {
                let waits = *chain && index + 1 == calls.len();
                writeln!(f, "    {caller} → {callee}{}", if waits { ", for which it waits itself" } else { "" })?;
            }
        }
        Ok(())
    }
}

impl Display for Contract {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        writeln!(f, "Contract {}", self.path.0)?;
        let mut table = Table::default();
        let versions = self.services.iter().flat_map(|service| &service.versions);
        for operation in versions.flat_map(|version| &version.operations) {
            let what = match &operation.trigger {
                Trigger::Command { subject, .. } => subject.clone(),
                Trigger::Subscription { event, .. } => format!("on {event}"),
                Trigger::Worker { queue, .. } => format!("takes from {queue}"),
                Trigger::Schedule { single: true, .. } => "by the clock, in one instance at a time".to_owned(),
                Trigger::Schedule { .. } => "by the clock, in every instance".to_owned(),
            };
            table.row([&operation.reference, &operation.marker, &operation.handler.0, &what]);
        }
        for event in &self.events {
            table.row([&event.name, &event.marker, &event.payload.0, &event.subject]);
        }
        for queue in &self.queues {
            table.row([&queue.name, &queue.marker, &queue.payload.0, &queue.subject]);
        }
        for state in &self.states {
            table.row([&state.name, &state.marker, &state.value.0]);
        }
        for secret in &self.secrets {
            table.row([&secret.name, &secret.marker]);
        }
        table.write(f, 2)
    }
}

impl Display for Deployment {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let asks: String = self.asks.iter().map(|what| format!(", {what}")).collect();
        writeln!(f, "Deployment {} ({}, grace {}{asks})", self.name, self.pattern, self.grace)?;
        for unit in &self.units {
            write!(f, "{unit}")?;
        }
        if !self.routes.is_empty() {
            writeln!(f, "  Calls")?;
            let mut table = Table::default();
            for Route { unit, caller, callee, way } in &self.routes {
                match way {
                    Way::Local => table.row([caller, &"→", callee, &format!("local, in {unit}")]),
                    Way::Bridge { subject, units } => {
                        let units = units.join(" or ");
                        table.row([caller, &"→", callee, &format!("bridge, {unit} → {units}: {subject}")]);
                    }
                }
            }
            table.write(f, 4)?;
        }
        self.environments.iter().try_for_each(|environment| write!(f, "{environment}"))
    }
}

impl Display for Unit {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let services: Vec<&str> = self.services.iter().map(|member| member.service.as_str()).collect();
        writeln!(f, "  Unit {}: {}", self.name, services.join(", "))?;
        let mut table = Table::default();
        table.rows("listens", self.listens.iter().map(listener));
        table.rows("serves", self.serves.iter().map(served));
        table.rows("reaches", self.reaches.iter().map(reached));
        table.rows("emits", self.emits.iter().map(port));
        table.rows("keeps for", self.keeps_for.iter().map(kept));
        table.rows("enqueues", self.enqueues.iter().map(port));
        table.rows("keeps", self.keeps.iter().map(port));
        table.rows("reveals", self.reveals.iter().map(port));
        table.write(f, 4)
    }
}

fn listener(listener: &Listener) -> Vec<String> {
    let on = match listener.kind {
        ListenerKind::Event | ListenerKind::Queue => listener.subject.clone().unwrap_or_default(),
        ListenerKind::Clock => "the clock".to_owned(),
    };
    vec![listener.marker.to_string(), on, listener.promises.join(", ")]
}

fn served(served: &Served) -> Vec<String> {
    let mut callers = served.callers.clone();
    callers.extend(served.exposed.then(|| "clients".to_owned()));
    vec![served.command.clone(), served.subject.clone(), format!("for {}", callers.join(", "))]
}

fn reached(reached: &Reached) -> Vec<String> {
    vec![reached.command.clone(), reached.subject.clone(), format!("in {}", reached.units.join(" or "))]
}

fn kept(kept: &Kept) -> Vec<String> {
    let named = kept.kept_for.iter().map(|it| format!("{} in {}", it.subscription, it.unit));
    let more = kept.count - kept.kept_for.len();
    let more = (more > 0).then(|| format!("{more} more"));
    vec![kept.marker.to_string(), format!("for {}", named.chain(more).collect::<Vec<_>>().join(", "))]
}

fn port(port: &Port) -> Vec<String> {
    vec![port.marker.to_string()]
}

impl Display for Environment {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let kind = if self.ephemeral { "ephemeral" } else { "hard" };
        let about = self.description.as_ref().map(|about| format!(": {}", about.trim())).unwrap_or_default();
        writeln!(f, "  Environment {} ({kind}){about}", self.name)?;
        let mut table = Table::default();
        for connection in &self.connections {
            table.row([&connection.purpose.key(), &connection]);
        }
        let planned = self.planned.iter();
        table.rows("planned", planned.map(|setting| vec![format!("{}={}", setting.name, setting.value)]));
        table.rows("variables", self.variables.iter().map(|variable| vec![variable.to_string()]));
        table.rows("secrets", listed(&self.secrets));
        table.rows("settings", listed(&self.settings));
        table.rows("features", (!self.features.is_empty()).then(|| vec![self.features.join(", ")]));
        table.rows("order", listed(&self.order));
        table.rows("starts", Some(vec![self.start.join(" → ")]));
        table.rows("stops", Some(vec![self.stop.join(" → ")]));
        table.write(f, 4)
    }
}

impl Display for Client {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        writeln!(f, "Client")?;
        let (mut calls, mut environments) = (Table::default(), Table::default());
        for Callable { command, marker, subject } in &self.calls {
            calls.row([command, marker, subject]);
        }
        for Environment { name, connections, .. } in &self.environments {
            environments.rows(&format!("in {name}"), connections.first().map(|bridge| vec![bridge.to_string()]));
        }
        calls.write(f, 2)?;
        environments.write(f, 2)
    }
}

fn listed(names: &[String]) -> impl Iterator<Item = Vec<String>> {
    names.iter().map(|name| vec![name.clone()])
}

impl Display for Connection {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str(self.adapter.name())?;
        for setting in &self.settings {
            write!(f, ", {}: {}", setting.name, setting.value)?;
        }
        Ok(())
    }
}

impl Display for Variable {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match &self.default {
            Some(default) => write!(f, "{} (otherwise {default})", self.name),
            None => write!(f, "{} (has to be set)", self.name),
        }
    }
}
