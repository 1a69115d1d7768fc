//! The rejection of operations that do not reject.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A rejection that cannot happen: the type of an operation that declares no `rejection:`.
///
/// ```
/// use pontoon::{Error, Fault, Never};
///
/// fn fault(error: Error<Never>) -> Fault {
///     match error {
///         Error::Fault(fault) => fault,
///         Error::Rejected(never) => match never {},
///     }
/// }
///
/// assert_eq!(fault(Error::fault("out of paper")).class(), pontoon::FaultClass::Failed);
/// ```
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub enum Never {}

impl fmt::Display for Never {
    fn fmt(&self, _: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {}
    }
}

impl std::error::Error for Never {}
