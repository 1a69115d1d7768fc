//! A port on a folder: what one adapter has of a database, from when it connects until it is closed.

use std::path::PathBuf;
use std::sync::Arc;

use tokio::sync::{oneshot, watch};

use crate::bridge::BridgeError;
use crate::embedded::database::Database;
use crate::embedded::error::StorageError;
use crate::embedded::folder;
use crate::health::Health;
use crate::store::StoreError;

/// A port on a folder.
pub(super) struct FolderPort {
    folder: PathBuf,
    bound: Option<u64>,
    stage: watch::Sender<PortStage>,
}

/// How far a port is.
#[derive(Clone)]
enum PortStage {
    Unconnected,
    Open(OpenPort),
    Closed,
}

/// A port that is connected: the database, and the number by which the database knows the port.
#[derive(Clone)]
pub(super) struct OpenPort {
    pub(super) database: Arc<Database>,
    pub(super) number: u64,
}

/// Why a port has no database.
#[derive(Debug)]
pub(super) enum NotOpen {
    Unconnected,
    Closed,
}

impl From<NotOpen> for BridgeError {
    fn from(not_open: NotOpen) -> Self {
        match not_open {
            NotOpen::Unconnected => Self::Unavailable("the folder is not open yet".into()),
            NotOpen::Closed => Self::Closed,
        }
    }
}

impl From<NotOpen> for StoreError {
    fn from(not_open: NotOpen) -> Self {
        match not_open {
            NotOpen::Unconnected => Self::Unavailable("the folder is not open yet".into()),
            NotOpen::Closed => Self::Closed,
        }
    }
}

/// Why a port does not connect.
pub(super) enum NotConnected {
    Closed,
    Storage(StorageError),
}

impl From<NotConnected> for BridgeError {
    fn from(error: NotConnected) -> Self {
        match error {
            NotConnected::Closed => Self::Closed,
            NotConnected::Storage(error) => error.into(),
        }
    }
}

impl From<NotConnected> for StoreError {
    fn from(error: NotConnected) -> Self {
        match error {
            NotConnected::Closed => Self::Closed,
            NotConnected::Storage(error) => error.into(),
        }
    }
}

impl FolderPort {
    /// A port that is not connected yet. With how many bytes the database takes, where that is said.
    pub(super) fn new(folder: PathBuf, bound: Option<u64>) -> Self {
        Self { folder, bound, stage: watch::Sender::new(PortStage::Unconnected) }
    }

    /// Opens the folder, where it is not open yet; on a thread of its own, as the disk may take its time.
    pub(super) async fn connect(&self) -> Result<OpenPort, NotConnected> {
        match self.open() {
            Ok(open) => return Ok(open),
            Err(NotOpen::Closed) => return Err(NotConnected::Closed),
            Err(NotOpen::Unconnected) => {}
        }
        let (sender, opened) = oneshot::channel();
        let folder = self.folder.clone();
        let thread = std::thread::Builder::new().name("pontoon-open".to_owned()).spawn(move || {
            // Who no longer waits closes it again.
            let _ = sender.send(folder::open(&folder));
        });
        thread.map_err(|error| {
            NotConnected::Storage(StorageError::passing(format!("no thread to open with: {error}")))
        })?;
        let opened = opened.await.unwrap_or_else(|_| Err(StorageError::ended()));
        let database = opened.map_err(NotConnected::Storage)?;
        if let Some(bound) = self.bound {
            database.bound(bound).map_err(|other| {
                NotConnected::Storage(StorageError::lasting(format!(
                    "the folder {} has a `bound:` of {other} bytes in one place and of {bound} in another: write the \
                     same in both, or one of them alone",
                    self.folder.display()
                )))
            })?;
        }
        let open = OpenPort { number: database.port(), database };
        self.stage.send_if_modified(|stage| {
            let is_first = matches!(stage, PortStage::Unconnected);
            if is_first {
                *stage = PortStage::Open(open);
            }
            is_first
        });
        self.open().map_err(|_| NotConnected::Closed)
    }

    /// The database.
    pub(super) fn open(&self) -> Result<OpenPort, NotOpen> {
        match &*self.stage.borrow() {
            PortStage::Unconnected => Err(NotOpen::Unconnected),
            PortStage::Open(open) => Ok(open.clone()),
            PortStage::Closed => Err(NotOpen::Closed),
        }
    }

    /// The database, once it is open; `None` once the port is closed.
    pub(super) async fn opened(&self) -> Option<OpenPort> {
        let mut stage = self.stage.subscribe();
        // The sender is ours: it is there.
        let reached = stage.wait_for(|stage| !matches!(stage, PortStage::Unconnected)).await.ok()?.clone();
        match reached {
            PortStage::Open(open) => Some(open),
            _ => None,
        }
    }

    /// Waits until the port is closed.
    pub(super) async fn closed(&self) {
        let mut stage = self.stage.subscribe();
        let _ = stage.wait_for(|stage| matches!(stage, PortStage::Closed)).await;
    }

    /// Closes the port, and gives back what it had of the database.
    pub(super) fn close(&self) -> Option<OpenPort> {
        match self.stage.send_replace(PortStage::Closed) {
            PortStage::Open(open) => Some(open),
            _ => None,
        }
    }

    /// Waits until the folder is closed, where this port was the last that had it open.
    pub(super) async fn folder_closed(&self) {
        let folder = self.folder.clone();
        let (sender, closed) = oneshot::channel::<()>();
        let thread = std::thread::Builder::new().name("pontoon-close".to_owned()).spawn(move || {
            folder::close(&folder);
            drop(sender);
        });
        if thread.is_ok() {
            // The sender is dropped, and sends nothing.
            let _ = closed.await;
        }
    }

    /// Whether the database can be written to.
    pub(super) fn health(&self) -> Health {
        match self.open() {
            Ok(open) => open.database.health(),
            Err(NotOpen::Unconnected) => {
                Health::Degraded(format!("the folder {} is not open yet", self.folder.display()))
            }
            Err(NotOpen::Closed) => Health::Degraded("closed".to_owned()),
        }
    }
}
