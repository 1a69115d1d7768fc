//! A unit that runs: its handlers, and what they share.

use crate::core::Core;

pub(crate) struct Running<U> {
    pub(crate) unit: U,
    pub(crate) core: Core,
}
