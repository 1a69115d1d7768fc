//! The way a handler of batches is run: once for several messages, each of which has an outcome.

use std::pin::pin;

use tracing::Span;

use crate::contract::never::Never;
use crate::contract::operation::Operation;
use crate::fault::panics::Guarded;
use crate::fault::{Attempt, Fault};
use crate::handler::error::Error;
use crate::handler::item::{Item, ItemLabel, ItemPlace, Outcome};
use crate::handler::{Handles, Route};
use crate::invoke::attempts::attempt_of;
use crate::invoke::call::Call;
use crate::invoke::guard::{InSpan, Limited, Limits, out_of_time};
use crate::invoke::in_time::deadline;
use crate::invoke::scope::{Own, Scope};
use crate::message::id::Id;

/// A message that is to be handled with others.
pub(crate) struct BatchMember<T> {
    pub(crate) input: T,
    pub(crate) label: ItemLabel,
}

/// Runs the handler of `M` for several messages. Returns how each of them ended, in their order, or what has ended all
/// of them; the log has every fault.
pub(crate) async fn execute_batch<M, U>(
    parent: &Scope<'_, U>,
    members: Vec<BatchMember<M::Input>>,
) -> Result<Vec<Result<(), Fault>>, Fault>
where
    U: Send + Sync,
    M: Route<U> + Operation<Output = (), Rejection = Never>,
{
    let inherited = parent.deadline();
    let (due, is_over) = deadline(M::POLICY.timeout, inherited);
    let own = Own { id: None, deadline: due.or(inherited), attempt: None, unit_of_work: None };
    let call = Call::new(Scope::new(parent, Some(&own)));
    let span = call.scope.span_of_batch(M::ADDRESS, members.len());
    let attempt = attempt_of::<M, U>(&call.scope);
    let (expected, items) = ExpectedOutcomes::of(members);
    let ended = if is_over {
        Err(out_of_time())
    } else {
        let limits = Limits { deadline: &due, lifecycle: None };
        let run = pin!(M::handler(call.scope.origin.unit).run_batch(&call, items));
        let run = pin!(Guarded::new(run));
        let run = pin!(InSpan::new(run, &span));
        Limited::new(run, &limits).await.flatten()
    };
    match ended {
        Ok(Ok(outcomes)) => Ok(expected.matched(outcomes, &Reporting { span: &span, handler: M::ADDRESS, attempt })),
        Ok(Err(Error::Rejected(never))) => match never {},
        Ok(Err(Error::Fault(fault))) | Err(fault) => Err(fault.report_in(&span, M::ADDRESS, attempt)),
    }
}

/// The messages of one run, of each of which an outcome is expected.
struct ExpectedOutcomes {
    run: Id,
    ids: Vec<Id>,
}

/// What the log has about a fault of one message.
struct Reporting<'r> {
    span: &'r Span,
    handler: &'static str,
    attempt: Option<Attempt>,
}

impl ExpectedOutcomes {
    fn of<T>(members: Vec<BatchMember<T>>) -> (Self, Vec<Item<T>>) {
        let run = Id::random();
        let ids = members.iter().map(|member| member.label.id).collect();
        let placed = members.into_iter().enumerate();
        let items =
            placed.map(|(index, BatchMember { input, label })| Item::placed(input, label, ItemPlace { run, index }));
        (Self { run, ids }, items.collect())
    }

    /// How each message ended. One without an outcome has failed, whatever outcomes of other runs there are.
    fn matched(self, outcomes: Vec<Outcome>, reporting: &Reporting<'_>) -> Vec<Result<(), Fault>> {
        let mut ended: Vec<_> = self.ids.iter().map(|_| None).collect();
        for outcome in outcomes {
            let (ItemPlace { run, index }, outcome) = outcome.into_parts();
            match ended.get_mut(index).filter(|_| run == self.run) {
                Some(place) => *place = Some(outcome),
                None => reporting.warn("an outcome is of another batch: it is left out"),
            }
        }
        let ended = self.ids.into_iter().zip(ended);
        ended
            .map(|(id, outcome)| outcome.unwrap_or_else(missing).map_err(|fault| reporting.report(fault, id)))
            .collect()
    }
}

fn missing() -> Result<(), Fault> {
    Err(Fault::new("the handler has returned no outcome for it"))
}

impl Reporting<'_> {
    fn report(&self, fault: Fault, id: Id) -> Fault {
        self.span.in_scope(|| fault.report_item(self.handler, self.attempt, id))
    }

    fn warn(&self, text: &str) {
        self.span.in_scope(|| tracing::warn!(target: "pontoon", handler = self.handler, "{text}"));
    }
}
