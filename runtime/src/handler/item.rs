//! A message of a batch, and its outcome.

use crate::fault::Fault;
use crate::handler::error::Error;
use crate::message::id::Id;

/// A message of a batch, as its handler gets it. Its outcome is made of it: what has none by the end counts as failed.
///
/// A handler of batches has several of them, with `batch: { most: 100, wait: 50ms }` in the topology:
///
/// ```
/// use pontoon::{Context, Item, Outcome, Result};
///
/// struct Index;
///
/// impl Index {
///     async fn handle(&self, _: &impl Context, documents: Vec<Item<String>>) -> Result<Vec<Outcome>> {
///         let outcome = |document: Item<String>| match document.input.parse::<u64>() {
///             Ok(_) => document.done(),
///             Err(error) => document.failed(error),
///         };
///         Ok(documents.into_iter().map(outcome).collect())
///     }
/// }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() {
/// let ctx = pontoon::testing::Stub::new();
/// let documents = ["7", "seven"].map(|text| Item::new(text.to_owned()));
/// let outcomes = Index.handle(&ctx, documents.into()).await.unwrap_or_default();
/// assert_eq!(outcomes.iter().map(Outcome::is_done).collect::<Vec<_>>(), [true, false]);
/// # }
/// ```
#[derive(Debug)]
pub struct Item<T> {
    /// What the message carries. [`Self::split`] gives it away, and leaves what the outcome is made of.
    pub input: T,
    id: Id,
    correlation: Id,
    attempt: u32,
    place: ItemPlace,
}

/// Where in which batch an item stands.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct ItemPlace {
    /// Names one run of a handler.
    pub(crate) run: Id,
    pub(crate) index: usize,
}

/// What a message of a batch says about itself.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ItemLabel {
    pub(crate) id: Id,
    pub(crate) correlation: Id,
    pub(crate) attempt: u32,
}

impl<T> Item<T> {
    /// A message with nothing but an input, for the test of a handler: its first attempt, alone in its batch.
    pub fn new(input: T) -> Self {
        let (id, correlation) = (Id::random(), Id::random());
        Self { input, id, correlation, attempt: 1, place: ItemPlace { run: Id::random(), index: 0 } }
    }

    pub(crate) fn placed(input: T, label: ItemLabel, place: ItemPlace) -> Self {
        let ItemLabel { id, correlation, attempt } = label;
        Self { input, id, correlation, attempt, place }
    }

    /// Names the message; the same for every attempt.
    #[must_use]
    pub fn id(&self) -> Id {
        self.id
    }

    /// Names the chain of messages that this one belongs to.
    #[must_use]
    pub fn correlation(&self) -> Id {
        self.correlation
    }

    /// Which attempt this is; the first is 1.
    #[must_use]
    pub fn attempt(&self) -> u32 {
        self.attempt
    }

    /// The input, and the item without it.
    pub fn split(self) -> (T, Item<()>) {
        let Self { input, id, correlation, attempt, place } = self;
        (input, Item { input: (), id, correlation, attempt, place })
    }

    /// It is done, and does not come again.
    pub fn done(self) -> Outcome {
        Outcome { id: self.id, place: self.place, ended: Ok(()) }
    }

    /// It has failed: it comes again, as long as it has attempts. The others of its batch do not.
    pub fn failed(self, error: impl Into<Error>) -> Outcome {
        let fault = match error.into() {
            Error::Fault(fault) => fault,
            Error::Rejected(never) => match never {},
        };
        Outcome { id: self.id, place: self.place, ended: Err(fault) }
    }
}

/// What became of a message of a batch: made by [`Item::done`] or [`Item::failed`].
#[derive(Debug)]
#[must_use = "what is not returned by its handler counts as failed"]
pub struct Outcome {
    id: Id,
    place: ItemPlace,
    ended: Result<(), Fault>,
}

impl Outcome {
    /// Names the message.
    #[must_use]
    pub fn id(&self) -> Id {
        self.id
    }

    /// Whether it is done.
    #[must_use]
    pub fn is_done(&self) -> bool {
        self.ended.is_ok()
    }

    /// What went wrong, where it has failed.
    #[must_use]
    pub fn fault(&self) -> Option<&Fault> {
        self.ended.as_ref().err()
    }

    pub(crate) fn into_parts(self) -> (ItemPlace, Result<(), Fault>) {
        (self.place, self.ended)
    }
}
