//! The suite of state stores.

#![allow(missing_docs, reason = "a case's name says what is expected")]

mod harness;
mod inbox;
mod limits;
mod listing;
mod outage;
mod outbox;
mod schedules;
mod time;
mod together;
mod values;
mod versions;

pub use harness::Harness;
pub use inbox::*;
pub use limits::*;
pub use listing::*;
pub use outage::*;
pub use outbox::*;
pub use schedules::*;
pub use time::*;
pub use together::*;
pub use values::*;
pub use versions::*;

/// Runs the suite: a test for each case, with a harness of its own that `$start`, an async function, makes.
#[macro_export]
macro_rules! state_suite {
    ($start:path) => {
        $crate::state_suite! { $start:
            what_is_set_can_be_got
            what_is_deleted_is_gone
            what_was_never_set_is_missing
            collections_do_not_mix
            another_process_sees_what_is_written
            a_value_goes_away_after_its_time
            a_set_without_a_time_removes_an_earlier_one
            a_later_set_has_its_own_time
            a_time_of_nothing_and_a_time_beyond_the_clock
            what_has_gone_away_is_absent
            of_32_that_race_exactly_one_is_first
            a_version_that_has_changed_is_neither_replaced_nor_deleted
            no_two_versions_are_the_same
            a_conflict_names_its_key
            keys_are_listed_by_prefix_and_page
            keys_may_have_any_characters
            thousands_of_keys_are_listed_once_each
            what_has_gone_away_is_not_listed
            large_values_are_listed
            several_changes_are_made_together_or_not_at_all
            of_several_changes_of_one_key_the_last_counts
            changes_that_race_add_up
            updates_that_race_add_up
            updates_that_race_add_up_with_an_outbox
            a_value_over_the_limit_is_refused
            what_the_store_cannot_do_is_refused
            a_store_that_was_killed_comes_back
            what_was_answered_for_outlives_a_kill_in_mid_flow
            a_store_that_is_frozen_comes_back
            a_store_that_is_absent_is_waited_for
            a_closed_store_is_an_error
            closing_lets_nobody_hang
            a_reply_is_given_again_in_another_process
            a_second_process_waits_for_the_first_ones_reply
            a_claim_that_was_left_behind_is_taken_over
            a_window_ends
            each_tenant_has_replies_of_its_own
            a_claim_outlives_a_frozen_store
            what_a_dead_instance_left_is_published_in_order
            commits_of_two_instances_are_published_in_order
            what_is_published_while_the_store_freezes_is_not_lost
            one_of_two_processes_runs_what_is_single
            what_is_single_does_not_overlap_where_the_store_freezes
        }
    };
    ($start:path: $($case:ident)*) => {
        $(
            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $case() {
                $crate::state::$case(&$start().await).await;
            }
        )*
    };
}
