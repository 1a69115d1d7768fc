//! How a handler ends when it does not succeed: a rejection, typed, or a fault.

use std::any::Any;
use std::error::Error as StdError;
use std::fmt;

use crate::contract::never::Never;
use crate::fault::Fault;

/// `Ok`, or what a program ends with: `async fn main() -> pontoon::Result<()>`.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// How a handler ends when it does not succeed.
///
/// `?` makes one of any error: of an `R` the rejection, of everything else a fault.
///
/// ```
/// # #[derive(Debug, Clone)] struct Taken;
/// # impl std::fmt::Display for Taken {
/// #     fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result { f.write_str("taken") }
/// # }
/// # impl std::error::Error for Taken {}
/// use pontoon::Error;
///
/// fn name(text: &str) -> Result<u32, Error<Taken>> {
///     if text == "taken" {
///         Err(Taken)?;
///     }
///     Ok(text.parse()?)
/// }
///
/// assert!(matches!(name("taken"), Err(Error::Rejected(Taken))));
/// assert!(matches!(name("x"), Err(Error::Fault(_))));
/// ```
pub enum Error<R = Never> {
    /// A business "no": the caller gets it as it is.
    Rejected(R),
    /// Anything else: the caller gets an id and a class.
    Fault(Fault),
}

impl<R> Error<R> {
    /// A fault, of a text or of a boxed error.
    pub fn fault(cause: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        Self::Fault(Fault::new(cause))
    }
}

impl<R: 'static, E: Cause> From<E> for Error<R> {
    fn from(error: E) -> Self {
        let mut slot = Some(error);
        let any: &mut dyn Any = &mut slot;
        if let Some(rejection) = any.downcast_mut::<Option<R>>().and_then(Option::take) {
            return Self::Rejected(rejection);
        }
        if let Some(fault) = any.downcast_mut::<Option<Fault>>().and_then(Option::take) {
            return Self::Fault(fault);
        }
        if let Some(error) = any.downcast_mut::<Option<InvokeError<R>>>().and_then(Option::take) {
            return error.into_error();
        }
        match slot {
            Some(error) => Self::Fault(Fault::caused_by(error)),
            None => Self::fault("an error that was taken twice"),
        }
    }
}

impl<R: fmt::Debug> fmt::Debug for Error<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Rejected(rejection) => write!(f, "Rejected({rejection:?})"),
            Self::Fault(fault) => fault.fmt(f),
        }
    }
}

impl<R: fmt::Display> fmt::Display for Error<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Rejected(rejection) => rejection.fmt(f),
            Self::Fault(fault) => fault.fmt(f),
        }
    }
}

/// What `?` makes an [`Error`] of: any error. Implemented for every type that is one.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not an error that a handler can end with",
    label = "not an error; of a text, make a fault: `Err(Error::fault(\"…\"))`",
    note = "the command's own \"no\" is the type that `rejection:` names in topology.yaml"
)]
pub trait Cause: StdError + Send + Sync + 'static {}

#[diagnostic::do_not_recommend]
impl<E: StdError + Send + Sync + 'static> Cause for E {}

/// What a caller gets of a command that did not succeed.
#[derive(Debug)]
pub enum InvokeError<R = Never> {
    /// The command said no.
    Rejected(R),
    /// The command could not answer. What went wrong stands in the log, under the fault's id.
    Fault(Fault),
}

impl<R> InvokeError<R> {
    fn into_error(self) -> Error<R> {
        match self {
            Self::Rejected(rejection) => Error::Rejected(rejection),
            Self::Fault(fault) => Error::Fault(fault),
        }
    }
}

impl<R: fmt::Display> fmt::Display for InvokeError<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Rejected(rejection) => write!(f, "rejected: {rejection}"),
            Self::Fault(fault) => fault.fmt(f),
        }
    }
}

impl<R: StdError + 'static> StdError for InvokeError<R> {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        match self {
            Self::Rejected(rejection) => rejection.source(),
            // What `Fault::caused_by` finds the fault by, whatever R is.
            Self::Fault(fault) => Some(fault),
        }
    }
}
