//! The topology that is measured: two services in a generated monolith, as a user writes them, and the same by hand.

pub mod back;
pub mod by_hand;
pub mod contract;
pub mod count;
pub mod front;

use pontoon::Started;
use topology::monolith::Monolith;

pontoon::topology!();

/// Starts the monolith in memory. Its subscription counts with `counter`.
///
/// # Errors
/// Why it did not start.
pub async fn start(counter: &count::Counter) -> Result<Started<Monolith>, String> {
    let resources =
        topology::monolith::Resources { front: front::Resources, back: back::Resources { counter: counter.clone() } };
    topology::monolith::in_memory(resources).await.map_err(|error| error.to_string())
}
