//! The circuit breaker of a publisher that the broker refuses: it is asked again after a while, not for each message.

use std::sync::atomic::{AtomicBool, Ordering};

use tokio::time::Instant;

use crate::bridge::BridgeError;
use crate::bridge::network::Reconnect;
use crate::health::Health;
use crate::sync::{Mutex, MutexGuard};

/// A circuit breaker: open while the broker does not let us publish somewhere.
pub(crate) struct CircuitBreaker {
    /// So that nobody waits for the lock where nothing is wrong.
    is_down: AtomicBool,
    state: Mutex<BreakerState>,
}

/// Why the circuit breaker is open.
struct BreakerState {
    retry: Reconnect,
    /// There while the circuit is open.
    refusal: Option<BrokerRefusal>,
}

/// The refusal that has opened the circuit, and when to ask the broker again.
struct BrokerRefusal {
    why: String,
    until: Instant,
}

impl CircuitBreaker {
    pub(crate) fn new() -> Self {
        let state = BreakerState { retry: Reconnect::new("publishing"), refusal: None };
        Self { is_down: AtomicBool::new(false), state: Mutex::new(state) }
    }

    fn state(&self) -> MutexGuard<'_, BreakerState> {
        self.state.lock()
    }

    /// Whether the broker may be asked now.
    pub(crate) fn pass(&self) -> Result<(), BridgeError> {
        if !self.is_down.load(Ordering::Acquire) {
            return Ok(());
        }
        match &self.state().refusal {
            Some(refusal) if Instant::now() < refusal.until => Err(BridgeError::Denied(refusal.why.clone().into())),
            _ => Ok(()),
        }
    }

    /// The broker has refused.
    pub(crate) fn refused(&self, why: &str) {
        let mut state = self.state();
        // Many who were under way at the same time are one refusal.
        if state.refusal.as_ref().is_none_or(|refusal| refusal.until <= Instant::now()) {
            let until = Instant::now() + state.retry.failed(&why);
            state.refusal = Some(BrokerRefusal { why: why.to_owned(), until });
            self.is_down.store(true, Ordering::Release);
        }
    }

    /// The broker has taken something.
    pub(crate) fn taken(&self) {
        if self.is_down.load(Ordering::Acquire) {
            let mut state = self.state();
            state.refusal = None;
            state.retry.succeeded();
            self.is_down.store(false, Ordering::Release);
        }
    }

    pub(crate) fn health(&self) -> Health {
        match &self.state().refusal {
            Some(refusal) => Health::Degraded(refusal.why.clone()),
            None => Health::Ready,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn who_is_refused_asks_again_after_a_while() {
        let circuit_breaker = CircuitBreaker::new();
        assert!(circuit_breaker.pass().is_ok() && circuit_breaker.health().is_ready());
        circuit_breaker.refused("no");
        assert!(matches!(circuit_breaker.pass(), Err(BridgeError::Denied(_))));
        assert_eq!(circuit_breaker.health(), Health::Degraded("no".to_owned()));
        tokio::time::advance(Duration::from_secs(1)).await;
        assert!(circuit_breaker.pass().is_ok() && !circuit_breaker.health().is_ready());
        circuit_breaker.taken();
        assert!(circuit_breaker.health().is_ready());
    }
}
