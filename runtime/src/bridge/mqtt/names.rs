//! The names of topics and topic filters. Topics are subjects with `/` for `.`.

use bytes::Bytes;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use crate::message::id::Id;

/// What of a name is encoded where it is one level of a topic: all that is no letter, digit, `-` or `_`, so that no two
/// names have one level.
const ENCODED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_');

/// Who connects without a name.
const ANYONE: &str = "anyone";

/// Where the events of a subject are published, or the requests for a command: `shop/event/user_signed_up/v1`.
pub(super) fn topic(subject: &str) -> String {
    subject.replace('.', "/")
}

/// The same, as packets have it.
pub(super) fn published(subject: &str) -> Bytes {
    Bytes::from(topic(subject))
}

/// A subscription of which every instance takes its share.
pub(super) fn shared(group: &str, topic: &str) -> String {
    format!("$share/{group}/{topic}")
}

/// The group of a subscription whose events may be lost. Sessions that are left of the time when they might not would
/// take their share of another.
pub(super) fn passing(subscription: &str) -> String {
    format!("{subscription}.passing")
}

/// Below which the replies to all callers of a topology arrive: `shop/reply/`.
pub(super) fn callers(topology: &str) -> String {
    format!("{topology}/reply/")
}

/// Where the replies to one process arrive, below its user: `shop/reply/ann/0f8fad5b-d9cb-8469-a165-70867728950e`.
pub(super) fn replies(topology: &str, user: Option<&str>, instance: Id) -> String {
    let user = user.filter(|user| !user.is_empty()).unwrap_or(ANYONE);
    format!("{}{}/{instance}", callers(topology), utf8_percent_encode(user, ENCODED))
}

/// Whether a response topic is that of a caller. Whoever sends a request names it, and it is with our rights that
/// something is published there.
pub(super) fn is_callers(callers: &str, response_topic: &str) -> bool {
    let below = response_topic.strip_prefix(callers);
    below.is_some_and(|below| !below.is_empty() && !below.contains(['+', '#', '\0']))
}

/// Where it is asked whether somebody listens for a subscription: `shop/subscribed/email.v1.greet`.
pub(super) fn presence(topology: &str, subscription: &str) -> String {
    format!("{topology}/subscribed/{subscription}")
}

/// Below which the dead letters of a subscription are: `shop/dead/email.v1.greet`.
pub(super) fn dead_letters(topology: &str, subscription: &str) -> String {
    format!("{topology}/dead/{subscription}")
}

/// Below which the dead letters of all subscriptions are: `shop/dead`.
pub(super) fn all_graves(topology: &str) -> String {
    format!("{topology}/dead")
}

/// Below which the sessions of all units are entered: `shop/register`.
pub(super) fn register(topology: &str) -> String {
    format!("{topology}/register")
}

/// Where a session is entered: `shop/register/host-1-mail-email%2Ev1%2Egreet`.
pub(super) fn entry(topology: &str, client_id: &str) -> String {
    format!("{}/{}", register(topology), utf8_percent_encode(client_id, ENCODED))
}

/// Below which it is counted how often the messages of a session were handed out:
/// `shop/attempts/host-1-mail-email%2Ev1%2Egreet`.
pub(super) fn attempts(topology: &str, client_id: &str) -> String {
    format!("{topology}/attempts/{}", utf8_percent_encode(client_id, ENCODED))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_constant() {
        assert_eq!(topic("shop.event.user_signed_up.v1"), "shop/event/user_signed_up/v1");
        assert_eq!(shared("email.v1.greet", "shop/event/a/v1"), "$share/email.v1.greet/shop/event/a/v1");
        assert_eq!(presence("shop", "email.v1.greet"), "shop/subscribed/email.v1.greet");
        assert_eq!(dead_letters("shop", "email.v1.greet"), "shop/dead/email.v1.greet");
        assert_eq!(attempts("shop", "host/1"), "shop/attempts/host%2F1");
        assert_eq!(replies("shop", Some("ann"), Id::from(1)), "shop/reply/ann/00000000-0000-0000-0000-000000000001");
    }

    #[test]
    fn each_user_has_replies_of_its_own() {
        let below = |user| replies("shop", user, Id::from(1)).split('/').nth(2).unwrap().to_owned();
        assert_eq!(below(Some("a/+#b é%")), "a%2F%2B%23b%20%C3%A9%25");
        assert_eq!((below(None), below(Some(""))), ("anyone".to_owned(), "anyone".to_owned()));
    }

    #[test]
    fn a_reply_goes_to_callers_of_the_topology_and_nowhere_else() {
        let callers = callers("shop");
        assert!(is_callers(&callers, "shop/reply/ann/1") && is_callers(&callers, &replies("shop", None, Id::from(1))));
        for topic in [
            "",
            "shop",
            "shop/reply",
            "shop/reply/",
            "shop/replyx/ann",
            "shop/event/user_signed_up/v1",
            "shop/command/user/v1/find",
            "$SYS/broker/version",
            "$share/x/shop/reply/ann/1",
            "/shop/reply/ann/1",
            "other/reply/ann/1",
            "shop/reply/#",
            "shop/reply/+/1",
            "shop/reply/ann\0/1",
        ] {
            assert!(!is_callers(&callers, topic), "{topic:?}");
        }
    }
}
