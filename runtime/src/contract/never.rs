//! The rejection of operations that do not reject.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A rejection that cannot happen: the type of an operation that declares no `rejection:`.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub enum Never {}

impl fmt::Display for Never {
    fn fmt(&self, _: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {}
    }
}

impl std::error::Error for Never {}
