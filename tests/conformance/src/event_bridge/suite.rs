//! The list of cases, and the tests that a column makes of it.

use std::collections::BTreeSet;
use std::time::Duration;

use super::Column;

/// The list of cases: `$each!` of every case, or with `names` a slice of their names.
#[doc(hidden)]
#[macro_export]
macro_rules! event_bridge_cases {
    ($each:ident) => {
        $crate::event_bridge_cases! {
            $each:
            e01_body_and_metadata_arrive_byte_for_byte
            e02_instances_of_a_subscription_share_its_messages
            e03_every_subscription_gets_its_own_copy
            e04_order_from_one_publisher_to_one_consumer
            e05_order_by_key_with_several_consumers
            e06_what_is_not_acknowledged_is_delivered_again
            e07_a_failing_handler_is_tried_again
            e08_poison_goes_to_the_dead_letters_and_can_be_replayed
            e09_a_malformed_envelope_does_not_stop_the_consumer
            e10_a_payload_over_the_limit_is_not_sent
            e11_success_only_after_it_is_safe
            e12_broker_killed_and_restarted_in_mid_flow
            e13_connection_cut
            e13_half_open_connection
            e14_a_slow_consumer_leaves_memory_flat
            e15_published_twice_has_one_effect
            e16_killed_between_handler_and_acknowledgement
            e17_told_to_stop_with_work_in_flight
            e18_gone_with_the_second_signal_or_the_grace
            e19_closed_twice_and_while_publishing
            e20_broker_absent_at_start
            e21_a_request_without_an_answer_in_time
            e21_a_request_is_tried_again_where_its_command_allows_it
            e22_nobody_serves_the_command
            e23_a_deadline_that_is_over_runs_no_handler
            e24_permission_denied
            e25_no_room_is_an_error_and_loses_nothing
            e26_a_handler_that_panics_has_failed
            e27_metadata_survive_retry_and_dead_letter
            e28_an_object_with_other_settings_is_a_clear_error
            e29_a_reply_goes_to_no_address_but_a_callers
            e30_a_payload_that_panics_when_it_is_read
            e30_a_request_whose_types_panic
            e31_one_message_that_ends_its_process
            e32_a_slow_handler_and_the_time_that_a_broker_waits
            e33_a_handler_that_computes_without_yielding
            e34_clocks_that_differ_change_no_deadline
            e35_another_instance_relays_what_a_dead_one_left
            e36_what_the_broker_refuses_for_good
            e37_messages_of_other_programs
            e38_awkward_values
            e39_keys_have_a_scope
            e40_what_is_left_of_a_subscription_is_reported_and_can_be_removed
            e42_a_guest_with_the_rights_of_a_client_can_do_no_more_than_that
            e43_events_in_batches_are_settled_one_by_one
        }
    };
    (names: $($case:ident)*) => {
        &[$(stringify!($case)),*]
    };
    ($each:ident: $($case:ident)*) => {
        $($each! { $case })*
    };
}

/// The names of all cases.
const CASES: &[&str] = crate::event_bridge_cases!(names);

/// A test for each case but those that a column leaves out, and why it does; and one that the table agrees with that.
///
/// `custom` comes before a [`Custom`](crate::event_bridge::Custom): an adapter from elsewhere. It may leave out what it
/// does not say that it can do, and what is about a broker; of all other cases, the last test names those that are
/// missing.
#[macro_export]
macro_rules! event_bridge_suite {
    (custom $custom:expr; $($without:tt)*) => {
        /// A unit that a case has started in a process of its own.
        #[test]
        #[ignore = "cases start it"]
        fn unit() {
            if let Err(error) = $crate::unit::run_custom(&$custom) {
                eprintln!("Error: {error:?}");
                std::process::exit(1);
            }
        }

        $crate::event_bridge_suite! {
            ($crate::event_bridge::Column::Custom(&$custom), $crate::event_bridge::this_program());
            $($without)*
        }
    };
    ($column:path; $($without:tt)*) => {
        $crate::event_bridge_suite! { ($column, env!("CARGO_BIN_EXE_unit")); $($without)* }
    };
    (($column:expr, $program:expr); $(without $why:literal { $($left_out:ident)* })*) => {
        macro_rules! case {
            $($(($left_out) => {};)*)*
            ($case:ident) => {
                #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                async fn $case() {
                    let rig = $crate::event_bridge::Rig::new($column, stringify!($case), $program).await;
                    $crate::event_bridge::within_reason($crate::event_bridge::$case(rig)).await;
                }
            };
        }

        $crate::event_bridge_cases!(case);

        #[test]
        fn every_case_of_the_table_is_tested() {
            $crate::event_bridge::assert_is_complete($column, &[$($(stringify!($left_out)),*),*]);
        }
    };
}

/// The program of the tests itself.
///
/// # Panics
/// The system does not know where it is.
#[must_use]
pub fn this_program() -> &'static str {
    let program = std::env::current_exe().expect("a program that runs");
    Box::leak(program.into_os_string().into_string().expect("a path in UTF-8").into_boxed_str())
}

/// Compares the cases that a column tests with those of which the table says something.
///
/// # Panics
/// A row of the table has no test, or a test has no row; or what is left out is no case.
pub fn assert_is_complete(column: Column, left_out: &[&str]) {
    let unknown: Vec<_> = left_out.iter().filter(|case| !CASES.contains(case)).collect();
    assert!(unknown.is_empty(), "left out, and no case: {unknown:?}");
    let tested: BTreeSet<&str> = CASES.iter().filter(|case| !left_out.contains(case)).map(|case| &case[..3]).collect();
    let expected: BTreeSet<&str> = column.cases().into_iter().collect();
    match column {
        // Whoever passes more has no need to say that he can.
        Column::Custom(custom) => {
            let missing: Vec<_> = expected.difference(&tested).collect();
            assert!(missing.is_empty(), "{custom:?} says that it can do this, and leaves it out: {missing:?}");
        }
        _ => assert_eq!(tested, expected),
    }
}

/// Runs a case; one that hangs has failed.
///
/// # Panics
/// It takes more than five minutes.
pub async fn within_reason(case: impl Future<Output = ()>) {
    let patience = Duration::from_secs(300);
    assert!(tokio::time::timeout(patience, case).await.is_ok(), "not over after {patience:?}");
}
