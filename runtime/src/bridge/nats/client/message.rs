//! Messages of NATS as they come and as they are sent: subject, reply subject, headers, payload.

use std::fmt;
use std::ops::Deref;
use std::str;

use bytes::Bytes;

use crate::bridge::nats::client::headers::HeaderBlock;

/// The status codes that the server puts into the headers of a message.
pub(crate) mod status {
    /// A heartbeat, while a pull consumer has no messages.
    pub(crate) const IDLE_HEARTBEAT: u16 = 100;
    pub(crate) const OK: u16 = 200;
    /// A pull request has expired.
    pub(crate) const TIMEOUT: u16 = 408;
    /// A pull request is over, for another reason.
    pub(crate) const REQUEST_TERMINATED: u16 = 409;
    pub(crate) const NO_RESPONDERS: u16 = 503;
}

/// A subject as it came: a part of the bytes that were read. One that is no UTF-8 is nobody's, and reads as empty.
#[derive(Clone, Eq, Hash, PartialEq)]
pub(crate) struct Subject(Bytes);

impl From<Bytes> for Subject {
    fn from(bytes: Bytes) -> Self {
        Self(bytes)
    }
}

impl From<String> for Subject {
    fn from(text: String) -> Self {
        Self(text.into())
    }
}

impl Deref for Subject {
    type Target = str;

    fn deref(&self) -> &str {
        str::from_utf8(&self.0).unwrap_or_default()
    }
}

impl fmt::Debug for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&**self, f)
    }
}

impl fmt::Display for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self)
    }
}

/// A message that has come on the subject of a subscription.
#[derive(Clone, Debug)]
pub(crate) struct NatsMessage {
    pub(crate) subject: Subject,
    pub(crate) reply: Option<Subject>,
    pub(crate) headers: HeaderBlock,
    pub(crate) payload: Bytes,
}

impl NatsMessage {
    /// The status that the server says, where the message is no message of anybody's.
    pub(crate) fn status(&self) -> Option<u16> {
        self.headers.status()
    }

    /// Whether the server says that there are no responders.
    pub(crate) fn is_no_responders(&self) -> bool {
        self.status() == Some(status::NO_RESPONDERS)
    }
}

/// A message that is sent to a subject.
#[derive(Clone, Copy)]
pub(crate) struct OutboundMessage<'m> {
    pub(crate) subject: &'m str,
    pub(crate) reply: Option<&'m str>,
    /// The block of its headers with the version line; empty where it has none.
    pub(crate) headers: &'m [u8],
    pub(crate) payload: &'m [u8],
}

impl OutboundMessage<'_> {
    /// How many bytes it is, by what the server counts.
    pub(super) fn size(&self) -> usize {
        self.headers.len() + self.payload.len()
    }

    /// Whether its subjects are such that they end where the protocol thinks that they end.
    pub(super) fn is_sendable(&self) -> bool {
        let is_token = |subject: &str| !subject.is_empty() && subject.bytes().all(|byte| byte > b' ' && byte != 0x7f);
        is_token(self.subject) && self.reply.is_none_or(is_token)
    }

    /// Writes it as a frame: PUB, or HPUB with headers.
    pub(super) fn write(&self, buffer: &mut Vec<u8>) {
        buffer.reserve(self.size() + self.subject.len() + self.reply.map_or(0, str::len) + 64);
        buffer.extend_from_slice(if self.headers.is_empty() { b"PUB " } else { b"HPUB " });
        buffer.extend_from_slice(self.subject.as_bytes());
        if let Some(reply) = self.reply {
            buffer.push(b' ');
            buffer.extend_from_slice(reply.as_bytes());
        }
        if !self.headers.is_empty() {
            write_number(buffer, self.headers.len());
        }
        write_number(buffer, self.size());
        buffer.extend_from_slice(b"\r\n");
        buffer.extend_from_slice(self.headers);
        buffer.extend_from_slice(self.payload);
        buffer.extend_from_slice(b"\r\n");
    }
}

/// Writes a space and a number in decimal.
fn write_number(buffer: &mut Vec<u8>, mut number: usize) {
    let mut digits = [b' '; 21];
    let mut start = digits.len();
    loop {
        start -= 1;
        digits[start] = b'0' + (number % 10) as u8;
        number /= 10;
        if number == 0 {
            break;
        }
    }
    buffer.extend_from_slice(&digits[start - 1..]);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(message: OutboundMessage<'_>) -> String {
        let mut buffer = Vec::new();
        message.write(&mut buffer);
        String::from_utf8(buffer).unwrap()
    }

    #[test]
    fn a_message_is_written_as_pub_or_hpub() {
        let message = OutboundMessage { subject: "a.b", reply: None, headers: b"", payload: b"0123456789" };
        assert_eq!(written(message), "PUB a.b 10\r\n0123456789\r\n");
        let message = OutboundMessage { reply: Some("c"), payload: b"", ..message };
        assert_eq!(written(message), "PUB a.b c 0\r\n\r\n");
        let message = OutboundMessage { headers: b"NATS/1.0\r\n\r\n", payload: b"x", ..message };
        assert_eq!(written(message), "HPUB a.b c 12 13\r\nNATS/1.0\r\n\r\nx\r\n");
    }

    #[test]
    fn a_subject_that_would_end_early_is_not_sent() {
        for (subject, reply) in [("", None), ("a b", None), ("a\r\nPUB x", None), ("a", Some("")), ("a", Some("b\t"))] {
            let message = OutboundMessage { subject, reply, headers: b"", payload: b"" };
            assert!(!message.is_sendable(), "{subject:?} {reply:?}");
        }
    }

    #[test]
    fn a_subject_that_is_no_text_is_nobodys() {
        assert_eq!(&*Subject::from(Bytes::from_static(b"a.\xff")), "");
    }
}
