//! An event: what it carries, and where it is published.

use super::marker;
use crate::emit::code::{Code, Literal, Name, code};
use crate::emit::layout::Printer;
use crate::emit::scope::Scope;
use crate::emit::tokens::{environments, listeners};
use crate::plan::Event;

pub(super) fn print(printer: &mut Printer, scope: &Scope<'_>, event: &Event) {
    marker(printer, &event.description, &event.marker);
    printer.item();
    printer.block(&code!("impl ", scope.runtime("Event"), " for ", Name(&event.marker.item)), |printer| {
        printer.line(&code!("type Payload = ", scope.named(&event.payload), ";"));
        printer.line(&code!("const SUBJECT: &'static str = ", Literal(&event.subject), ";"));
        let some = scope.prelude("Some");
        printer.lines(event.max_hops.map(|hops| code!("const MAX_HOPS: Option<u32> = ", some, "(", hops, ");")));
        printer.lines(environments(scope, event.environments.as_deref()));
        printer.lines(listeners(scope, event.listeners));
        printer.lines(subscriptions(scope, event));
    });
}

/// All who hear it. Their markers are in the modules beside that of the events.
fn subscriptions(scope: &Scope<'_>, event: &Event) -> Option<Code> {
    let subscribed = scope.runtime("KnownSubscription");
    let each = event.subscriptions.iter().map(|it| code!(subscribed, "::of::<super::", it.marker, ">()"));
    let all = Code::joined(each, ", ");
    (!all.is_empty()).then(|| code!("const SUBSCRIPTIONS: &'static [", subscribed, "] = &[", all, "];"))
}

/// All who hear one of them.
pub(super) fn all_subscriptions(printer: &mut Printer, scope: &Scope<'_>, events: &[Event]) {
    let (subscribed, event_trait) = (scope.runtime("KnownSubscription"), scope.runtime("Event"));
    let heard = events.iter().filter(|event| !event.subscriptions.is_empty());
    let heard = heard.map(|event| code!("<", Name(&event.marker.item), " as ", event_trait, ">::SUBSCRIPTIONS"));
    let all = Code::joined(heard, ", ");
    printer.item();
    printer.verbatim_doc(&[
        "All subscriptions to them, of every service: what a broker keeps for another is left of an earlier version.",
    ]);
    printer.line(&code!("pub const SUBSCRIPTIONS: &[&[", subscribed, "]] = &[", all, "];"));
}
