//! The fourth stage: the rules that a topology has to keep. Every rule runs, and all that they find is reported
//! together.

mod absent_end;
mod allowed;
mod flow;
mod input;
mod placement;
mod wording;

mod absent_callee;
mod absent_listener;
mod absent_worker;
mod batch_conflict;
mod bridge_capability;
mod broker_time_limit;
mod chatty_split;
mod cold_start;
mod divided_lease;
mod divided_state;
mod edge_offline;
mod event_loop;
mod expired_allowance;
mod fan_out;
mod grace_too_short;
mod http_conflict;
mod inbox_too_short;
mod ineffective_key;
mod inherited_ephemeral;
mod invalid_address;
mod invoke_cycle;
mod job_loop;
mod keyless_input;
mod lease_too_short;
mod literal_secret;
mod lossy_type;
mod lost_update;
mod missing_adapter_feature;
mod missing_dead_letter;
mod missing_outbox;
mod missing_timeout;
mod never_due;
mod open_listener;
mod ordered_competing;
mod outbox_at_most_once;
mod payload_mismatch;
mod placed_twice;
mod plaintext_transport;
mod repeated_at_most_once;
mod repeated_schedule;
mod retry_amplification;
mod retry_not_idempotent;
mod secret_in_environment;
mod serverless_closure;
mod serverless_state;
mod shared_handler;
mod shared_state;
mod store_capability;
mod time_budget;
mod timeout_inversion;
mod unbounded_queue;
mod unbridged_edge;
mod undurable_flow;
mod undurable_state;
mod unemitted_event;
mod unfilled_queue;
mod unheard_event;
mod unknown_path;
mod unknown_zone;
mod unplaced_service;
mod unreachable_command;
mod unreachable_hops;
mod unused_allowance;
mod unused_definition;
mod unworked_queue;

pub use input::{Built, Input};

use allowed::Allowed;

use crate::diagnostic::{Findings, Level};

/// A rule: its name is its code, and the name of its file and of its page.
pub struct Rule {
    /// Such as `invoke_cycle`.
    pub name: &'static str,
    /// How bad what it finds is.
    pub level: Level,
    /// What it finds, why that is bad, an example, and how to mend it.
    pub page: &'static str,
    /// Adds what it finds. `None`: an earlier stage, or the front door, comes upon it in passing.
    pub check: Option<fn(&Input<'_>, &mut Findings)>,
}

macro_rules! rule {
    ($level:ident $name:ident) => {
        rule!($level $name, Some($name::check))
    };
    ($level:ident $name:ident elsewhere) => {
        rule!($level $name, None)
    };
    ($level:ident $name:ident, $check:expr) => {
        Rule {
            name: stringify!($name),
            level: Level::$level,
            page: include_str!(concat!("check/", stringify!($name), ".md")),
            check: $check,
        }
    };
}

/// All rules, in the order in which they run.
pub static RULES: &[Rule] = &[
    // What can be read at all
    rule!(Error input_limit elsewhere),
    rule!(Error invalid_syntax elsewhere),
    rule!(Error invalid_value elsewhere),
    rule!(Error missing_key elsewhere),
    rule!(Error unknown_key elsewhere),
    // Names and references
    rule!(Error unknown_reference elsewhere),
    rule!(Error duplicate_name elsewhere),
    rule!(Error colliding_name elsewhere),
    rule!(Error invalid_name elsewhere),
    rule!(Error invalid_path elsewhere),
    rule!(Error ambiguous_version elsewhere),
    rule!(Error unquoted_flow elsewhere),
    rule!(Warning unused_definition),
    rule!(Error unworked_queue),
    rule!(Error unknown_path),
    rule!(Error payload_mismatch),
    rule!(Error lossy_type),
    rule!(Error keyless_input),
    rule!(Error unknown_zone),
    rule!(Error never_due),
    rule!(Error shared_handler),
    // The graph of calls and events
    rule!(Error invoke_cycle),
    rule!(Warning event_loop),
    rule!(Error job_loop),
    rule!(Error unreachable_hops),
    rule!(Warning unheard_event),
    rule!(Warning unemitted_event),
    rule!(Warning unfilled_queue),
    rule!(Warning unreachable_command),
    rule!(Error http_conflict),
    rule!(Warning fan_out),
    // Time and retries
    rule!(Warning missing_timeout),
    rule!(Error timeout_inversion),
    rule!(Warning time_budget),
    rule!(Warning retry_amplification),
    rule!(Error retry_not_idempotent),
    rule!(Error repeated_at_most_once),
    rule!(Error lease_too_short),
    rule!(Error inbox_too_short),
    rule!(Error batch_conflict),
    rule!(Error grace_too_short),
    // What the bridges can do
    rule!(Error invalid_address),
    rule!(Error bridge_capability),
    rule!(Error broker_time_limit),
    rule!(Error unbridged_edge),
    rule!(Error undurable_flow),
    rule!(Error undurable_state),
    rule!(Warning missing_dead_letter),
    rule!(Warning unbounded_queue),
    rule!(Error ordered_competing),
    rule!(Warning lost_update),
    rule!(Warning missing_outbox),
    rule!(Warning outbox_at_most_once),
    rule!(Error store_capability),
    rule!(Error missing_adapter_feature),
    // Deployments
    rule!(Error unplaced_service),
    rule!(Error placed_twice),
    rule!(Error absent_callee),
    rule!(Error absent_worker),
    rule!(Warning absent_listener),
    rule!(Error serverless_closure),
    rule!(Error serverless_state),
    rule!(Warning edge_offline),
    rule!(Warning chatty_split),
    rule!(Warning shared_state),
    rule!(Error divided_state),
    rule!(Error divided_lease),
    rule!(Warning repeated_schedule),
    rule!(Warning ineffective_key),
    rule!(Warning inherited_ephemeral),
    rule!(Warning cold_start),
    rule!(Error not_yet_emitted elsewhere),
    // Safety
    rule!(Error literal_secret),
    rule!(Error plaintext_transport),
    rule!(Warning secret_in_environment),
    rule!(Warning open_listener),
    // What was allowed: these two look at all that the others found
    rule!(Warning unused_allowance),
    rule!(Warning expired_allowance),
];

/// Runs all rules over `input`, then takes out what the topology allows.
pub fn check(input: &Input<'_>, findings: &mut Findings) {
    for check in RULES.iter().filter_map(|rule| rule.check) {
        check(input, findings);
    }
    let allowed = Allowed::of(input);
    findings.retain(|found| !allowed.covers(found));
}

/// The page of a rule, by its name with or without the prefix `pontoon::`.
pub fn explain(rule: &str) -> Option<&'static str> {
    let name = rule.strip_prefix("pontoon::").unwrap_or(rule);
    RULES.iter().find(|rule| rule.name == name).map(|rule| rule.page)
}
