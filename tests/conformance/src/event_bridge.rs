//! The suite of the event bridge. A case is a function that is given a [`Rig`]; what is expected of an adapter stands in the
//! table of [`Column`].

mod again;
mod clocks;
mod column;
mod delivery;
mod flow;
mod foreign;
mod handling;
mod house;
mod keys;
mod limits;
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

pub use again::*;
pub use clocks::*;
pub use column::{Cell, Column};
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
pub use rig::{Actor, Rig};
pub use rights::*;
pub use safety::*;
pub use stopping::*;

/// A test for each case of a column. Fails where the table has a case that is not named.
#[macro_export]
macro_rules! event_bridge_suite {
    ($column:expr; $($case:ident),* $(,)?) => {
        $(
            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $case() {
                let program = env!("CARGO_BIN_EXE_unit");
                let rig = $crate::event_bridge::Rig::new($column, stringify!($case), program).await;
                $crate::event_bridge::within_reason($crate::event_bridge::$case(rig)).await;
            }
        )*

        #[test]
        fn every_case_of_the_table_is_tested() {
            let tested: std::collections::BTreeSet<&str> = [$(&stringify!($case)[..3]),*].into();
            let expected: std::collections::BTreeSet<&str> = $column.cases().collect();
            assert_eq!(tested, expected);
        }
    };
}

/// Runs a case; one that hangs has failed.
///
/// # Panics
/// It takes more than five minutes.
pub async fn within_reason(case: impl Future<Output = ()>) {
    let patience = std::time::Duration::from_secs(300);
    assert!(tokio::time::timeout(patience, case).await.is_ok(), "not over after {patience:?}");
}
