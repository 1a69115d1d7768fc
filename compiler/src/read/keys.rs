//! Keys that nobody knows, and what was probably meant.

use crate::diagnostic::Diagnostic;
use crate::source::Span;

/// Reports a key that does not belong where it stands.
pub(super) fn unknown(span: Span, key: &str, owner: &str, allowed: &[&str]) -> Diagnostic {
    let key = pontoon_schema::name::shown(key);
    let problem = Diagnostic::error("unknown_key", format!("`{key}:` is not a key of {}", in_words(owner)));
    let list = format!("its keys are {}", listed(allowed));
    match closest(&key, allowed) {
        Some(meant) => {
            problem.label(span, format!("did you mean `{meant}`?")).help(format!("write `{meant}:`; {list}"))
        }
        None => problem.label(span, "nobody reads this").help(list),
    }
}

/// The known word that this is probably a slip of.
pub(super) fn closest<'a>(word: &str, known: &[&'a str]) -> Option<&'a str> {
    let word = word.to_ascii_lowercase().replace('-', "_");
    let near = known.iter().map(|known| (strsim::damerau_levenshtein(&word, known), *known));
    let near = near.filter(|(distance, known)| *distance <= (known.len().max(word.chars().count()) / 3).max(1));
    near.min_by_key(|(distance, _)| *distance).map(|(_, known)| known).or_else(|| {
        let begins = |known: &&&str| word.len() >= 4 && (known.starts_with(&word) || word.starts_with(**known));
        known.iter().find(begins).copied()
    })
}

/// `a, b and c`.
pub(super) fn listed(words: &[&str]) -> String {
    match words {
        [] => "none".to_owned(),
        [one] => (*one).to_owned(),
        [first @ .., last] => format!("{} and {last}", first.join(", ")),
    }
}

/// What the owner of a set of keys is called, by the name of its type.
pub(super) fn in_words(owner: &str) -> &'static str {
    match owner {
        "Document" => "a topology",
        "Event" => "an event",
        "Queue" => "a queue",
        "State" => "a state collection",
        "Written" => "a service",
        "ServiceVersion" => "a version of a service",
        "Command" => "a command",
        "Subscription" => "a subscription",
        "Worker" => "a worker",
        "Schedule" => "a schedule",
        "Retry" => "`retry:`",
        "Idempotency" => "`idempotency:`",
        "Ordered" => "`ordered:`",
        "Long" => "`http:`",
        "Environment" => "an environment",
        "Deployment" => "a deployment",
        "OfflineBuffer" => "`outbox:`",
        "Budget" => "`budget:`",
        "Allowance" => "an allowance",
        "Telemetry" => "`telemetry:`",
        "Otlp" => "`otlp:`",
        "HttpLimits" => "`http:`",
        "Amqp" => "`amqp:`",
        "Nats" | "NatsConfig" => "`nats:`",
        "Mqtt" => "`mqtt:`",
        "Redis" | "RedisConfig" => "`redis:`",
        "Embedded" => "`embedded:`",
        "Dapr" => "`dapr:`",
        "Aws" | "AwsState" | "AwsStore" => "`aws:`",
        "FileStore" => "`file:`",
        "Authentication" => "a way of authentication",
        _ => "what stands here",
    }
}
