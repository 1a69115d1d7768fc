//! The suite of the event bridge. A case is a function that is given a [`Rig`]; what is expected of an adapter stands
//! in the table of [`Column`].

mod again;
mod batches;
mod clocks;
mod column;
mod custom;
mod delivery;
mod flow;
mod foreign;
mod handling;
mod house;
mod keys;
mod limits;
mod local_disk;
mod metadata;
mod mismatch;
mod odd;
mod once;
mod order;
mod orphans;
mod outages;
mod outbox;
mod panics;
mod process;
mod raw;
mod refused;
mod replies;
mod requests;
mod rig;
mod rights;
mod safety;
mod stopping;
mod suite;

pub use again::*;
pub use batches::*;
pub use clocks::*;
pub use column::{Cell, Column};
pub use custom::{Custom, Foreign};
pub use delivery::*;
pub(crate) use flow::{Flow, Manner};
pub use foreign::*;
pub use handling::*;
pub use keys::*;
pub use limits::*;
pub use metadata::*;
pub use mismatch::*;
pub use odd::*;
pub use once::*;
pub use order::*;
pub use orphans::*;
pub(crate) use outages::crash;
pub use outages::{
    e12_broker_killed_and_restarted_in_mid_flow, e13_connection_cut, e13_half_open_connection,
    e20_broker_absent_at_start,
};
pub use outbox::*;
pub use panics::*;
pub use process::Process;
pub use replies::*;
pub use requests::*;
pub(crate) use rig::in_memory;
pub use rig::{Actor, Rig};
pub use rights::*;
pub use safety::*;
pub use stopping::*;
pub use suite::{assert_is_complete, this_program, within_reason};
