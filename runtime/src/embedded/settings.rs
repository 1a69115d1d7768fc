//! The settings of the local disk in an environment.

use std::path::PathBuf;
use std::sync::Arc;

use pontoon_schema::capability::{self, Bridge};

use crate::bridge::{EventAdapter, QueueAdapter};
use crate::embedded::events::EmbeddedEvents;
use crate::embedded::port::FolderPort;
use crate::embedded::queues::EmbeddedQueues;
use crate::embedded::state::EmbeddedState;
use crate::environment::{EventBridge, QueueBridge, Setup, StateStore, Template};
use crate::maybe_ready::MaybeReady;
use crate::store::StateAdapter;

/// The settings of bridges and a state store on the local disk: what was accepted outlives the process, and nothing
/// leaves it. Those that name one folder share one database.
#[derive(Clone, Copy, Debug)]
pub struct Embedded {
    folder: Template,
    bound: Option<u64>,
}

impl Embedded {
    /// In a folder, which is made where it is not there.
    #[must_use]
    pub const fn new(folder: Template) -> Self {
        Self { folder, bound: None }
    }

    /// How many bytes of disk the database of the folder takes; 1 GiB, unless said otherwise. Whoever finds no room
    /// gets an error.
    #[must_use]
    pub const fn bound(mut self, bytes: u64) -> Self {
        self.bound = Some(bytes);
        self
    }

    /// A port on the folder; or problems.
    async fn port(&self, setup: &mut Setup) -> Option<FolderPort> {
        let before = setup.problems().len();
        let folder = setup.text(&self.folder).await;
        if setup.problems().len() > before {
            return None;
        }
        if folder.is_empty() {
            setup.problem("`folder:` of `embedded:` is empty");
            return None;
        }
        Some(FolderPort::new(PathBuf::from(folder), self.bound))
    }
}

impl EventBridge for Embedded {
    const CAPABILITIES: Bridge = capability::EMBEDDED;

    fn open<'a>(&'a self, setup: &'a mut Setup) -> MaybeReady<'a, Option<Arc<dyn EventAdapter>>> {
        MaybeReady::boxed(async move {
            let port = self.port(setup).await?;
            Some(Arc::new(EmbeddedEvents::alone(port)) as Arc<dyn EventAdapter>)
        })
    }
}

impl QueueBridge for Embedded {
    fn open<'a>(&'a self, setup: &'a mut Setup) -> MaybeReady<'a, Option<Arc<dyn QueueAdapter>>> {
        MaybeReady::boxed(async move {
            let port = self.port(setup).await?;
            Some(Arc::new(EmbeddedQueues::at(port)) as Arc<dyn QueueAdapter>)
        })
    }
}

impl StateStore for Embedded {
    fn open<'a>(&'a self, setup: &'a mut Setup) -> MaybeReady<'a, Option<Arc<dyn StateAdapter>>> {
        MaybeReady::boxed(async move {
            let port = self.port(setup).await?;
            Some(Arc::new(EmbeddedState::at(port)) as Arc<dyn StateAdapter>)
        })
    }
}
