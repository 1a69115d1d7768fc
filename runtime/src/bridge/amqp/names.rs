//! The names of a topology's exchanges, and of its callers' reply queues.

use std::collections::hash_map::RandomState;
use std::hash::{BuildHasher, Hasher};

use lapin::types::ShortString;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use super::error::AmqpError;
use crate::environment::Instance;

/// What of a user's name does not stand for itself: a dot ends a name, and a percent sign begins what is escaped, so
/// that no two users have one name.
const ESCAPED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_');

/// The names of the exchanges that all units of a topology share, and of this caller's reply queues.
#[derive(Debug)]
pub(super) struct Names {
    /// The exchange that requests go through.
    pub(super) commands: ShortString,
    /// The exchange that jobs go through.
    pub(super) jobs: ShortString,
    /// The exchange that replies go through.
    pub(super) replies: ShortString,
    /// The exchange that dead letters go through.
    pub(super) dead_letters: ShortString,
    /// The exchange that messages go through which wait for their next attempt, and the one by which they come back.
    pub(super) delayed: ShortString,
    pub(super) returned: ShortString,
    /// The exchange and queue that the queues of all units are entered in.
    pub(super) register: ShortString,
    /// How the address of a caller begins.
    callers: String,
    /// How this caller's does: with its user, which is how a right to read can be limited to it.
    own: String,
}

impl Names {
    pub(super) fn new(instance: &Instance, user: &str) -> Result<Self, AmqpError> {
        let Instance { topology, id, .. } = instance;
        let callers = format!("{topology}.reply.");
        Ok(Self {
            commands: name(&format!("{topology}.command"))?,
            jobs: name(&format!("{topology}.queue"))?,
            replies: name(&format!("{topology}.reply"))?,
            dead_letters: name(&format!("{topology}.dead"))?,
            delayed: name(&format!("{topology}.later"))?,
            returned: name(&format!("{topology}.again"))?,
            register: name(&format!("{topology}.register"))?,
            own: format!("{callers}{}.{id}", utf8_percent_encode(user, ESCAPED)),
            callers,
        })
    }

    /// Whether an address is one that a caller of this topology listens at.
    pub(super) fn is_reply_address(&self, address: &str) -> bool {
        address.strip_prefix(&*self.callers).is_some_and(|rest| !rest.is_empty())
    }

    /// A queue for replies. The name is new for each connection: the broker has the one before until it knows that its
    /// connection is lost, and lets nobody else have it. It cannot be guessed: who may listen for replies of its own
    /// may bind its queue by any key.
    pub(super) fn reply_queue(&self) -> Result<ShortString, AmqpError> {
        name(&format!("{}.{}", self.own, secret()))
    }
}

/// A name at the broker, which may have 255 bytes.
pub(super) fn name(text: &str) -> Result<ShortString, AmqpError> {
    ShortString::try_new(text).map_err(|_| {
        AmqpError::Mismatch(format!(
            "`{text}` is too long for the name of a queue, which may have 255 bytes at the broker: shorten the names that it \
             is made of"
        ))
    })
}

/// Sixteen digits that nobody can guess.
pub(super) fn secret() -> String {
    format!("{:016x}", RandomState::new().build_hasher().finish())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(user: &str) -> Names {
        Names::new(&Instance::new("shop", "accounts"), user).unwrap()
    }

    #[test]
    fn only_callers_of_the_topology_have_addresses() {
        let names = names("ada");
        let (one, other) = (names.reply_queue().unwrap(), names.reply_queue().unwrap());
        assert_ne!(one, other);
        assert!(one.as_str().starts_with("shop.reply.ada.") && names.is_reply_address(one.as_str()));
        for address in
            ["", "shop.reply", "shop.reply.", "shop.event.x.v1", "amq.rabbitmq.reply-to.x", "shop2.reply.ada.1"]
        {
            assert!(!names.is_reply_address(address), "{address}");
        }
    }

    #[test]
    fn no_two_users_have_one_name() {
        let users = ["ada", "ada.x", "ada%2Ex", "ada x", "Ada", "äda", ""];
        let mut prefixes: Vec<_> =
            users.iter().map(|user| names(user).own[..].split('.').nth(2).unwrap().to_owned()).collect();
        prefixes.sort_unstable();
        prefixes.dedup();
        assert_eq!(prefixes.len(), users.len());
    }

    #[test]
    fn a_name_that_is_too_long_is_a_mismatch() {
        assert!(name(&"x".repeat(255)).is_ok());
        assert!(matches!(name(&"x".repeat(256)), Err(AmqpError::Mismatch(_))));
    }
}
