//! The suite of queue bridges.

#![allow(missing_docs, reason = "a case's name says what is expected")]

mod batches;
mod bounds;
mod dead_letters;
mod delivery;
mod harness;
mod leases;
mod outages;
mod times;
mod together;
mod worker;

pub use batches::*;
pub use bounds::*;
pub use dead_letters::*;
pub use delivery::*;
pub use harness::{Harness, POLICY, job, next, numbers, take};
pub use leases::*;
pub use outages::*;
pub use times::*;
pub use together::*;
pub use worker::{
    QueueAddress, WorkerProgram, a_job_that_ends_its_process_takes_no_other_with_it,
    a_worker_that_is_killed_in_mid_batch_loses_nothing, a_worker_that_is_killed_loses_nothing, work,
};

/// Runs the suite: a test for each case, with a harness of its own that `$start`, an async function, makes. Those that
/// `$start_alone` makes are killed and frozen.
#[macro_export]
macro_rules! queue_suite {
    ($start:path, $start_alone:path) => {
        $crate::queue_suite! { $start:
            a_job_arrives_as_it_was_put_in
            what_a_job_says_about_itself_survives_attempts_and_dead_letters
            of_many_workers_one_has_each_job
            a_failing_job_is_tried_again_after_its_pause
            what_is_given_back_is_somebody_elses_next_attempt
            a_postponed_job_has_had_no_attempt
            a_job_over_the_limit_is_refused
            a_worker_that_stops_gives_back_what_it_has_not_begun
            what_is_done_is_removed
            a_job_whose_worker_is_gone_comes_again
            a_lease_is_extended_while_its_worker_lives
            a_job_for_later_comes_no_earlier
            a_second_job_with_the_same_id_is_left_out
            a_full_queue_refuses
            a_full_queue_has_its_senders_wait
            in_a_full_queue_the_oldest_makes_room
            what_has_failed_for_good_is_kept_and_can_be_replayed
            what_was_given_up_can_be_purged
            depth_and_age_are_told
            a_worker_that_is_killed_loses_nothing
            a_job_that_ends_its_process_takes_no_other_with_it
            jobs_in_batches_are_each_done_once
            of_a_batch_only_what_fails_comes_again
            jobs_put_in_side_by_side_have_an_outcome_each
            jobs_settled_side_by_side_are_settled_each
            who_stops_waiting_holds_up_nobody
            a_worker_that_is_killed_in_mid_batch_loses_nothing
            a_closed_queue_is_an_error
            closing_leaves_nobody_waiting
        }
        $crate::queue_suite! { $start_alone:
            what_was_accepted_outlives_a_kill_in_mid_work
            a_backend_that_is_killed_in_mid_batch_loses_nothing
            a_backend_that_is_frozen_comes_back
            a_backend_that_is_absent_is_waited_for
        }
    };
    ($start:path: $($case:ident)*) => {
        $(
            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $case() {
                $crate::queue::$case(&$start().await).await;
            }
        )*
    };
}
