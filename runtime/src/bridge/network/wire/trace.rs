//! W3C Trace Context (<https://www.w3.org/TR/trace-context/>): `traceparent` and `tracestate`.

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;

use crate::message::id::{Id, write_digits};
use crate::message::metadata::{Metadata, Trace};

/// Of `traceparent`.
const VERSION: u8 = 0;

/// What is recorded of a chain that began here: whether is the tracer's decision, which sees this flag.
const SAMPLED: u8 = 1;

/// The `traceparent` of a message: its trace is its correlation, unless a caller outside began one; its span is itself.
pub(super) struct Parent<'m>(pub(super) &'m Metadata);

impl fmt::Display for Parent<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let begun = self.0.trace.as_deref();
        let (trace, flags) = begun.map_or((self.0.correlation, SAMPLED), |trace| (trace.id, trace.flags));
        let mut text = [b'-'; 55];
        write_digits(&mut text[..2], &[VERSION]);
        write_digits(&mut text[3..35], &u128::from(trace).to_be_bytes());
        write_digits(&mut text[36..52], &u128::from(self.0.id).to_be_bytes()[8..]);
        write_digits(&mut text[53..], &[flags]);
        f.write_str(std::str::from_utf8(&text).unwrap_or_default())
    }
}

/// The trace that a message belongs to, where it is not the one that its correlation names. What is no `traceparent` is
/// passed over, as the standard asks for.
pub(super) fn read(parent: Option<&str>, state: Option<Cow<'_, str>>, correlation: Id) -> Option<Arc<Trace>> {
    let mut parts = parent?.split('-');
    let (version, id, span, flags) = (parts.next()?, parts.next()?, parts.next()?, parts.next()?);
    let hex = |text: &str, digits: usize| {
        let wellformed = text.len() == digits && text.bytes().all(|byte| byte.is_ascii_hexdigit());
        wellformed.then(|| u128::from_str_radix(text, 16).ok()).flatten()
    };
    hex(version, 2).filter(|version| *version != 0xff)?;
    hex(span, 16).filter(|span| *span != 0)?;
    let id = Id::from(hex(id, 32).filter(|id| *id != 0)?);
    let flags = u8::try_from(hex(flags, 2)?).ok()?;
    let state = state.filter(|state| !state.is_empty()).map(Cow::into_owned);
    let is_our_own = id == correlation && flags == SAMPLED && state.is_none();
    (!is_our_own).then(|| Arc::new(Trace { id, flags, state }))
}
