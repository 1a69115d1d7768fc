//! The records of the outbox in the state store: the collections that they are in, and the notes on what may have been
//! sent.

use std::sync::Arc;
use std::time::Duration;

use crate::contract::listeners::Listeners;
use crate::store::{Change, Expect};

/// How long a handler that has succeeded waits until what it sent is published.
pub(super) const WAIT_LIMIT: Duration = Duration::from_secs(1);

/// How long after its commit an entry may still be published by the process that committed it. Relays elsewhere leave
/// it alone for longer than that.
pub(super) const DIRECT: Duration = Duration::from_millis(1500);

/// The collection of what is to be published, by subject and number.
pub(super) const COLLECTION: &str = "$outbox";

/// The collection of which entries may have been sent not longer ago than a listener remembers. They go away by the
/// clock of the store: no clock of a process decides how old an entry is.
pub(super) const SENT: &str = "$outbox_sent";

/// An entry that is done with.
pub(super) fn remove(listeners: &Listeners, key: &str) -> impl Iterator<Item = Change> {
    let entry = Change { collection: COLLECTION, key: key.to_owned(), expect: Expect::Anything, put: None };
    let marker = listeners.keep.map(|_| sent_marker(key.to_owned(), None));
    std::iter::once(entry).chain(marker)
}

/// How long an entry may be on its way after it was noted that it may be sent.
pub(super) const ON_ITS_WAY: Duration = Duration::from_secs(35);

/// Notes that an entry may be sent from now on, or forgets it. The note goes away before a listener has forgotten what
/// was sent: that may be on its way for a while yet.
pub(super) fn sent_marker(key: String, keep: Option<Duration>) -> Change {
    let put = keep.map(|keep| (Arc::from(&b"true"[..]), Some(keep.saturating_sub(ON_ITS_WAY.min(keep / 4)))));
    Change { collection: SENT, key, expect: Expect::Anything, put }
}
