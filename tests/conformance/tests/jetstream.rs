//! The event-bridge suite on JetStream, at least once.

#![allow(missing_docs, reason = "the tests of a macro")]

use pontoon_conformance::event_bridge::Column;

pontoon_conformance::event_bridge_suite! {
    Column::JetStream;
    e01_body_and_metadata_arrive_byte_for_byte,
    e02_instances_of_a_subscription_share_its_messages,
    e03_every_subscription_gets_its_own_copy,
    e04_order_from_one_publisher_to_one_consumer,
    e05_order_by_key_with_several_consumers,
    e06_what_is_not_acknowledged_is_delivered_again,
    e07_a_failing_handler_is_tried_again,
    e08_poison_goes_to_the_dead_letters_and_can_be_replayed,
    e09_a_malformed_envelope_does_not_stop_the_consumer,
    e10_a_payload_over_the_limit_is_not_sent,
    e11_success_only_after_it_is_safe,
    e12_broker_killed_and_restarted_in_mid_flow,
    e13_connection_cut,
    e13_half_open_connection,
    e14_a_slow_consumer_leaves_memory_flat,
    e15_published_twice_has_one_effect,
    e16_killed_between_handler_and_acknowledgement,
    e17_told_to_stop_with_work_in_flight,
    e18_gone_with_the_second_signal_or_the_grace,
    e19_closed_twice_and_while_publishing,
    e20_broker_absent_at_start,
    e23_a_deadline_that_is_over_runs_no_handler,
    e24_permission_denied,
    e25_no_room_is_an_error_and_loses_nothing,
    e26_a_handler_that_panics_has_failed,
    e27_metadata_survive_retry_and_dead_letter,
    e28_an_object_with_other_settings_is_a_clear_error,
    e30_a_payload_that_panics_when_it_is_read,
    e31_one_message_that_ends_its_process,
    e32_a_slow_handler_and_the_time_that_a_broker_waits,
    e33_a_handler_that_computes_without_yielding,
    e35_another_instance_relays_what_a_dead_one_left,
    e36_what_the_broker_refuses_for_good,
    e37_messages_of_other_programs,
    e38_awkward_values,
    e39_keys_have_a_scope,
    e40_what_is_left_of_a_subscription_is_reported_and_can_be_removed,
    e42_a_guest_with_the_rights_of_a_client_can_do_no_more_than_that,
}
