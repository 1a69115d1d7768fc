//! The files: written whole or not at all, taken by moving them, given back when who took them is gone.
//!
//! ```text
//! instances/<instance>                                      locked by who runs
//! events/<subject>/<subscription>/{new,taken/<instance>,dead}/<name>
//! commands/<subject>/{new,taken/<instance>,serving}/<name>
//! replies/<instance>/<key>
//! ```
//! The name of a message is its place in the order of its publisher, and how often it was taken before: `…-0f8f~0`.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

/// The folder that all processes share, as one of them uses it.
pub(super) struct Folder {
    root: PathBuf,
    instance: String,
    /// The last place that was given away.
    last: AtomicU64,
    /// Held as long as the process takes messages.
    lock: Mutex<Option<File>>,
}

/// Where messages wait for a subscription or a command.
#[derive(Clone, Debug)]
pub(super) struct Queue(PathBuf);

/// A message that was taken, by the file that it is in.
#[derive(Clone, Debug)]
pub(super) struct Taken(pub(super) PathBuf);

impl Folder {
    pub(super) fn new(root: PathBuf, instance: String) -> Self {
        Self { root, instance, last: AtomicU64::new(0), lock: Mutex::new(None) }
    }

    pub(super) fn instance(&self) -> &str {
        &self.instance
    }

    /// Shows that this process is there, until [`leave`](Self::leave) or its end.
    pub(super) fn enter(&self) -> io::Result<()> {
        fs::create_dir_all(self.root.join("instances"))?;
        fs::create_dir_all(self.root.join("written"))?;
        fs::create_dir_all(self.replies(&self.instance))?;
        let lock = File::create(self.root.join("instances").join(&self.instance))?;
        lock.lock()?;
        *self.lock.lock().map_err(|_| io::Error::other("poisoned"))? = Some(lock);
        Ok(())
    }

    /// What this process has taken and not done is anybody's from now on.
    pub(super) fn leave(&self) {
        let _ = fs::remove_dir_all(self.replies(&self.instance));
        let _ = fs::remove_file(self.root.join("instances").join(&self.instance));
        if let Ok(mut lock) = self.lock.lock() {
            *lock = None;
        }
    }

    fn is_alive(&self, instance: &str) -> bool {
        let file = File::open(self.root.join("instances").join(instance));
        file.is_ok_and(|file| file.try_lock().is_err())
    }

    pub(super) fn subscription(&self, subject: &str, subscription: &str) -> Queue {
        Queue(self.root.join("events").join(subject).join(subscription))
    }

    pub(super) fn command(&self, subject: &str) -> Queue {
        Queue(self.root.join("commands").join(subject))
    }

    fn replies(&self, instance: &str) -> PathBuf {
        self.root.join("replies").join(instance)
    }

    /// Makes what a queue needs.
    pub(super) fn make(&self, queue: &Queue) -> io::Result<()> {
        let own = queue.0.join("taken").join(&self.instance);
        [queue.waiting(), queue.dead(), own].iter().try_for_each(fs::create_dir_all)
    }

    /// A place in the order of what this process sends.
    fn place(&self) -> String {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let now = u64::try_from(now.as_nanos()).unwrap_or(u64::MAX);
        let next = |last: u64| now.max(last.saturating_add(1));
        let last = self.last.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |last| Some(next(last)));
        let place = next(last.unwrap_or_default());
        format!("{place:020}-{}~0", self.instance)
    }

    /// A file that is whole before anybody sees it.
    fn written(&self, name: &str, content: &[u8]) -> io::Result<PathBuf> {
        let file = self.root.join("written").join(name);
        fs::create_dir_all(self.root.join("written"))?;
        fs::write(&file, content)?;
        Ok(file)
    }

    /// Puts an event into each of its subscriptions.
    pub(super) fn publish(&self, subject: &str, content: &[u8]) -> io::Result<()> {
        let name = self.place();
        let written = self.written(&name, content)?;
        let mut put = Ok(());
        for subscription in names(&self.root.join("events").join(subject)) {
            let queue = self.subscription(subject, &subscription);
            // One that is only being made is not there yet.
            let linked = fs::hard_link(&written, queue.waiting().join(&name));
            put = put
                .and(linked.or_else(|error| if error.kind() == io::ErrorKind::NotFound { Ok(()) } else { Err(error) }));
        }
        fs::remove_file(written)?;
        put
    }

    /// Puts a message into one queue.
    pub(super) fn put(&self, into: &Path, content: &[u8]) -> io::Result<()> {
        let name = self.place();
        fs::rename(self.written(&name, content)?, into.join(&name))
    }

    /// Takes a message; nothing where somebody else was quicker.
    pub(super) fn take(&self, queue: &Queue, name: &str) -> Option<Taken> {
        let taken = queue.0.join("taken").join(&self.instance).join(name);
        fs::rename(queue.waiting().join(name), &taken).ok()?;
        Some(Taken(taken))
    }

    /// Gives back what those have taken who are gone.
    pub(super) fn sweep(&self, queue: &Queue) {
        for instance in names(&queue.0.join("taken")) {
            if instance == self.instance || self.is_alive(&instance) {
                continue;
            }
            let taken = queue.0.join("taken").join(&instance);
            for name in names(&taken) {
                // Another process may be at it as well.
                let _ = queue.back(&taken.join(name));
            }
            let _ = fs::remove_dir(taken);
        }
    }

    /// Says that this process serves a command, or that it does no more.
    pub(super) fn serve(&self, queue: &Queue, serves: bool) -> io::Result<()> {
        let serving = queue.0.join("serving");
        fs::create_dir_all(&serving)?;
        match serves {
            true => File::create(serving.join(&self.instance)).map(drop),
            false => fs::remove_file(serving.join(&self.instance)),
        }
    }

    pub(super) fn is_served(&self, queue: &Queue) -> bool {
        names(&queue.0.join("serving")).iter().any(|instance| self.is_alive(instance))
    }

    /// Sends a reply to a caller, if that is still there.
    pub(super) fn reply(&self, caller: &str, key: &str, content: &[u8]) -> io::Result<()> {
        let name = format!("{}-{key}", self.place());
        let written = self.written(&name, content)?;
        let sent = fs::rename(&written, self.replies(caller).join(key));
        if sent.is_err() {
            let _ = fs::remove_file(written);
        }
        sent
    }

    /// The replies that have come, each with the key of its request.
    pub(super) fn replied(&self) -> Vec<(String, Vec<u8>)> {
        let replies = self.replies(&self.instance);
        let read = |key: String| {
            let content = fs::read(replies.join(&key)).ok()?;
            fs::remove_file(replies.join(&key)).ok()?;
            Some((key, content))
        };
        names(&replies).into_iter().filter_map(read).collect()
    }
}

impl Queue {
    pub(super) fn waiting(&self) -> PathBuf {
        self.0.join("new")
    }

    pub(super) fn dead(&self) -> PathBuf {
        self.0.join("dead")
    }

    /// The first messages that wait, in order.
    pub(super) fn first(&self, most: usize) -> Vec<String> {
        let mut names = names(&self.waiting());
        names.sort_unstable();
        names.truncate(most);
        names
    }

    /// Puts a message back that was taken, counted as taken once more. A dead letter stays where it is.
    pub(super) fn back(&self, taken: &Path) -> io::Result<()> {
        if taken.parent() == Some(&self.dead()) {
            return Ok(());
        }
        let name = taken.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let (place, count) = (name.split('~').next().unwrap_or_default(), times_taken(&name).saturating_add(1));
        fs::rename(taken, self.waiting().join(format!("{place}~{count}")))
    }
}

/// How often a message was taken before.
pub(super) fn times_taken(name: &str) -> u32 {
    name.rsplit_once('~').and_then(|(_, count)| count.parse().ok()).unwrap_or(0)
}

/// The names in a folder; none where it is not there.
pub(super) fn names(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    entries.filter_map(|entry| entry.file_name().into_string().ok()).collect()
}
