//! PUBACK, SUBACK and UNSUBACK as the broker sends them. They are read here and not by the client library's codec, for
//! which a reason code that it does not know is a broken connection: all that it is, is the end of what was
//! acknowledged.

use super::reason_code::ReasonCode;

/// An acknowledgement, by packet identifier.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) enum Ack {
    /// PUBACK, or a PUBREC that refuses.
    Publish(u16, ReasonCode),
    /// SUBACK, with a reason for each filter.
    Subscribe(u16, Vec<ReasonCode>),
    /// UNSUBACK.
    Unsubscribe(u16),
}

const PUBACK: u8 = 0x40;
const PUBREC: u8 = 0x50;
const SUBACK: u8 = 0x90;
const UNSUBACK: u8 = 0xb0;

impl Ack {
    /// Reads a packet, from its first byte and what follows its length. `None` where it is no acknowledgement, or says
    /// not of what.
    pub(super) fn read(first: u8, body: &[u8]) -> Option<Self> {
        let (identifier, rest) = body.split_first_chunk::<2>()?;
        let identifier = u16::from_be_bytes(*identifier);
        if identifier == 0 {
            return None;
        }
        // Without a reason it is success.
        let reason = ReasonCode(rest.first().copied().unwrap_or_default());
        match first {
            PUBACK => Some(Self::Publish(identifier, reason)),
            PUBREC => reason.refusal().map(|_| Self::Publish(identifier, reason)),
            SUBACK => Some(Self::Subscribe(identifier, reasons(rest))),
            UNSUBACK => Some(Self::Unsubscribe(identifier)),
            _ => None,
        }
    }
}

/// The reasons of a SUBACK, which follow its properties. Where they cannot be read, nothing was granted.
fn reasons(rest: &[u8]) -> Vec<ReasonCode> {
    let codes = properties_end(rest).and_then(|end| rest.get(end..)).filter(|codes| !codes.is_empty());
    codes.map_or_else(|| vec![ReasonCode::UNSPECIFIED], |codes| codes.iter().copied().map(ReasonCode).collect())
}

/// Where properties end that begin with their length, a number of one to four bytes of seven bits.
fn properties_end(bytes: &[u8]) -> Option<usize> {
    let mut length = 0;
    for (place, byte) in bytes.iter().take(4).enumerate() {
        length |= usize::from(byte & 0x7f) << (7 * place);
        if byte & 0x80 == 0 {
            return Some(place + 1 + length);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn acknowledgements_are_read_whatever_their_reason() {
        let published = |body: &[u8]| Ack::read(PUBACK, body);
        assert_eq!(published(&[0, 7]), Some(Ack::Publish(7, ReasonCode(0))));
        assert_eq!(published(&[1, 0, 0x95]), Some(Ack::Publish(256, ReasonCode(0x95))));
        assert_eq!(published(&[0, 7, 0xc0, 200, 1]), Some(Ack::Publish(7, ReasonCode(0xc0))), "whatever follows");
        assert_eq!(Ack::read(PUBREC, &[0, 7, 0x97]), Some(Ack::Publish(7, ReasonCode(0x97))));
        assert_eq!(Ack::read(UNSUBACK, &[0, 7, 0, 0xee]), Some(Ack::Unsubscribe(7)));
        let subscribed = |body: &[u8]| Ack::read(SUBACK, body);
        assert_eq!(subscribed(&[0, 7, 0, 1, 0xee]), Some(Ack::Subscribe(7, vec![ReasonCode(1), ReasonCode(0xee)])));
        assert_eq!(subscribed(&[0, 7, 2, 9, 9, 1]), Some(Ack::Subscribe(7, vec![ReasonCode(1)])));
        for broken in [&[0, 7][..], &[0, 7, 0], &[0, 7, 0x80], &[0, 7, 200, 1, 1], &[0, 7, 255, 255, 255, 255, 1]] {
            assert_eq!(subscribed(broken), Some(Ack::Subscribe(7, vec![ReasonCode::UNSPECIFIED])), "{broken:?}");
        }
    }

    #[test]
    fn what_acknowledges_nothing_is_none() {
        for (first, body) in [
            (PUBACK, &[][..]),
            (PUBACK, &[7]),
            (PUBACK, &[0, 0, 0]),
            (0x41, &[0, 7]),
            (PUBREC, &[0, 7]),
            (0x30, &[0, 7]),
        ] {
            assert_eq!(Ack::read(first, body), None, "{first:#x} {body:?}");
        }
    }
}
