//! The event-bridge suite on NATS core, at most once.

#![allow(missing_docs, reason = "the tests of a macro")]

use pontoon_conformance::event_bridge::Column;

pontoon_conformance::event_bridge_suite! {
    Column::NatsCore;
    without "nothing is delivered again, and nobody looks whether it was" { e15_published_twice_has_one_effect }
    without "nothing is kept, so there is always room" { e25_no_room_is_an_error_and_loses_nothing }
    without "there are no objects at the broker" { e28_an_object_with_other_settings_is_a_clear_error }
    without "what ends its process is not delivered again" { e31_one_message_that_ends_its_process }
    without "nothing is acknowledged" { e32_a_slow_handler_and_the_time_that_a_broker_waits }
    without "what an outbox publishes is kept by JetStream, which has a column of its own" {
        e35_another_instance_relays_what_a_dead_one_left
    }
    without "nothing is kept for a subscription" { e40_what_is_left_of_a_subscription_is_reported_and_can_be_removed }
}
