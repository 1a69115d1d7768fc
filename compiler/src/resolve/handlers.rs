//! The four kinds of handlers, with their defaults.

use std::time::Duration;

use pontoon_schema::document::{self, Name, ServiceVersion};
use pontoon_schema::name::pascal;

use super::messages::{ATTEMPTS, BACKOFF, backoff, size, when_full};
use super::place::{children, filled, given, span};
use super::services::Owner;
use super::{Resolver, rust};
use crate::diagnostic::Diagnostic;
use crate::read::Node;
use crate::source::Span;
use crate::topology::{
    Batch, Command, CommandId, Delivery, Http, Idempotency, Located, Missed, Operation, Ordered, Retry, Schedule,
    ScheduleId, Subscription, SubscriptionId, Timetable, Worker, WorkerId,
};

const KEEP: Duration = Duration::from_secs(24 * 3_600);

/// The time zone where none is named: it takes no database.
const UTC: &str = "UTC";

/// Where everybody may call.
const NONE: &str = "none";

/// The handlers of one version of a service.
pub(super) struct Handlers {
    pub(super) commands: Vec<CommandId>,
    pub(super) subscriptions: Vec<SubscriptionId>,
    pub(super) workers: Vec<WorkerId>,
    pub(super) schedules: Vec<ScheduleId>,
}

impl<'s> Resolver<'s, '_> {
    pub(super) fn handlers(&mut self, owner: &Owner<'_>, body: &'s ServiceVersion, node: Node<'_>) -> Handlers {
        let mut handlers =
            Handlers { commands: Vec::new(), subscriptions: Vec::new(), workers: Vec::new(), schedules: Vec::new() };
        for ((name, command), node) in body.commands.iter().zip(children(node, "commands")) {
            if let Some(command) = self.command(owner, name, command, node) {
                handlers.commands.push(self.topology.commands.push(command));
            }
        }
        for ((name, subscription), node) in body.subscriptions.iter().zip(children(node, "subscriptions")) {
            if let Some(subscription) = self.subscription(owner, name, subscription, node) {
                handlers.subscriptions.push(self.topology.subscriptions.push(subscription));
            }
        }
        for ((name, worker), node) in body.workers.iter().zip(children(node, "workers")) {
            if let Some(worker) = self.worker(owner, name, worker, node) {
                handlers.workers.push(self.topology.workers.push(worker));
            }
        }
        for ((name, schedule), node) in body.schedules.iter().zip(children(node, "schedules")) {
            if let Some(schedule) = self.schedule(owner, name, schedule, node) {
                handlers.schedules.push(self.topology.schedules.push(schedule));
            }
        }
        handlers
    }

    fn command(
        &mut self,
        owner: &Owner<'_>,
        name: &Name,
        written: &'s document::Command,
        node: Node<'_>,
    ) -> Option<Command> {
        let operation = self.operation(owner, name, written, node);
        let input = self.ty(node, "input", &written.input);
        let output = self.ty(node, "output", &written.output);
        let rejection = self.optional_ty(node, "rejection", written.rejection.as_ref());
        let retry = written.retry.as_ref().zip(node.get("retry")).map(|(retry, node)| {
            let waits = retry.backoff.map_or(BACKOFF, backoff);
            let attempts = filled(node, "attempts", u32::from(retry.attempts));
            Located::new(Retry { attempts, backoff: filled(node, "backoff", waits) }, node.value_span())
        });
        Some(Command {
            operation: operation?,
            input: input?,
            output: output?,
            rejection: rejection?,
            retry,
            http: written.http.as_ref().zip(node.get("http")).map(|(http, node)| self.http(http, node)),
            exposed: filled(node, "exposed", written.exposed),
            size: size(node, written.size),
        })
    }

    fn http(&mut self, written: &'s document::HttpExposure, node: Node<'_>) -> Located<Http> {
        let route = node.get("route").unwrap_or(node);
        if let Some(authentication) = &written.authentication {
            self.check_authentication(authentication, span(node, "authentication"));
        }
        let authentication = written.authentication.as_ref().map(ToString::to_string);
        let http = Http {
            route: Located::new(written.route.clone(), route.value_span()),
            authentication: given(node, "authentication", authentication),
        };
        Located::new(http, node.value_span())
    }

    fn check_authentication(&mut self, name: &'s str, span: Span) {
        if name == NONE || self.authentications.contains(name) {
            return;
        }
        let known = self.authentications.iter().copied().chain([NONE]);
        let closest = self.names.suggestions.closest(name, known);
        let label = match closest {
            Some(meant) => format!("did you mean `{meant}`?"),
            None => "no environment has it".to_owned(),
        };
        self.findings.add(
            Diagnostic::error("unknown_reference", format!("there is no way of authentication `{name}`"))
                .label(span, label)
                .help(format!(
                    "define `{name}` under `authentication:` of the environments, or write `none` for everybody"
                )),
        );
    }

    fn subscription(
        &mut self,
        owner: &Owner<'_>,
        name: &Name,
        written: &'s document::Subscription,
        node: Node<'_>,
    ) -> Option<Subscription> {
        let operation = self.operation(owner, name, written, node);
        let event = self.names.event(&written.event, span(node, "event"), self.findings);
        let payload = self.optional_ty(node, "payload", written.payload.as_ref());
        let delivery = match written.delivery.unwrap_or_default() {
            document::Delivery::AtMostOnce => Delivery::AtMostOnce,
            document::Delivery::AtLeastOnce => Delivery::AtLeastOnce,
        };
        let attempts = match delivery {
            Delivery::AtMostOnce => 1,
            Delivery::AtLeastOnce => ATTEMPTS,
        };
        let ordered = written.ordered.as_ref().zip(node.get("ordered")).map(|(ordered, node)| {
            let key = given(node, "key", ordered.key.as_ref().map(ToString::to_string));
            Located::new(Ordered { key }, node.value_span())
        });
        Some(Subscription {
            operation: operation?,
            event: filled(node, "event", event?),
            payload: payload?,
            environments: self.presence(&written.environments, node),
            delivery: filled(node, "delivery", delivery),
            attempts: filled(node, "attempts", written.attempts.map_or(attempts, u32::from)),
            backoff: filled(node, "backoff", written.backoff.map_or(BACKOFF, backoff)),
            dead_letter: filled(node, "dead_letter", written.dead_letter),
            concurrency: filled(node, "concurrency", written.concurrency.map_or(1, u32::from)),
            batch: batch(node, written.batch),
            ordered,
            bound: given(node, "bound", written.bound.map(u64::from)),
            when_full: given(node, "when_full", written.when_full.map(when_full)),
        })
    }

    fn worker(
        &mut self,
        owner: &Owner<'_>,
        name: &Name,
        written: &'s document::Worker,
        node: Node<'_>,
    ) -> Option<Worker> {
        let operation = self.operation(owner, name, written, node);
        let queue = self.names.queue(&written.queue, span(node, "queue"), self.findings);
        let payload = self.optional_ty(node, "payload", written.payload.as_ref());
        let queues_own = self.queue_backoffs.get(written.queue.as_str()).copied().unwrap_or(BACKOFF);
        Some(Worker {
            operation: operation?,
            queue: filled(node, "queue", queue?),
            payload: payload?,
            concurrency: filled(node, "concurrency", written.concurrency.map_or(1, u32::from)),
            batch: batch(node, written.batch),
            backoff: filled(node, "backoff", written.backoff.map_or(queues_own, backoff)),
        })
    }

    fn schedule(
        &mut self,
        owner: &Owner<'_>,
        name: &Name,
        written: &'s document::Schedule,
        node: Node<'_>,
    ) -> Option<Schedule> {
        let operation = self.operation(owner, name, written, node);
        // `read` lets nothing through that has neither or both.
        let timetable = match (written.every, &written.cron) {
            (Some(every), _) => filled(node, "every", Timetable::Every(every.as_std())),
            (None, Some(cron)) => filled(node, "cron", Timetable::Cron(cron.as_str().to_owned())),
            (None, None) => return None,
        };
        let zone = written.zone.as_ref().map(|zone| zone.as_str().to_owned()).filter(|zone| zone != UTC);
        let missed = match written.missed.unwrap_or_default() {
            document::Missed::Skip => Missed::Skip,
            document::Missed::Once => Missed::Once,
        };
        Some(Schedule {
            operation: operation?,
            timetable,
            zone: given(node, "zone", zone),
            single: filled(node, "single", written.single),
            missed: filled(node, "missed", missed),
        })
    }

    fn operation<O: document::Operation>(
        &mut self,
        owner: &Owner<'_>,
        name: &Name,
        written: &'s O,
        node: Node<'_>,
    ) -> Option<Operation> {
        let handler = match written.handler() {
            Some(path) => self.path(node, "handler", path, Some(owner.module)),
            None => Some(Located::new(rust::extend(owner.module, &pascal(name)), node.key_span())),
        };
        let edges = self.edges(owner, written, node);
        let idempotency = written.idempotency().zip(node.get("idempotency")).map(|(idempotency, node)| {
            let keep = idempotency.keep.map_or(KEEP, document::Duration::as_std);
            let key = filled(node, "key", idempotency.key.to_string());
            let (keep, optional) = (filled(node, "keep", keep), filled(node, "optional", idempotency.optional));
            Located::new(Idempotency { key, keep, optional }, node.value_span())
        });
        Some(Operation {
            name: Located::new(name.to_string(), node.key_span()),
            service: owner.id,
            description: written.description().map(str::to_owned),
            handler: handler?,
            edges: edges?,
            timeout: given(node, "timeout", written.timeout().map(document::Duration::as_std)),
            repeatable: filled(node, "repeatable", written.repeatable()),
            idempotency,
            outbox: filled(node, "outbox", written.outbox()),
        })
    }
}

fn batch(node: Node<'_>, written: Option<document::Batch>) -> Option<Located<Batch>> {
    let (written, node) = written.zip(node.get("batch"))?;
    let most = filled(node, "most", u32::from(written.most.number()));
    Some(Located::new(Batch { most, wait: filled(node, "wait", written.wait.as_std()) }, node.value_span()))
}
