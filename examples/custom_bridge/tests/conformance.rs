//! The event-bridge suite on the spool, at least once.

#![allow(missing_docs, reason = "the tests of a macro")]
#![allow(clippy::expect_used, reason = "tests, in functions of their own too")]

use std::path::Path;

use custom_bridge::spool::{self, Spool};
use pontoon::adapter::Template;
use pontoon_conformance::event_bridge::{Custom, Foreign};

const SETTINGS: Spool = Spool::new().folder(Template::variable("SPOOL"));

static SPOOL: Custom = Custom {
    name: "spool",
    settings: &SETTINGS,
    variables: |folder| vec![("SPOOL".to_owned(), spool(folder).to_str().expect("UTF-8").to_owned())],
    publish: |folder, Foreign { subject, attributes, body }| {
        let attribute =
            |(name, text): &(_, _)| (if *name == "content type" { "datacontenttype" } else { *name }, *text);
        let attributes: Vec<(&str, &str)> = attributes.iter().map(attribute).collect();
        spool::publish(&spool(folder), subject, &attributes, body).expect("a file");
    },
};

fn spool(folder: &Path) -> std::path::PathBuf {
    folder.join("spool")
}

pontoon_conformance::event_bridge_suite! {
    custom SPOOL;
    without "a file is there or it is not: nobody in between could be silent about it" {
        e11_success_only_after_it_is_safe
        e16_killed_between_handler_and_acknowledgement
    }
    without "there is no broker that could be killed" { e12_broker_killed_and_restarted_in_mid_flow }
    without "there is no connection" {
        e13_connection_cut
        e13_half_open_connection
    }
    without "there is no broker that could be absent" { e20_broker_absent_at_start }
    without "who may write into the folder is for the system to say" {
        e24_permission_denied
        e42_a_guest_with_the_rights_of_a_client_can_do_no_more_than_that
    }
    without "how large the folder may be is for the system to say" { e25_no_room_is_an_error_and_loses_nothing }
    without "a folder has no settings" { e28_an_object_with_other_settings_is_a_clear_error }
    without "requests of strangers are written by the suite for its own brokers alone" {
        e29_a_reply_goes_to_no_address_but_a_callers
    }
    without "a message is held for as long as its process lives" { e32_a_slow_handler_and_the_time_that_a_broker_waits }
    without "there is no connection to keep alive" { e33_a_handler_that_computes_without_yielding }
    without "a machine has one clock" { e34_clocks_that_differ_change_no_deadline }
    without "the suite keeps state for its own columns alone" { e35_another_instance_relays_what_a_dead_one_left }
    without "there is no broker that refuses" { e36_what_the_broker_refuses_for_good }
    without "the folder is looked through by hand" {
        e40_what_is_left_of_a_subscription_is_reported_and_can_be_removed
    }
}
