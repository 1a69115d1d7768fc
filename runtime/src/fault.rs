//! Faults: everything in the log where it happened, an id and a class for the caller.

pub(crate) mod class;
pub(crate) mod panics;

use std::error::Error as StdError;
use std::fmt;

use tracing::Span;

pub use class::FaultClass;

use crate::message::id::Id;
use crate::one_line::OneLine;

/// One attempt of several.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Attempt {
    /// The first is 1.
    pub(crate) number: u32,
    pub(crate) of: u32,
}

/// Something went wrong. Shows an id and a class; the cause is for the log only, and does not travel.
///
/// ```
/// use pontoon::{Error, Fault, FaultClass};
///
/// let fault = Fault::of(FaultClass::Unavailable, "the till is closed");
/// assert!(fault.class().is_transient());
///
/// let error: Error = Error::Fault(fault);
/// assert!(matches!(error, Error::Fault(fault) if fault.class() == FaultClass::Unavailable));
/// ```
pub struct Fault(Box<Inner>);

struct Inner {
    id: Id,
    class: FaultClass,
    cause: Option<Box<dyn StdError + Send + Sync>>,
    reported: bool,
}

impl Fault {
    /// A fault of class [`FaultClass::Failed`], of a text or of a boxed error.
    pub fn new(cause: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        Self::of(FaultClass::Failed, cause)
    }

    /// A fault of a class, of a text or of a boxed error.
    pub fn of(class: FaultClass, cause: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        Self(Box::new(Inner { id: Id::random(), class, cause: Some(cause.into()), reported: false }))
    }

    /// A fault of another unit, which has logged it.
    pub(crate) fn elsewhere(id: Id, class: FaultClass) -> Self {
        Self(Box::new(Inner { id, class, cause: None, reported: true }))
    }

    /// The same, not to be logged: nothing went wrong.
    pub(crate) fn quiet(mut self) -> Self {
        self.0.reported = true;
        self
    }

    /// The fault that an error is, or brings along: one that was reported is not reported again.
    pub(crate) fn caused_by(error: impl StdError + Send + Sync + 'static) -> Self {
        let class = Classified::class_of(&error);
        let mut fault = Self::of(class, error);
        if let Some((id, class)) = fault.carried() {
            fault.0.id = id;
            fault.0.class = class;
            fault.0.reported = true;
        }
        fault
    }

    fn carried(&self) -> Option<(Id, FaultClass)> {
        let mut error = self.0.cause.as_deref()?.source();
        while let Some(next) = error {
            if let Some(fault) = next.downcast_ref::<Self>().filter(|fault| fault.0.reported) {
                return Some((fault.id(), fault.class()));
            }
            error = next.source();
        }
        None
    }

    /// What the log has it under.
    #[must_use]
    pub fn id(&self) -> Id {
        self.0.id
    }

    /// What kind of fault it is.
    #[must_use]
    pub fn class(&self) -> FaultClass {
        self.0.class
    }

    /// What went wrong, where that is known: not on the caller's side.
    #[must_use]
    pub fn cause(&self) -> Option<&(dyn StdError + Send + Sync + 'static)> {
        self.0.cause.as_deref()
    }

    /// Logs the fault, unless that was done.
    #[cold]
    #[must_use]
    pub(crate) fn report(self, handler: &'static str) -> Self {
        self.log(Some(handler), None, None)
    }

    /// Logs the fault of an attempt which is not the last word, unless that was done.
    #[cold]
    #[must_use]
    pub(crate) fn report_attempt(self, handler: &'static str, attempt: Attempt) -> Self {
        self.log(Some(handler), Some(attempt), None)
    }

    /// Logs the fault of one message of several, in their span, unless that was done.
    #[cold]
    #[must_use]
    pub(crate) fn report_item(self, handler: &'static str, attempt: Option<Attempt>, item: Id) -> Self {
        self.log(Some(handler), attempt, Some(item))
    }

    /// Logs the fault in the span of its handler, which names it.
    #[cold]
    #[must_use]
    pub(crate) fn report_in(self, span: &Span, handler: &'static str, attempt: Option<Attempt>) -> Self {
        span.in_scope(|| self.log(span.is_disabled().then_some(handler), attempt, None))
    }

    fn log(mut self, handler: Option<&'static str>, attempt: Option<Attempt>, item: Option<Id>) -> Self {
        if self.0.reported {
            return self;
        }
        self.0.reported = true;
        let Inner { id, class, .. } = *self.0;
        let error = OneLine(Chain(self.cause()));
        let item = item.map(tracing::field::display);
        match attempt {
            Some(Attempt { number, of }) => {
                tracing::warn!(target: "pontoon", handler, item, attempt = number, of, fault = %id, %class, %error, "an attempt has failed");
            }
            // Somebody else was faster: nothing is broken.
            None if class == FaultClass::Conflict => {
                tracing::warn!(target: "pontoon", handler, item, fault = %id, %class, %error, "fault");
            }
            None => tracing::error!(target: "pontoon", handler, item, fault = %id, %class, %error, "fault"),
        }
        self
    }

    /// Leaves only what a caller may see.
    #[must_use]
    pub(crate) fn without_cause(mut self) -> Self {
        self.0.cause = None;
        self
    }
}

/// The errors of the runtime that know their class.
struct Classified;

impl Classified {
    fn class_of(error: &(dyn StdError + 'static)) -> FaultClass {
        if let Some(error) = error.downcast_ref::<crate::bridge::error::BridgeError>() {
            return error.class();
        }
        if let Some(error) = error.downcast_ref::<crate::store::StoreError>() {
            return error.class();
        }
        FaultClass::Failed
    }
}

/// An error with everything that caused it.
pub(crate) struct Chain<'e>(pub(crate) Option<&'e (dyn StdError + Send + Sync + 'static)>);

impl fmt::Display for Chain<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some(error) = self.0 else { return f.write_str("unknown") };
        write!(f, "{error}")?;
        let mut source = error.source();
        while let Some(error) = source {
            write!(f, ": {error}")?;
            source = error.source();
        }
        Ok(())
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "fault {} ({})", self.0.id, self.0.class)
    }
}

/// As `main` prints it: the cause where there is one.
impl fmt::Debug for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.cause() {
            None => write!(f, "{self}"),
            cause => write!(f, "{}", Chain(cause)),
        }
    }
}

impl StdError for Fault {}
