//! The attempts of one invocation, and what its caller gets of a fault.

use crate::contract::operation::{Kind, Operation};
use crate::fault::{Attempt, Fault};
use crate::invoke::scope::Scope;

/// How often this way of running tries. Events and jobs are tried again by their bridge.
pub(super) const fn attempts<M: Operation>() -> u32 {
    if matches!(M::KIND, Kind::Command) { M::POLICY.attempts } else { 1 }
}

/// Which attempt a fault belongs to, where it is not the last word: whoever delivers the message, or calls from another
/// unit, says when it is given up.
pub(super) fn attempt_of<M: Operation, U>(scope: &Scope<'_, U>) -> Option<Attempt> {
    scope.delivery().or_else(|| {
        let attempt = Attempt { number: scope.attempt(), of: attempts::<M>() };
        (scope.is_asked() && attempt.number < attempt.of).then_some(attempt)
    })
}

/// What a caller gets of a fault.
#[cold]
pub(super) fn for_caller<U>(scope: &Scope<'_, U>, fault: Fault) -> Fault {
    if scope.has_caller() { fault.without_cause() } else { fault }
}
