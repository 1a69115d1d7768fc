//! The event-bridge suite on the local disk, at least once.

#![allow(missing_docs, reason = "the tests of a macro")]

use pontoon_conformance::event_bridge::Column;

pontoon_conformance::event_bridge_suite! {
    Column::Embedded;
    without "there is no connection" {
        e13_connection_cut
        e13_half_open_connection
    }
    without "there is no broker" { e20_broker_absent_at_start }
    without "there are no rights" { e24_permission_denied }
    without "there are no objects at a broker" { e28_an_object_with_other_settings_is_a_clear_error }
    without "a reply has no address" { e29_a_reply_goes_to_no_address_but_a_callers }
    without "a request in the process is a call, and is never read" { e30_a_request_whose_types_panic }
    without "there is no broker that waits" { e32_a_slow_handler_and_the_time_that_a_broker_waits }
    without "there is no connection to keep alive" { e33_a_handler_that_computes_without_yielding }
    without "a process has one clock" { e34_clocks_that_differ_change_no_deadline }
    without "there is no other instance" { e35_another_instance_relays_what_a_dead_one_left }
    without "there is no broker that refuses" { e36_what_the_broker_refuses_for_good }
    without "no other program can send" { e37_messages_of_other_programs }
    without "units of one process share the bridge; the tests of the adapter look at it" {
        e40_what_is_left_of_a_subscription_is_reported_and_can_be_removed
    }
    without "there are no guests" { e42_a_guest_with_the_rights_of_a_client_can_do_no_more_than_that }
}
