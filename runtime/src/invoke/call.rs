//! One invocation, as its handler has it.

use crate::invoke::scope::Scope;

/// One invocation in a running unit. Handlers see it as `&impl …::Context`.
pub struct Call<'c, U> {
    pub(crate) scope: Scope<'c, U>,
}
