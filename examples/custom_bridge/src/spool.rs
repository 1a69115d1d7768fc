//! The adapter: a folder that all processes share. A message is a file, and who takes it moves it.
//!
//! [`Spool`] is what the topology names: the settings, and what the adapter can do. `Bridge` connects,
//! publishes and asks; what is taken goes through `subscription`, `endpoint` and, in the end, `folder`, which
//! alone knows files.

mod bridge;
mod endpoint;
mod envelope;
mod folder;
mod subscription;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use pontoon::adapter::capability::Bridge as Capabilities;
use pontoon::adapter::{EventAdapter, EventBridge, MaybeReady, Setup, Template};

/// A folder that carries commands and events between the processes of one machine.
#[derive(Clone, Copy, Debug)]
pub struct Spool {
    folder: Template,
}

impl Spool {
    /// In the folder `spool`, where nothing else is said.
    #[must_use]
    pub const fn new() -> Self {
        Self { folder: Template::literal("spool") }
    }

    /// In this folder.
    #[must_use]
    pub const fn folder(mut self, folder: Template) -> Self {
        self.folder = folder;
        self
    }
}

impl Default for Spool {
    fn default() -> Self {
        Self::new()
    }
}

impl EventBridge for Spool {
    const CAPABILITIES: Capabilities = Capabilities {
        // A file is there before `publish` ends. It outlives the process; against a power cut it would have to be
        // synced.
        durable: true,
        request_reply: true,
        competing_consumers: true,
        dead_letter: true,
        largest_payload: 1 << 20,
        // A subscription is a folder, and the name of one is no longer.
        longest_name: 255,
        crosses_processes: true,
        ..Capabilities::CUSTOM
    };

    fn open<'a>(&'a self, setup: &'a mut Setup) -> MaybeReady<'a, Option<Arc<dyn EventAdapter>>> {
        MaybeReady::boxed(async move {
            let folder = PathBuf::from(setup.text(&self.folder).await);
            if folder.as_os_str().is_empty() {
                setup.problem("the folder of the spool has no name");
                return None;
            }
            Some(bridge::Bridge::new(folder, setup.instance) as Arc<dyn EventAdapter>)
        })
    }
}

/// Puts an event into a folder as a program would that knows nothing of Pontoon: for every subscription that is there.
///
/// # Errors
/// A file cannot be written.
pub fn publish(folder: &Path, subject: &str, attributes: &[(&str, &str)], body: &str) -> std::io::Result<()> {
    let attributes = attributes.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned())).collect();
    let folder = folder::Folder::new(folder.to_owned(), "outside".to_owned());
    folder.publish(subject, &envelope::written(&attributes, body.as_bytes()))
}
