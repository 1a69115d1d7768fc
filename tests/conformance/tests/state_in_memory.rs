//! The state store in memory.

#![allow(clippy::unwrap_used, reason = "a test, also where no #[test] stands on it")]

use std::sync::{Arc, Mutex};

use pontoon::adapter::StateAdapter;
use pontoon::adapter::in_memory::InMemoryState;
use pontoon_conformance::backend::Backend;
use pontoon_conformance::state::Harness;
use pontoon_conformance::state_suite;
use pontoon_schema::capability::{Adapter, StateStore, state_store};

/// The store lives in the process, and goes with it.
struct Process(Mutex<Arc<InMemoryState>>);

async fn start() -> Process {
    Process(Mutex::default())
}

impl Backend for Process {
    async fn kill(&self) {
        *self.0.lock().unwrap() = Arc::default();
    }
}

impl Harness for Process {
    fn row(&self) -> &'static StateStore {
        state_store(Adapter::InMemory).unwrap()
    }

    fn adapter(&self) -> Arc<dyn StateAdapter> {
        Arc::clone(&*self.0.lock().unwrap()) as Arc<dyn StateAdapter>
    }
}

state_suite!(start);
