//! The kinds of changes, each with the rules that find it, or with the reason why it may be meant.

use serde_json::{Value, json};

use super::change::{Mutants, at, misspell, put, remove};

/// A kind of change.
pub(crate) struct Kind {
    pub(crate) name: &'static str,
    pub(crate) change: fn(&Value) -> Mutants,
    pub(crate) finds: Finds,
}

/// What finds it.
pub(crate) enum Finds {
    /// One of these rules, wherever it is made; each of them somewhere.
    Always(&'static [&'static str]),
    /// These rules, where it does harm; and why it may be meant where they do not.
    OrMeant(&'static [&'static str], &'static str),
}

use Finds::{Always, OrMeant};

macro_rules! kind {
    ($name:literal, [$($place:literal),+], $edit:expr, $finds:expr) => {
        Kind { name: $name, change: |document| at(document, &[$($place),+], $edit), finds: $finds }
    };
}

pub(crate) const KINDS: &[Kind] = &[
    // Names
    kind!(
        "a call is misspelt",
        ["services.*.commands.*.invokes.*", "services.*.subscriptions.*.invokes.*"],
        misspell,
        Always(&["unknown_reference"])
    ),
    kind!(
        "an emitted event is misspelt",
        ["services.*.commands.*.emits.*", "services.*.schedules.*.emits.*"],
        misspell,
        Always(&["unknown_reference"])
    ),
    kind!(
        "a queue that is filled is misspelt",
        ["services.*.commands.*.enqueues.*"],
        misspell,
        Always(&["unknown_reference"])
    ),
    kind!(
        "a collection is misspelt",
        ["services.*.commands.*.reads.*", "services.*.commands.*.updates.*", "services.*.commands.*.writes.*"],
        misspell,
        Always(&["unknown_reference"])
    ),
    kind!(
        "the event of a subscription is misspelt",
        ["services.*.subscriptions.*.event"],
        misspell,
        Always(&["unknown_reference"])
    ),
    kind!(
        "the queue of a worker is misspelt",
        ["services.*.workers.*.queue"],
        misspell,
        Always(&["unknown_reference"])
    ),
    kind!(
        "an environment is misspelt",
        ["deployments.*.environments.*", "environments.*.extends"],
        misspell,
        Always(&["unknown_reference"])
    ),
    kind!(
        "a service of a unit is misspelt",
        ["deployments.*.units.*.*", "deployments.*.services.*"],
        misspell,
        Always(&["unknown_reference"])
    ),
    kind!(
        "a key is misspelt",
        ["services.*.commands.*.timeout", "environments.*.event_bridge", "deployments.*.pattern", "events.*.payload"],
        |holder, key| {
            let value = holder[key].clone();
            remove(holder, key) && put(holder, &format!("{key}s"), value)
        },
        Always(&["unknown_key"])
    ),
    kind!(
        "a name is written as Rust would",
        ["services.*", "events.*", "services.*.commands.*"],
        |holder, key| {
            let value = holder[key].clone();
            remove(holder, key) && put(holder, &key.to_uppercase(), value)
        },
        Always(&["invalid_name"])
    ),
    kind!(
        "a name is a word of Rust",
        ["services.*.commands.*", "events.*"],
        |holder, key| {
            let value = holder[key].clone();
            remove(holder, key) && put(holder, "self", value)
        },
        Always(&["colliding_name", "unknown_reference"])
    ),
    // What is left out
    kind!("an event is taken out", ["events.*"], remove, Always(&["unknown_reference"])),
    kind!("a queue is taken out", ["queues.*"], remove, Always(&["unknown_reference"])),
    kind!("a collection is taken out", ["state.*"], remove, Always(&["unknown_reference"])),
    kind!("an environment is taken out", ["environments.*"], remove, Always(&["unknown_reference"])),
    kind!(
        "a command is taken out",
        ["services.*.commands.*"],
        remove,
        OrMeant(&["unknown_reference", "unemitted_event", "unfilled_queue"], "nobody within has to call a command")
    ),
    kind!(
        "a subscription is taken out",
        ["services.*.subscriptions.*"],
        remove,
        OrMeant(&["unheard_event"], "another one hears the event")
    ),
    kind!("a worker is taken out", ["services.*.workers.*"], remove, Always(&["unworked_queue"])),
    kind!(
        "what is emitted is taken out",
        ["services.*.commands.*.emits.*", "services.*.schedules.*.emits.*"],
        remove,
        OrMeant(&["unemitted_event"], "another one emits it")
    ),
    kind!(
        "what is enqueued is taken out",
        ["services.*.commands.*.enqueues.*", "services.*.schedules.*.enqueues.*"],
        remove,
        OrMeant(&["unfilled_queue"], "another one fills the queue")
    ),
    kind!(
        "a call is taken out",
        ["services.*.commands.*.invokes.*"],
        remove,
        OrMeant(&["unreachable_command"], "others call it")
    ),
    kind!(
        "a type is left out",
        [
            "services.*.commands.*.input",
            "services.*.commands.*.output",
            "events.*.payload",
            "queues.*.payload",
            "state.*.value"
        ],
        remove,
        Always(&["missing_key"])
    ),
    kind!("a module is left out", ["services.*.module"], remove, Always(&["missing_key"])),
    kind!("a version is left out", ["services.*.version"], remove, Always(&["invalid_value"])),
    kind!(
        "a description is left out",
        ["services.*.description", "events.*.description", "services.*.commands.*.description"],
        remove,
        OrMeant(&[], "it is documentation")
    ),
    // What moves
    kind!(
        "a subscription expects another type",
        ["services.*.subscriptions.*.event"],
        |holder, _| put(holder, "payload", json!("Another")),
        Always(&["payload_mismatch"])
    ),
    kind!(
        "a type is no type",
        ["services.*.commands.*.input", "events.*.payload"],
        |holder, key| put(holder, key, json!("Vec<")),
        Always(&["invalid_path"])
    ),
    kind!(
        "a type does not survive its way",
        ["services.*.commands.*.output", "state.*.value"],
        |holder, key| put(holder, key, json!("Option<Option<u8>>")),
        Always(&["lossy_type"])
    ),
    kind!(
        "two operations have one handler",
        ["services.*.commands.*.timeout"],
        |holder, _| put(holder, "handler", json!("crate::shared::Same")),
        OrMeant(&[], "one alone may be called so")
    ),
    // Time and attempts
    kind!(
        "a time-out is left out",
        ["services.*.commands.*.timeout"],
        remove,
        OrMeant(&["missing_timeout"], "it calls nobody, and nobody waits for it")
    ),
    kind!(
        "a time-out is a number",
        ["services.*.commands.*.timeout", "services.*.workers.*.timeout"],
        |holder, key| put(holder, key, json!(5)),
        Always(&["invalid_value"])
    ),
    kind!(
        "a caller has less time than it needs",
        ["services.*.commands.*.invokes"],
        |holder, _| put(holder, "timeout", json!("1ms")),
        Always(&["timeout_inversion"])
    ),
    kind!(
        "a queue's lease is shorter than its work",
        ["queues.*.lease"],
        |holder, key| put(holder, key, json!("1ms")),
        Always(&["lease_too_short"])
    ),
    kind!(
        "what is handled twice is not known as such",
        [
            "services.*.subscriptions.*.repeatable",
            "services.*.workers.*.idempotency",
            "services.*.subscriptions.*.idempotency"
        ],
        remove,
        OrMeant(&["retry_not_idempotent"], "the event comes at most once")
    ),
    kind!(
        "keys are forgotten too early",
        ["services.*.workers.*.idempotency.keep", "services.*.subscriptions.*.idempotency.keep"],
        |holder, key| put(holder, key, json!("1s")),
        Always(&["inbox_too_short"])
    ),
    kind!(
        "nothing that fails is kept",
        ["services.*.subscriptions.*.dead_letter", "queues.*.dead_letter"],
        remove,
        Always(&["missing_dead_letter"])
    ),
    kind!("a queue has no bound", ["queues.*.bound"], remove, Always(&["unbounded_queue"])),
    kind!(
        "state and events do not stand together",
        ["services.*.commands.*.outbox", "services.*.subscriptions.*.outbox"],
        remove,
        OrMeant(&["missing_outbox"], "it only sends, or is repeatable")
    ),
    kind!(
        "an event comes once, and is tried again",
        ["services.*.subscriptions.*.attempts"],
        |holder, _| put(holder, "delivery", json!("at_most_once")),
        Always(&["repeated_at_most_once"])
    ),
    kind!(
        "a stop leaves no time",
        ["deployments.*.grace"],
        |holder, key| put(holder, key, json!("1ms")),
        Always(&["grace_too_short"])
    ),
    // Who calls whom
    kind!(
        "a command calls itself",
        ["services.user.commands.*.input"],
        |holder, _| put(holder, "invokes", json!(["user.sign_up"])),
        OrMeant(&["invoke_cycle"], "another one may call it")
    ),
    kind!(
        "a command is not exposed",
        ["services.*.commands.*.exposed"],
        remove,
        OrMeant(&["unreachable_command"], "others within call it")
    ),
    // Environments and deployments
    kind!(
        "nothing may be lost, and everything is forgotten",
        ["environments.*.ephemeral"],
        remove,
        Always(&["undurable_flow", "undurable_state"])
    ),
    kind!(
        "a broker becomes the process's memory",
        ["environments.staging.event_bridge", "environments.production.event_bridge"],
        |holder, key| put(holder, key, json!("in_memory")),
        Always(&["undurable_flow", "unbridged_edge"])
    ),
    kind!(
        "an adapter is misspelt",
        ["environments.*.event_bridge", "environments.*.state_store"],
        misspell,
        Always(&["invalid_value"])
    ),
    kind!(
        "a bridge is left out",
        ["environments.local.event_bridge", "environments.staging.event_bridge"],
        remove,
        OrMeant(&["bridge_capability"], "it inherits one")
    ),
    kind!(
        "a secret is written down",
        ["environments.*.event_bridge.*.password", "environments.*.event_bridge.*.credentials"],
        |holder, key| put(holder, key, json!("hunter2hunter2")),
        Always(&["literal_secret"])
    ),
    kind!(
        "a connection is in clear text",
        ["environments.*.event_bridge.*.url", "environments.*.event_bridge.*.servers"],
        |holder, _| put(holder, "tls", json!("disabled")),
        Always(&["plaintext_transport", "invalid_value"])
    ),
    kind!(
        "a service is in no unit",
        ["deployments.*.units.*"],
        remove,
        OrMeant(
            &["unplaced_service", "absent_callee"],
            "a deployment without `services:` is of those that its units have"
        )
    ),
    kind!(
        "a service is in two units",
        ["deployments.*.units.*"],
        |holder, _| put(holder, "another", json!(["user"])),
        Always(&["placed_twice", "absent_callee"])
    ),
    kind!(
        "a deployment is taken out",
        ["deployments.*"],
        remove,
        OrMeant(&["unused_definition"], "another one runs the same")
    ),
    kind!("what is allowed is taken out", ["allow.*"], remove, Always(&["outbox_at_most_once"])),
];
