//! Headers of NATS messages: a block of lines after the version line, which may have a status.

use std::str;

use bytes::Bytes;
use memchr::memchr;

/// What a block of headers begins with.
const VERSION: &[u8] = b"NATS/1.0";

/// How many lines of a block are found at once. What is behind them is searched each time that it is asked for.
const LINES: usize = 24;

/// A block of headers as it came with a message; empty where there is none. Anybody may have written it: a line that is
/// no header is passed over.
#[derive(Clone, Debug, Default)]
pub(crate) struct HeaderBlock(Bytes);

impl From<Bytes> for HeaderBlock {
    fn from(bytes: Bytes) -> Self {
        Self(bytes)
    }
}

impl HeaderBlock {
    /// The status in the version line: `NATS/1.0 503`, with words behind it perhaps.
    pub(crate) fn status(&self) -> Option<u16> {
        let code = self.0.strip_prefix(VERSION)?.strip_prefix(b" ")?.trim_ascii_start().get(..3)?;
        str::from_utf8(code).ok()?.parse().ok()
    }

    /// Its lines, found once.
    pub(crate) fn lines(&self) -> HeaderLines<'_> {
        HeaderLines::of(&self.0)
    }
}

/// The lines of a block of headers, as names and values.
pub(crate) struct HeaderLines<'b> {
    found: [(&'b [u8], &'b [u8]); LINES],
    count: usize,
    rest: &'b [u8],
}

impl<'b> HeaderLines<'b> {
    fn of(block: &'b [u8]) -> Self {
        let mut lines = Self { found: [(&[], &[]); LINES], count: 0, rest: block };
        if next_line(&mut lines.rest).is_none_or(|version| !version.starts_with(VERSION)) {
            lines.rest = &[];
        }
        while lines.count < LINES
            && let Some(line) = next_line(&mut lines.rest)
        {
            if let Some(header) = header(line) {
                lines.found[lines.count] = header;
                lines.count += 1;
            }
        }
        lines
    }

    /// The value of a header: the first of this name, or else of this name in another case.
    pub(crate) fn get(&self, name: &str) -> Option<&'b [u8]> {
        let mut in_another_case = None;
        for (written, value) in self.iter().filter(|(written, _)| written.len() == name.len()) {
            if written == name.as_bytes() {
                return Some(value);
            }
            if in_another_case.is_none() && written.eq_ignore_ascii_case(name.as_bytes()) {
                in_another_case = Some(value);
            }
        }
        in_another_case
    }

    /// All headers.
    fn iter(&self) -> impl Iterator<Item = (&'b [u8], &'b [u8])> {
        let mut rest = self.rest;
        let further = std::iter::from_fn(move || next_line(&mut rest)).filter_map(header);
        self.found[..self.count].iter().copied().chain(further)
    }
}

/// The next line that is not empty.
fn next_line<'b>(rest: &mut &'b [u8]) -> Option<&'b [u8]> {
    while !rest.is_empty() {
        let (line, after) = memchr(b'\n', rest).map_or((*rest, &[][..]), |end| (&rest[..end], &rest[end + 1..]));
        *rest = after;
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        if !line.is_empty() {
            return Some(line);
        }
    }
    None
}

/// The name and the value of a line.
fn header(line: &[u8]) -> Option<(&[u8], &[u8])> {
    let colon = memchr(b':', line)?;
    Some((&line[..colon], line[colon + 1..].trim_ascii()))
}

/// A block of headers that is being written.
pub(crate) struct HeaderWriter(Vec<u8>);

impl HeaderWriter {
    /// Begins with the version line.
    pub(crate) fn new() -> Self {
        let mut block = Vec::with_capacity(512);
        block.extend_from_slice(VERSION);
        block.extend_from_slice(b"\r\n");
        Self(block)
    }

    /// Adds a header whose value is such that it can stand in one: one with a line break would be two, and is left out.
    pub(crate) fn put(&mut self, name: &str, value: &str) {
        if !value.bytes().any(|byte| matches!(byte, b'\r' | b'\n')) {
            self.put_all(name, [value]);
        }
    }

    /// Adds a header whose value is these parts, which have no line breaks.
    pub(crate) fn put_all<'v>(&mut self, name: &str, value: impl IntoIterator<Item = &'v str>) {
        self.0.extend_from_slice(name.as_bytes());
        self.0.extend_from_slice(b": ");
        value.into_iter().for_each(|part| self.0.extend_from_slice(part.as_bytes()));
        self.0.extend_from_slice(b"\r\n");
    }

    /// The block.
    pub(crate) fn finish(mut self) -> Vec<u8> {
        self.0.extend_from_slice(b"\r\n");
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn block(text: &str) -> HeaderBlock {
        Bytes::copy_from_slice(text.as_bytes()).into()
    }

    #[test]
    fn what_is_written_is_what_is_read() {
        let mut writer = HeaderWriter::new();
        writer.put("a", "b c");
        writer.put("broken", "x\r\ny: z");
        writer.put_all("d", ["e", "f"]);
        let block = HeaderBlock::from(Bytes::from(writer.finish()));
        assert_eq!(&*block.0, b"NATS/1.0\r\na: b c\r\nd: ef\r\n\r\n");
        let lines = block.lines();
        assert_eq!((lines.get("a"), lines.get("D")), (Some(&b"b c"[..]), Some(&b"ef"[..])));
        assert_eq!((lines.get("broken"), lines.get("y"), block.status()), (None, None, None));
    }

    #[test]
    fn the_status_stands_in_the_version_line() {
        assert_eq!(block("NATS/1.0 503\r\n\r\n").status(), Some(503));
        assert_eq!(block("NATS/1.0 408 Request Timeout\r\nNats-Pending-Messages: 3\r\n\r\n").status(), Some(408));
        for none in ["", "NATS/1.0", "NATS/1.0\r\n\r\n", "NATS/1.0 x\r\n", "NATS/1.0 50", "HTTP/1.1 200\r\n"] {
            assert_eq!(block(none).status(), None, "{none:?}");
        }
    }

    #[test]
    fn what_is_no_header_is_passed_over() {
        let block = block("NATS/1.0\r\nno colon\r\n: nameless\r\n\r\na:b\nA: c\r\nx: y\rz");
        let lines = block.lines();
        assert_eq!((lines.get("a"), lines.get("A")), (Some(&b"b"[..]), Some(&b"c"[..])));
        assert_eq!((lines.get("x"), lines.get("no colon")), (Some(&b"y\rz"[..]), None));
        assert!(HeaderBlock::from(Bytes::from_static(b"a: b\r\n")).lines().get("a").is_none());
    }

    #[test]
    fn of_many_headers_the_last_is_found() {
        let many: String = (0..1000).map(|number| format!("h{number}: {number}\r\n")).collect();
        let block = block(&format!("NATS/1.0\r\n{many}\r\n"));
        assert_eq!(block.lines().get("h999"), Some(&b"999"[..]));
        assert_eq!(block.lines().get("h1000"), None);
    }
}
