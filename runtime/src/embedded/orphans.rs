//! Subscriptions in the database that the topology does not have: they were renamed or removed.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use tokio::sync::oneshot;

use crate::bridge::BridgeError;
use crate::bridge::orphan::Orphan;
use crate::contract::known_subscription::KnownSubscription;
use crate::embedded::backlog::StoredBacklog;
use crate::embedded::database::Database;
use crate::embedded::error::StorageError;
use crate::embedded::work::{Changing, CommitWork, Following};

/// What follows the name of a subscription in that of its dead letters.
const DEAD: &str = ".dead";

/// The subscriptions that are neither taken from in this process nor known to the topology.
fn unknown(database: &Database, known: &[KnownSubscription]) -> Vec<Arc<StoredBacklog>> {
    let is_known = |backlog: &StoredBacklog| {
        known
            .iter()
            .any(|known| known.subject == backlog.name.subject && known.subscription == backlog.name.subscription)
    };
    let mut all = database.all_subscriptions();
    all.retain(|backlog| !backlog.is_registered() && !is_known(backlog));
    all
}

/// Has no more events put into subscriptions that the topology does not have: nobody takes them, and they would fill
/// the disk.
pub(super) fn deactivate(database: &Database, known: &[KnownSubscription]) {
    for backlog in unknown(database, known) {
        backlog.is_active.store(false, Ordering::Release);
    }
}

fn name(backlog: &StoredBacklog) -> String {
    format!("{}.{}", backlog.name.subject, backlog.name.subscription)
}

/// What is kept for them.
pub(super) async fn list(database: &Database, known: &[KnownSubscription]) -> Result<Vec<Orphan>, BridgeError> {
    let mut orphans = Vec::new();
    for backlog in unknown(database, known) {
        let asked = Arc::clone(&backlog);
        let dead = database.read(move |connection| asked.messages(connection).count_dead()).await?;
        let messages = backlog.memory().total;
        if messages > 0 || dead == 0 {
            orphans.push(Orphan { name: name(&backlog), messages: Some(messages as u64) });
        }
        if dead > 0 {
            orphans.push(Orphan { name: name(&backlog) + DEAD, messages: Some(dead as u64) });
        }
    }
    Ok(orphans)
}

/// Removes what is kept under a name. Says whether there was something.
pub(super) async fn remove(
    database: &Arc<Database>,
    known: &[KnownSubscription],
    orphan: Orphan,
) -> Result<bool, BridgeError> {
    let unknown = unknown(database, known);
    let found = unknown.into_iter().find_map(|backlog| {
        let rest = orphan.name.strip_prefix(&name(&backlog))?;
        (rest.is_empty() || rest == DEAD).then_some((backlog, rest == DEAD))
    });
    let Some((backlog, is_dead)) = found else { return Ok(false) };
    let is_empty = orphan.messages == Some(0);
    let of = Arc::clone(database);
    let remove = |answer| {
        Box::new(RemoveOrphan { database: of, backlog, is_dead, is_empty, answer, end: RemovalEnd::Kept }) as _
    };
    Ok(database.change(remove).await??)
}

/// Removes the messages or the dead letters of a subscription, and the subscription once it has neither.
struct RemoveOrphan {
    database: Arc<Database>,
    backlog: Arc<StoredBacklog>,
    is_dead: bool,
    /// Only as long as there are none.
    is_empty: bool,
    answer: oneshot::Sender<Result<bool, StorageError>>,
    end: RemovalEnd,
}

/// What was removed.
#[derive(Clone, Copy, Eq, PartialEq)]
enum RemovalEnd {
    /// Nothing: it is not empty any more.
    Kept,
    Emptied,
    Gone,
}

impl CommitWork for RemoveOrphan {
    fn is_synced(&self) -> bool {
        true
    }

    fn apply(&mut self, changing: &Changing<'_>) -> Result<(), StorageError> {
        let messages = self.backlog.messages(changing.connection);
        let (waiting, dead) = (messages.count_all()?, messages.count_dead()?);
        let (here, elsewhere) = if self.is_dead { (dead, waiting) } else { (waiting, dead) };
        self.end = RemovalEnd::Kept;
        if self.is_empty && here > 0 {
            return Ok(());
        }
        messages.clear(self.is_dead)?;
        self.end = RemovalEnd::Emptied;
        if elsewhere == 0 {
            messages.leave()?;
            self.end = RemovalEnd::Gone;
        }
        Ok(())
    }

    fn done(self: Box<Self>, ended: Result<(), &StorageError>) -> Following {
        if ended.is_ok() && self.end != RemovalEnd::Kept && !self.is_dead {
            self.backlog.memory().clear();
        }
        if ended.is_ok() && self.end == RemovalEnd::Gone {
            self.database.forget(&self.backlog);
        }
        // Who no longer waits needs no answer.
        let _ = self.answer.send(ended.map(|()| self.end != RemovalEnd::Kept).map_err(Clone::clone));
        Following::Nothing
    }
}
