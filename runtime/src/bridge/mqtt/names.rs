//! What things are called at the broker. Topics are subjects with `/` for `.`.

use bytes::Bytes;

use crate::id::Id;

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

/// The group of a subscription whose events may be lost. Sessions that are left of the time when they might not would take
/// their share of another.
pub(super) fn passing(subscription: &str) -> String {
    format!("{subscription}.passing")
}

/// Where the replies to one process arrive: `shop/reply/0f8fad5b-d9cb-8469-a165-70867728950e`.
pub(super) fn replies(topology: &str, instance: Id) -> String {
    format!("{topology}/reply/{instance}")
}

/// Where it is asked whether somebody listens for a subscription: `shop/subscribed/email.v1.greet`.
pub(super) fn presence(topology: &str, subscription: &str) -> String {
    format!("{topology}/subscribed/{subscription}")
}

/// Below which the dead letters of a subscription are: `shop/dead/email.v1.greet`.
pub(super) fn graves(topology: &str, subscription: &str) -> String {
    format!("{topology}/dead/{subscription}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_constant() {
        assert_eq!(topic("shop.event.user_signed_up.v1"), "shop/event/user_signed_up/v1");
        assert_eq!(shared("email.v1.greet", "shop/event/a/v1"), "$share/email.v1.greet/shop/event/a/v1");
        assert_eq!(presence("shop", "email.v1.greet"), "shop/subscribed/email.v1.greet");
        assert_eq!(graves("shop", "email.v1.greet"), "shop/dead/email.v1.greet");
        assert_eq!(replies("shop", Id::from(1)), "shop/reply/00000000-0000-0000-0000-000000000001");
    }
}
