//! The topology that is measured, as a user writes it: two services in a generated monolith, and the same by hand;
//! services with a broker between them.

pub mod back;
pub mod by_hand;
pub mod chain;
pub mod contract;
pub mod count;
pub mod counter;
pub mod deep;
pub mod desk;
pub mod ear;
pub mod front;
pub mod sorter;

use pontoon::Started;
use topology::monolith::Monolith;

pontoon::topology!();

/// Starts the monolith in memory. Its subscription counts with `counter`.
///
/// # Errors
/// Why it did not start.
pub async fn start(counter: &count::Counter) -> Result<Started<Monolith>, String> {
    let resources = topology::monolith::Resources {
        front: front::Resources,
        back: back::Resources { counter: counter.clone() },
        deep: deep::Resources,
    };
    topology::monolith::in_memory(resources).await.map_err(|error| error.to_string())
}
