//! The folders that are open in this process: one database each, which no other process works on.

use std::collections::HashMap;
use std::fs::{File, TryLockError};
use std::path::{Path, PathBuf};
use std::sync::{Arc, LazyLock, Weak};
use std::thread::JoinHandle;

use crate::embedded::database::{Database, OpenedDatabase};
use crate::embedded::error::StorageError;
use crate::sync::Mutex;

/// The file that the process which works on a folder has locked.
const LOCK: &str = "lock";

/// The folders that are or were open, by their canonical paths.
static OPEN: LazyLock<Mutex<HashMap<PathBuf, OpenFolder>>> = LazyLock::new(Mutex::default);

/// A folder that is open, or was.
struct OpenFolder {
    database: Weak<Database>,
    /// Ends once the database is closed and the lock is free.
    commits: JoinHandle<()>,
}

/// The database of a folder, which is made where it is not there. Ports that name one folder share it. Blocks.
///
/// # Errors
/// Another process works on it; or it cannot be made, read or written.
pub(super) fn open(folder: &Path) -> Result<Arc<Database>, StorageError> {
    let failed = |error: std::io::Error| StorageError::lasting(format!("the folder {}: {error}", folder.display()));
    std::fs::create_dir_all(folder).map_err(failed)?;
    let folder = folder.canonicalize().map_err(failed)?;
    let mut open = OPEN.lock();
    if let Some(database) = open.get(&folder).and_then(|is| is.database.upgrade()) {
        return Ok(database);
    }
    if let Some(closing) = open.remove(&folder) {
        // A thread that has panicked has closed it, too.
        let _ = closing.commits.join();
    }
    let lock = lock(&folder)?;
    let OpenedDatabase { database, commits } = Database::open(&folder, lock)?;
    // The names of new files are on the disk, too.
    sync(&folder)?;
    open.insert(folder, OpenFolder { database: Arc::downgrade(&database), commits });
    Ok(database)
}

/// Waits until the database of a folder is closed and the lock is free, unless somebody still has it open. Blocks.
pub(super) fn close(folder: &Path) {
    // One that is gone is closed.
    let Ok(folder) = folder.canonicalize() else { return };
    let mut open = OPEN.lock();
    if open.get(&folder).is_some_and(|is| is.database.strong_count() == 0)
        && let Some(closing) = open.remove(&folder)
    {
        // A thread that has panicked has closed it, too.
        let _ = closing.commits.join();
    }
}

/// Locks a folder for this process.
fn lock(folder: &Path) -> Result<File, StorageError> {
    let path = folder.join(LOCK);
    let failed = |error: std::io::Error| StorageError::lasting(format!("{}: {error}", path.display()));
    let file = File::options().create(true).truncate(false).write(true).open(&path).map_err(failed)?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(StorageError::lasting(format!(
            "another process works on the folder {}: stop it first, or give this one a folder of its own (`embedded: {{ \
             folder: … }}`)",
            folder.display()
        ))),
        Err(TryLockError::Error(error)) => Err(failed(error)),
    }
}

/// Syncs the entries of a folder, where the system can.
#[cfg(unix)]
fn sync(folder: &Path) -> Result<(), StorageError> {
    let synced = File::open(folder).and_then(|folder| folder.sync_all());
    synced.map_err(|error| StorageError::passing(format!("the folder {}: {error}", folder.display())))
}

/// Syncs the entries of a folder, where the system can.
#[cfg(not(unix))]
fn sync(_: &Path) -> Result<(), StorageError> {
    Ok(())
}
