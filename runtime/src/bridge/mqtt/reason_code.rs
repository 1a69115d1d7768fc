//! The reason codes of MQTT 5, with which a broker answers. Any code, also one that the client library
//! does not know: Mosquitto answers a message over its `message_size_limit` with 0x95, which is none of PUBACK's.

use std::fmt;

/// A reason code of PUBACK, PUBREC, SUBACK or DISCONNECT.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) struct ReasonCode(pub(super) u8);

/// The class of a reason code that refuses, for who tries again.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Refusal {
    /// Somebody has to give us a right.
    Denied,
    /// What was sent is never taken, by what it is.
    Permanent,
    /// It may be taken later.
    Passing,
}

impl ReasonCode {
    pub(super) const NO_MATCHING_SUBSCRIBERS: Self = Self(0x10);
    pub(super) const UNSPECIFIED: Self = Self(0x80);
    pub(super) const IMPLEMENTATION: Self = Self(0x83);
    pub(super) const SESSION_TAKEN_OVER: Self = Self(0x8e);
    pub(super) const TOO_LARGE: Self = Self(0x95);

    /// What it means; nothing where it is no refusal.
    pub(super) fn refusal(self) -> Option<Refusal> {
        match self.0 {
            0x00..=0x7f => None,
            0x87 => Some(Refusal::Denied),
            0x81 | 0x82 | 0x8f | 0x90 | 0x95 | 0x99..=0x9b | 0x9e | 0xa1 | 0xa2 => Some(Refusal::Permanent),
            // What nobody knows may pass.
            _ => Some(Refusal::Passing),
        }
    }

    /// Whether it is a refusal that waiting does not mend.
    pub(super) fn is_lasting(self) -> bool {
        self.refusal().is_some_and(|refusal| refusal != Refusal::Passing)
    }

    /// As the standard calls it.
    fn name(self) -> Option<&'static str> {
        Some(match self.0 {
            0x00 => "success",
            0x10 => "no matching subscribers",
            0x80 => "unspecified error",
            0x81 => "malformed packet",
            0x82 => "protocol error",
            0x83 => "implementation specific error",
            0x87 => "not authorized",
            0x89 => "server busy",
            0x8b => "server shutting down",
            0x8d => "keep alive timeout",
            0x8e => "session taken over",
            0x8f => "topic filter invalid",
            0x90 => "topic name invalid",
            0x91 => "packet identifier in use",
            0x93 => "receive maximum exceeded",
            0x95 => "packet too large",
            0x96 => "message rate too high",
            0x97 => "quota exceeded",
            0x98 => "administrative action",
            0x99 => "payload format invalid",
            0x9a => "retain not supported",
            0x9b => "quality of service not supported",
            0x9c => "use another server",
            0x9d => "server moved",
            0x9e => "shared subscriptions not supported",
            0x9f => "connection rate exceeded",
            0xa0 => "maximum connect time",
            0xa1 => "subscription identifiers not supported",
            0xa2 => "wildcard subscriptions not supported",
            _ => return None,
        })
    }
}

impl fmt::Display for ReasonCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({:#04x})", self.name().unwrap_or("a reason that has no name"), self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_is_of_a_right_for_good_or_for_now() {
        let refusals = |codes: &[u8]| codes.iter().map(|code| ReasonCode(*code).refusal()).collect::<Vec<_>>();
        assert_eq!(refusals(&[0x00, 0x01, 0x10, 0x7f]), [None; 4]);
        assert_eq!(refusals(&[0x87]), [Some(Refusal::Denied)]);
        assert_eq!(refusals(&[0x90, 0x95, 0x99, 0x9a]), [Some(Refusal::Permanent); 4]);
        assert_eq!(refusals(&[0x80, 0x83, 0x97, 0xc0, 0xff]), [Some(Refusal::Passing); 5]);
    }

    #[test]
    fn a_reason_is_shown_with_its_number() {
        assert_eq!(ReasonCode(0x95).to_string(), "packet too large (0x95)");
        assert_eq!(ReasonCode(0xc0).to_string(), "a reason that has no name (0xc0)");
    }
}
