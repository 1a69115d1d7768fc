//! One invocation, as its handler has it.

use crate::invoke::scope::Scope;

/// One invocation in a running unit. Handlers see it as `&impl …::Context`.
pub struct Call<'c, U> {
    pub(crate) scope: Scope<'c, U>,
    /// The context of those that it calls and that are promised nothing, where it is not this one: what they send is no
    /// part of the unit of work of an outbox.
    callees: Option<&'c Self>,
}

impl<'c, U> Call<'c, U> {
    #[inline]
    pub(crate) fn new(scope: Scope<'c, U>) -> Self {
        Self { scope, callees: None }
    }

    /// An invocation that holds back what it sends; those that it calls do not.
    #[inline]
    pub(crate) fn holding(scope: Scope<'c, U>, callees: &'c Self) -> Self {
        Self { scope, callees: Some(callees) }
    }

    /// The context of a handler that this one calls and that is promised nothing.
    #[inline(always)]
    pub(crate) fn of_callees(&self) -> &Self {
        self.callees.unwrap_or(self)
    }
}
