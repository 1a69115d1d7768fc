//! A unit that runs: its handlers, and what they share.

use crate::shared::Shared;

pub(crate) struct RunningUnit<U> {
    pub(crate) unit: U,
    pub(crate) shared: Shared,
}
