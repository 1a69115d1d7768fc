//! Messages on a wire: the payload as JSON, the metadata as attributes of CloudEvents 1.0, with W3C trace
//! context. One place for all bridges; each adapter only knows where its protocol puts an attribute.

mod attribute;
mod incoming;
mod malformed;
mod outgoing;
mod reply;
mod structured;
mod trace;

pub use attribute::{Attribute, CONTENT_TYPE};
pub use incoming::Incoming;
pub use malformed::{GivenUp, Malformed, UnreadableMessage};
pub use outgoing::Outgoing;
pub use reply::{read_reply, write_reply};

#[cfg(test)]
mod tests;
