//! Typed ids and the vectors they index: a `CommandId` can only ever look up a command.

use std::marker::PhantomData;
use std::ops::{Index, IndexMut};

/// A position in an [`Arena`].
pub trait Id: Copy + Eq {
    /// The id of the definition at `index`.
    fn from_index(index: usize) -> Self;
    /// Where the definition stands.
    fn index(self) -> usize;
}

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(pub u32);

        impl Id for $name {
            fn from_index(index: usize) -> Self {
                // The limits on input (64 MiB) keep every count far below this.
                Self(u32::try_from(index).unwrap_or(u32::MAX))
            }

            fn index(self) -> usize {
                self.0 as usize
            }
        }
    )*};
}

ids! {
    /// One version of a service.
    ServiceId
    /// A command of a service.
    CommandId
    /// A subscription of a service to an event.
    SubscriptionId
    /// A worker of a service on a queue.
    WorkerId
    /// A handler of a service that runs by the clock.
    ScheduleId
    /// An event.
    EventId
    /// A queue.
    QueueId
    /// A state collection.
    StateId
    /// A secret, by its name.
    SecretId
    /// An environment.
    EnvironmentId
    /// A deployment.
    DeploymentId
    /// A unit of a deployment.
    UnitId
}

/// Definitions of one kind, in the order of the file.
#[derive(Clone, Debug)]
pub struct Arena<I, T> {
    items: Vec<T>,
    ids: PhantomData<I>,
}

impl<I: Id, T> Arena<I, T> {
    /// An arena without definitions.
    pub fn new() -> Self {
        Self { items: Vec::new(), ids: PhantomData }
    }

    /// Adds a definition and returns its id.
    pub fn push(&mut self, item: T) -> I {
        self.items.push(item);
        I::from_index(self.items.len() - 1)
    }

    /// The id that the next [`push`](Self::push) will return.
    pub fn next_id(&self) -> I {
        I::from_index(self.items.len())
    }

    /// The definitions with their ids.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (I, &T)> + DoubleEndedIterator + Clone {
        self.items.iter().enumerate().map(|(index, item)| (I::from_index(index), item))
    }

    /// The ids alone.
    pub fn ids(&self) -> impl ExactSizeIterator<Item = I> + DoubleEndedIterator + Clone + use<I, T> {
        (0..self.items.len()).map(I::from_index)
    }

    /// The definitions alone.
    pub fn values(&self) -> std::slice::Iter<'_, T> {
        self.items.iter()
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.items.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.items.is_empty()
    }
}

impl<I: Id, T> Default for Arena<I, T> {
    fn default() -> Self {
        Self::new()
    }
}

impl<I: Id, T> Index<I> for Arena<I, T> {
    type Output = T;

    fn index(&self, id: I) -> &T {
        &self.items[id.index()]
    }
}

impl<I: Id, T> IndexMut<I> for Arena<I, T> {
    fn index_mut(&mut self, id: I) -> &mut T {
        &mut self.items[id.index()]
    }
}
