//! Adapters from elsewhere: what their author brings to the suite, and which cases they have to pass.

use std::fmt;
use std::path::Path;
use std::sync::Arc;

use pontoon::adapter::capability::{Bridge, Ordering};
use pontoon::adapter::{AnyEventBridge, EventAdapter, Instance, Setup, Variables};

use super::column::Cell;

/// An event bridge from elsewhere, as its author brings it to the suite.
pub struct Custom {
    /// What it is called.
    pub name: &'static str,
    /// Its settings. Variables in them have the values that `variables` gives.
    pub settings: &'static dyn AnyEventBridge,
    /// What the settings of one case are filled with. The folder is that of the case alone, and is there; who needs a
    /// broker for each case starts it here.
    pub variables: fn(&Path) -> Vec<(String, String)>,
    /// Publishes an event with these attributes of CloudEvents as a program does that knows nothing of the adapter.
    pub publish: fn(&Path, Foreign<'_>),
}

/// An event as no adapter would publish it.
#[derive(Clone, Copy, Debug)]
pub struct Foreign<'m> {
    /// Where it is published.
    pub subject: &'m str,
    /// Its attributes, by the names of CloudEvents. Its content type, if it has one, is called `content type`.
    pub attributes: &'m [(&'m str, &'m str)],
    /// Its payload.
    pub body: &'m str,
}

impl fmt::Debug for Custom {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name)
    }
}

impl PartialEq for Custom {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name
    }
}

impl Eq for Custom {}

/// A row of the table: the case, and what a bridge can do that has to pass it.
type Claim = (&'static str, fn(&Bridge) -> bool);

/// Which cases nobody may leave out who says that he can do this.
const CLAIMS: [Claim; 23] = [
    ("e01", |_| true),
    ("e02", |bridge| bridge.competing_consumers),
    ("e03", |_| true),
    ("e04", |_| true),
    ("e05", |bridge| bridge.crosses_processes && bridge.competing_consumers),
    ("e06", |_| true),
    ("e07", |_| true),
    ("e08", |bridge| bridge.dead_letter),
    ("e09", |bridge| bridge.dead_letter),
    ("e10", |bridge| bridge.request_reply),
    ("e14", |bridge| bridge.crosses_processes),
    ("e15", |_| true),
    ("e17", |_| true),
    ("e18", |_| true),
    ("e19", |bridge| bridge.request_reply),
    ("e21", |bridge| bridge.request_reply),
    ("e22", |bridge| bridge.request_reply),
    ("e23", |bridge| bridge.request_reply && bridge.dead_letter),
    ("e26", |_| true),
    ("e27", |bridge| bridge.request_reply && bridge.dead_letter),
    ("e30", |bridge| bridge.request_reply && bridge.dead_letter),
    ("e31", |bridge| bridge.durable && bridge.dead_letter),
    ("e38", |bridge| bridge.request_reply),
];

impl Custom {
    /// What it says of itself.
    pub(super) fn capabilities(&self) -> Bridge {
        self.settings.capabilities()
    }

    /// The cases that it has to pass.
    pub(super) fn cases(&self) -> impl Iterator<Item = &'static str> {
        let capabilities = self.capabilities();
        CLAIMS.iter().filter(move |(_, claims)| claims(&capabilities)).map(|(case, _)| *case)
    }

    /// What is expected of it.
    pub(super) fn cell(&self, case: &str) -> Cell {
        let Bridge { durable, crosses_processes, ordering, .. } = self.capabilities();
        match &case[..3] {
            "e01" => Cell::AtLeastOnce,
            "e05" if ordering == Ordering::OneConsumer => Cell::Refused,
            "e16" if durable && crosses_processes => Cell::OneEffect,
            "e12" | "e16" => Cell::Lost,
            "e15" | "e35" => Cell::OneEffect,
            "e17" => Cell::NothingLost,
            _ => Cell::Yes,
        }
    }

    /// The adapter, not connected yet.
    ///
    /// # Panics
    /// It does not open.
    pub async fn open(&self, instance: Instance, variables: Variables) -> Arc<dyn EventAdapter> {
        let mut setup = Setup::new(instance, false, variables);
        let adapter = self.settings.open_any(&mut setup).await;
        assert!(setup.problems().is_empty(), "{:?}", setup.problems());
        adapter.expect("it opens where there is no problem")
    }
}
