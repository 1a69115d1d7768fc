//! Commands, events, jobs and state on the local disk: what was accepted outlives the process, and no broker is needed.
//!
//! A folder holds one database (SQLite, in its mode with a write-ahead log), which all ports of a process share that
//! name the folder; another process is refused. One thread commits: it takes all changes that wait, writes them in one
//! transaction, syncs once, and answers everybody. What hands messages out and settles them is only written, not
//! synced: it outlives the process, and where a power cut takes it back, a message comes once more.
//!
//! Of each backlog the head alone is in memory. Leases are, too: a process that ends has none, and how often it has
//! handed a message out stands on the disk.

mod accepted;
mod backlog;
mod bound;
mod clock;
mod commits;
mod consumer;
mod database;
mod dead_letters;
mod enter;
mod error;
mod events;
mod folder;
mod format;
mod hand_out;
mod memory;
mod message;
mod messages;
mod orphans;
mod port;
mod push;
mod queues;
mod reads;
mod settings;
mod settle;
mod state;
mod work;

pub use events::EmbeddedEvents;
pub use queues::EmbeddedQueues;
pub use settings::Embedded;
pub use state::EmbeddedState;
