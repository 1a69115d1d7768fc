//! The inboxes of replies: one for each process, below one prefix for each user, below one for all callers of a system.
//!
//! `shop.reply.ann.…` is what the user `ann` may subscribe to, and `shop.reply.>` what a unit may publish answers to.
//! With the usual `_INBOX.>` for everybody, whoever may connect could read the answers, and the events, that are meant
//! for others.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde::Deserialize;

/// What of a user's name is encoded: all that is no letter, digit, `-` or `_`, so that it is one token of a subject.
const ENCODED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_');

/// Who connects without a name.
const ANYONE: &str = "anyone";

/// The inbox prefixes of this user, and of all callers of the system.
#[derive(Default)]
pub(super) struct ReplyInbox {
    /// What the addresses of all callers of the system begin with: `shop.reply`.
    system: String,
    /// Ours among them: `shop.reply.ann`.
    own: String,
}

impl ReplyInbox {
    /// The inbox of a user of a topology, below another prefix where one is set. Says what is wrong with that.
    pub(super) fn new(topology: &str, prefix: Option<String>, user: Option<&str>) -> Result<Self, String> {
        let system = match prefix {
            Some(prefix) => checked(topology, prefix)?,
            None => format!("{topology}.reply"),
        };
        let user = user.filter(|user| !user.is_empty()).unwrap_or(ANYONE);
        let own = format!("{system}.{}", utf8_percent_encode(user, ENCODED));
        Ok(Self { system, own })
    }

    /// What the subjects begin with on which answers to us come.
    pub(super) fn prefix(&self) -> &str {
        &self.own
    }

    /// Whether an answer may be sent there: to a caller of this system, and to nothing else. Whoever sends a request
    /// names the address, and it is with our rights that something is published there.
    pub(super) fn is_callers(&self, address: &str) -> bool {
        let below = address.strip_prefix(&*self.system).and_then(|below| below.strip_prefix('.'));
        below.is_some_and(is_literal)
    }
}

/// Whether a subject can be published to: tokens that are there, without wildcards.
fn is_literal(subject: &str) -> bool {
    let is_token = |token: &str| {
        !token.is_empty() && !token.contains(|char: char| matches!(char, '*' | '>') || !char.is_ascii_graphic())
    };
    subject.split('.').all(is_token)
}

fn checked(topology: &str, prefix: String) -> Result<String, String> {
    if !is_literal(&prefix) || prefix.starts_with('$') {
        return Err("it is no subject: write tokens with `.` between them, such as `shop.reply`".to_owned());
    }
    let kept = ["event", "dead", "command", "queue"].map(|kind| format!("{topology}.{kind}"));
    match kept
        .iter()
        .find(|kept| prefix.strip_prefix(&***kept).is_some_and(|rest| rest.is_empty() || rest.starts_with('.')))
    {
        Some(kept) => Err(format!("it is below `{kept}`, which is for other messages of this system")),
        None => Ok(prefix),
    }
}

/// The user whose credentials these are: the public key that their JWT is for.
pub(super) fn user_of_credentials(credentials: &str) -> Option<String> {
    /// The claims of a user's JWT in a credentials file.
    #[derive(Deserialize)]
    struct UserClaims {
        sub: String,
    }
    let jwt = credentials.lines().skip_while(|line| !line.contains("BEGIN NATS USER JWT")).nth(1)?;
    let claims = decode(jwt.trim().split('.').nth(1)?)?;
    serde_json::from_slice::<UserClaims>(&claims).ok().map(|claims| claims.sub)
}

/// Base64 for URLs without padding, as JWTs have it (RFC 7515, section 2).
fn decode(text: &str) -> Option<Vec<u8>> {
    let mut bytes = Vec::with_capacity(text.len() * 3 / 4);
    let (mut bits, mut count) = (0_u32, 0);
    for letter in text.bytes() {
        let value = match letter {
            b'A'..=b'Z' => letter - b'A',
            b'a'..=b'z' => letter - b'a' + 26,
            b'0'..=b'9' => letter - b'0' + 52,
            b'-' => 62,
            b'_' => 63,
            _ => return None,
        };
        bits = bits << 6 | u32::from(value);
        count += 6;
        if count >= 8 {
            count -= 8;
            bytes.push((bits >> count) as u8);
            bits &= (1 << count) - 1;
        }
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn inbox(user: Option<&str>) -> ReplyInbox {
        ReplyInbox::new("shop", None, user).unwrap()
    }

    #[test]
    fn each_user_has_a_prefix_of_its_own() {
        assert_eq!(inbox(Some("ann")).prefix(), "shop.reply.ann");
        assert_eq!(inbox(Some("a.*>b é")).prefix(), "shop.reply.a%2E%2A%3Eb%20%C3%A9");
        assert_eq!(inbox(None).prefix(), "shop.reply.anyone");
        let own = ReplyInbox::new("shop", Some("org.inbox".to_owned()), Some("ann")).unwrap();
        assert_eq!(own.prefix(), "org.inbox.ann");
        assert!(own.is_callers("org.inbox.bob.x1") && !own.is_callers("shop.reply.bob.x1"));
    }

    #[test]
    fn an_answer_goes_to_callers_of_the_system_and_nowhere_else() {
        let inbox = inbox(Some("ann"));
        assert!(inbox.is_callers("shop.reply.bob.x1.r7"));
        for address in [
            "",
            "shop.reply",
            "shop.reply.",
            "shop.replyx.a",
            "shop.event.user_signed_up.v1",
            "$JS.API.STREAM.DELETE.shop_events",
            "_INBOX.a.b",
            "shop.reply.*",
            "shop.reply.>",
            "shop.reply.a..b",
            "shop.reply.a b",
            "shop.reply.a\r\nPUB x",
            "other.reply.a",
        ] {
            assert!(!inbox.is_callers(address), "{address:?}");
        }
    }

    #[test]
    fn a_prefix_is_a_subject_that_is_for_nothing_else() {
        for prefix in ["", ".", "a..b", "a.>", "$JS.API", "a b", "shop.event", "shop.event.x", "shop.dead"] {
            assert!(ReplyInbox::new("shop", Some(prefix.to_owned()), None).is_err(), "{prefix}");
        }
        assert!(ReplyInbox::new("shop", Some("shop.events".to_owned()), None).is_ok());
    }

    #[test]
    fn credentials_say_whose_they_are() {
        // {"sub":"UABC"}
        let text = "-----BEGIN NATS USER JWT-----\neyJ0eXAiOiJKV1QifQ.eyJzdWIiOiJVQUJDIn0.c2ln\n------END NATS USER JWT------\n";
        assert_eq!(user_of_credentials(text).as_deref(), Some("UABC"));
        for hostile in ["", "-----BEGIN NATS USER JWT-----", "-----BEGIN NATS USER JWT-----\na.é.b", "x\na.e30.b"] {
            assert_eq!(user_of_credentials(hostile), None, "{hostile}");
        }
    }
}
