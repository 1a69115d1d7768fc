//! The event-bridge suite on MQTT, at least once.

#![allow(missing_docs, reason = "the tests of a macro")]

use pontoon_conformance::event_bridge::Column;

pontoon_conformance::event_bridge_suite! {
    Column::Mqtt;
    without "topics have no settings" { e28_an_object_with_other_settings_is_a_clear_error }
    without "a broker waits for an acknowledgement without end" { e32_a_slow_handler_and_the_time_that_a_broker_waits }
}
