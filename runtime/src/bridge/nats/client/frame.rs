//! Frames of the NATS protocol as the server sends them: lines, and messages of a subscription with their payload.
//! Whatever comes, garbled or without an end, is an error and never more memory than one message may have.

use std::fmt;
use std::ops::Range;

use bytes::BytesMut;
use memchr::memchr;

use crate::bridge::nats::client::message::NatsMessage;

/// How long a line may be. The longest is INFO, which names the servers of a cluster.
const LONGEST_LINE: usize = 1 << 20;

/// How large headers and payload of a message may be: what no server can be configured to exceed, and some headers.
const LARGEST_MESSAGE: usize = (64 << 20) + (1 << 20);

/// How much is read at once.
const READ: usize = 64 * 1024;

/// When the buffer is renewed: it has less room than this.
const ROOM: usize = 8 * 1024;

/// A frame of the server: a message of a subscription, or what it says beside that.
#[derive(Debug)]
pub(super) enum ServerFrame {
    /// MSG or HMSG: for the subscription of this number.
    Message {
        sid: u64,
        message: NatsMessage,
    },
    /// INFO, as JSON.
    Info(Vec<u8>),
    Ping,
    Pong,
    /// `+OK`
    Ok,
    /// `-ERR`: its words, without the quotes around them.
    Error(String),
}

/// What a server has sent that is no frame of the NATS protocol.
#[derive(Debug, Eq, PartialEq)]
pub(super) struct FrameError(&'static str);

impl fmt::Display for FrameError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the server does not speak the protocol of NATS: {}", self.0)
    }
}

/// The reader of frames of a connection: what was read of the NATS protocol and not taken yet.
#[derive(Default)]
pub(super) struct FrameReader {
    buffer: BytesMut,
    /// Up to where there is no line break.
    searched: usize,
}

impl FrameReader {
    /// Where more is to be read to: a buffer with room.
    pub(super) fn room(&mut self) -> &mut BytesMut {
        if self.buffer.capacity() - self.buffer.len() < ROOM {
            self.buffer.reserve(READ);
        }
        &mut self.buffer
    }

    /// Whether all that was read was taken.
    pub(super) fn is_empty(&self) -> bool {
        self.buffer.is_empty()
    }

    /// The next frame; nothing while it is not whole.
    pub(super) fn next(&mut self) -> Result<Option<ServerFrame>, FrameError> {
        let Some(end) = memchr(b'\n', &self.buffer[self.searched..]) else {
            self.searched = self.buffer.len();
            return match self.searched > LONGEST_LINE {
                true => Err(FrameError("a line without an end")),
                false => Ok(None),
            };
        };
        // Where the message behind the line is not whole yet, the line break is found at once the next time.
        self.searched += end;
        let end = self.searched;
        let line = &self.buffer[..end];
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        let operation = line.iter().position(|byte| is_space(*byte)).map_or(line, |end| &line[..end]);
        let frame = match operation {
            [b'M' | b'm', ..] if operation.eq_ignore_ascii_case(b"MSG") => return self.message(end, false),
            [b'H' | b'h', ..] if operation.eq_ignore_ascii_case(b"HMSG") => return self.message(end, true),
            _ if operation.eq_ignore_ascii_case(b"PING") => ServerFrame::Ping,
            _ if operation.eq_ignore_ascii_case(b"PONG") => ServerFrame::Pong,
            b"+OK" | b"+ok" => ServerFrame::Ok,
            _ if operation.eq_ignore_ascii_case(b"-ERR") => {
                let words = line[operation.len()..].trim_ascii();
                let words = words.strip_prefix(b"'").unwrap_or(words);
                let words = words.strip_suffix(b"'").unwrap_or(words);
                ServerFrame::Error(String::from_utf8_lossy(words).into_owned())
            }
            _ if operation.eq_ignore_ascii_case(b"INFO") => ServerFrame::Info(line[operation.len()..].to_vec()),
            _ => return Err(FrameError("an operation that is unknown")),
        };
        self.take(end + 1);
        Ok(Some(frame))
    }

    /// Throws a part away.
    fn take(&mut self, length: usize) {
        let _ = self.buffer.split_to(length);
        self.searched = 0;
    }

    /// The message whose line ends there: `MSG subject sid [reply] size`, `HMSG subject sid [reply] headers size`.
    fn message(&mut self, end: usize, has_headers: bool) -> Result<Option<ServerFrame>, FrameError> {
        let line = MessageLine::read(&self.buffer[..end], has_headers).ok_or(FrameError("a message without a size"))?;
        if line.size > LARGEST_MESSAGE {
            return Err(FrameError("a message that is too large"));
        }
        let start = end + 1;
        let length = start + line.size + b"\r\n".len();
        if self.buffer.len() < length {
            return Ok(None);
        }
        let frame = self.buffer.split_to(length).freeze();
        self.searched = 0;
        if !frame.ends_with(b"\r\n") {
            return Err(FrameError("a message of another size than it says"));
        }
        let body = start + line.headers;
        let message = NatsMessage {
            subject: frame.slice(line.subject).into(),
            reply: line.reply.map(|reply| frame.slice(reply).into()),
            headers: if line.headers > 0 { frame.slice(start..body).into() } else { <_>::default() },
            payload: frame.slice(body..start + line.size),
        };
        Ok(Some(ServerFrame::Message { sid: line.sid, message }))
    }
}

/// The line of MSG or HMSG: the subjects, as places in it, and the sizes.
struct MessageLine {
    subject: Range<usize>,
    reply: Option<Range<usize>>,
    sid: u64,
    headers: usize,
    size: usize,
}

impl MessageLine {
    fn read(line: &[u8], has_headers: bool) -> Option<Self> {
        let mut fields = [const { 0..0 }; 6];
        let (mut count, mut at) = (0, 0);
        while at < line.len() {
            if is_space(line[at]) {
                at += 1;
                continue;
            }
            let length = line[at..].iter().position(|byte| is_space(*byte)).unwrap_or(line.len() - at);
            *fields.get_mut(count)? = at..at + length;
            (count, at) = (count + 1, at + length);
        }
        let least = if has_headers { 5 } else { 4 };
        let has_reply = count == least + 1;
        if count != least && !has_reply {
            return None;
        }
        let number = |field: usize| number(&line[fields[field].clone()]);
        let size = usize::try_from(number(count - 1)?).ok()?;
        let headers = if has_headers { usize::try_from(number(count - 2)?).ok()? } else { 0 };
        let reply = has_reply.then(|| fields[3].clone());
        (headers <= size).then_some(Self { subject: fields[1].clone(), reply, sid: number(2)?, headers, size })
    }
}

/// Digits alone, and not more than fit.
fn number(digits: &[u8]) -> Option<u64> {
    if digits.is_empty() || digits.len() > 18 {
        return None;
    }
    digits
        .iter()
        .try_fold(0, |number: u64, digit| digit.is_ascii_digit().then(|| number * 10 + u64::from(digit - b'0')))
}

fn is_space(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\r')
}

#[cfg(test)]
mod tests;
