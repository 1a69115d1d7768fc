//! `payload_mismatch`: two ends of an edge that name different types.

use super::Input;
use super::wording::{Named, written};
use crate::diagnostic::{Diagnostic, Findings};
use crate::topology::{Handler, Located, RustType, Topology};

pub(super) fn check(input: &Input<'_>, findings: &mut Findings) {
    let topology = input.topology;
    let mut compare = |end: End<'_>| findings.extend(end.mismatch(topology));
    for (id, subscription) in topology.subscriptions.iter() {
        let (handler, expected) = (Handler::Subscription(id), subscription.payload.as_ref());
        let (of, actual) = (Named::Event(subscription.event.value), &topology.events[subscription.event.value].payload);
        compare(End { handler, expected, key: "payload", of, verb: "carries", actual });
    }
    for (id, worker) in topology.workers.iter() {
        let (handler, expected) = (Handler::Worker(id), worker.payload.as_ref());
        let (of, actual) = (Named::Queue(worker.queue.value), &topology.queues[worker.queue.value].payload);
        compare(End { handler, expected, key: "payload", of, verb: "holds", actual });
    }
    for handler in topology.handlers() {
        let edges = &topology.operation(handler).edges;
        for edge in &edges.emits {
            let (of, expected) = (Named::Event(edge.value), edge.payload.as_ref());
            let actual = &topology.events[edge.value].payload;
            compare(End { handler, expected, key: "payload", of, verb: "carries", actual });
        }
        for edge in &edges.enqueues {
            let (of, expected) = (Named::Queue(edge.value), edge.payload.as_ref());
            let actual = &topology.queues[edge.value].payload;
            compare(End { handler, expected, key: "payload", of, verb: "holds", actual });
        }
        for edge in &edges.invokes {
            let of = Named::Handler(Handler::Command(edge.command.value));
            let callee = &topology.commands[edge.command.value];
            let (input, output) = (edge.input.as_ref(), edge.output.as_ref());
            compare(End { handler, expected: input, key: "input", of, verb: "takes", actual: &callee.input });
            compare(End { handler, expected: output, key: "output", of, verb: "answers", actual: &callee.output });
        }
    }
}

/// What a handler expects of something, and what that is.
struct End<'a> {
    handler: Handler,
    expected: Option<&'a Located<RustType>>,
    key: &'static str,
    of: Named,
    verb: &'static str,
    actual: &'a Located<RustType>,
}

impl End<'_> {
    fn mismatch(&self, topology: &Topology) -> Option<Diagnostic> {
        let expected = self.expected.filter(|expected| expected.value != self.actual.value)?;
        let (key, verb, of) = (self.key, self.verb, self.of.shown(topology));
        let handler = topology.address(self.handler);
        let (wants, is) = (written(topology, &expected.value), written(topology, &self.actual.value));
        let message = format!("{handler} expects `{wants}`, but {of} {verb} `{is}`");
        Some(
            Diagnostic::error("payload_mismatch", message)
                .label(expected.span, format!("{handler} expects this"))
                .label(self.actual.span, format!("{of} {verb} this"))
                .help(format!("write `{key}: {is}` on {handler}, or change the type of {of}")),
        )
    }
}
