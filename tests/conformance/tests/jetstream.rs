//! The event-bridge suite on JetStream, at least once.

#![allow(missing_docs, reason = "the tests of a macro")]

use pontoon_conformance::event_bridge::Column;

pontoon_conformance::event_bridge_suite! {
    Column::JetStream;
    without "requests go over core NATS, which has a column of its own" {
        e21_a_request_without_an_answer_in_time
        e21_a_request_is_tried_again_where_its_command_allows_it
        e22_nobody_serves_the_command
        e29_a_reply_goes_to_no_address_but_a_callers
        e30_a_request_whose_types_panic
        e34_clocks_that_differ_change_no_deadline
    }
}
