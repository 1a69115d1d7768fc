//! The `Mutex` and `RwLock` of std without poisoning: a panic of a handler, or of a task, must not take the adapter
//! with it.
//!
//! What is locked here is never left half changed where something can panic, so the guard of a thread that has panicked
//! is as good as any.

use std::sync::{self, PoisonError};

pub(crate) use std::sync::MutexGuard;

/// A mutex whose lock outlives the panic of a thread that held it.
#[derive(Debug, Default)]
pub(crate) struct Mutex<T>(sync::Mutex<T>);

impl<T> Mutex<T> {
    #[cfg(any(test, feature = "embedded", feature = "wire"))]
    pub(crate) const fn new(value: T) -> Self {
        Self(sync::Mutex::new(value))
    }

    /// What it holds, once nobody else can lock it.
    pub(crate) fn into_inner(self) -> T {
        self.0.into_inner().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits for the lock.
    pub(crate) fn lock(&self) -> MutexGuard<'_, T> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A reader-writer lock that outlives the panic of a thread that held it.
#[derive(Debug, Default)]
pub(crate) struct RwLock<T>(sync::RwLock<T>);

impl<T> RwLock<T> {
    #[cfg(feature = "amqp")]
    pub(crate) const fn new(value: T) -> Self {
        Self(sync::RwLock::new(value))
    }

    /// Waits for the lock that readers share.
    pub(crate) fn read(&self) -> sync::RwLockReadGuard<'_, T> {
        self.0.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits for the lock of the only writer.
    pub(crate) fn write(&self) -> sync::RwLockWriteGuard<'_, T> {
        self.0.write().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_while_it_is_locked_poisons_nothing() {
        let (mutex, lock) = (Mutex::new(1), RwLock::<u8>::default());
        std::thread::scope(|scope| {
            let panics = scope.spawn(|| {
                let (_held, _written) = (mutex.lock(), lock.write());
                std::panic::resume_unwind(Box::new("a handler"));
            });
            assert!(panics.join().is_err());
        });
        assert_eq!((*mutex.lock(), *lock.read()), (1, 0));
    }
}
