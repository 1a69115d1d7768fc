//! The event-bridge suite on RabbitMQ, at least once.

#![allow(missing_docs, reason = "the tests of a macro")]

use pontoon_conformance::event_bridge::Column;

pontoon_conformance::event_bridge_suite! {
    Column::Amqp;
}
