//! From bytes to text: size, UTF-8, and characters that would show something else than what is there.

use pontoon_schema::name::{is_bidirectional, is_hidden, is_zero_width};

use crate::diagnostic::Diagnostic;
use crate::source::{FileId, Span};

/// The bytes as text. If they are not UTF-8, the text with what is wrong in it replaced, and the first byte of that.
pub(super) fn decode(bytes: Vec<u8>) -> Result<String, (String, usize)> {
    String::from_utf8(bytes).map_err(|error| {
        let at = error.utf8_error().valid_up_to();
        (String::from_utf8_lossy(error.as_bytes()).into_owned(), at)
    })
}

/// What stands in the way of reading bytes as text.
pub(super) fn not_utf8(file: FileId, at: usize) -> Diagnostic {
    let at = u32::try_from(at).unwrap_or(u32::MAX);
    Diagnostic::error("invalid_syntax", format!("this file is not UTF-8: byte {at} does not belong to any character"))
        .label(Span::new(file, at, at + 3), "everything up to here is text")
        .help("save the file as UTF-8")
}

/// Characters that nobody sees, or that show the text in another order than it is read in.
pub(super) fn hidden(file: FileId, text: &str) -> Vec<Diagnostic> {
    let hidden = |letter: char| is_hidden(letter) && !matches!(letter, '\n' | '\r' | '\t');
    if text.is_ascii() && !text.bytes().any(|byte| hidden(char::from(byte))) {
        return Vec::new();
    }
    // A byte order mark is only a mark at the very beginning.
    let found = text.char_indices().filter(|(at, letter)| hidden(*letter) && (*at > 0 || *letter != '\u{feff}'));
    let found = found.map(|(at, letter)| {
        let (what, why) = if is_bidirectional(letter) {
            ("a bidirectional control character", "it shows the text in another order than it is read in")
        } else if is_zero_width(letter) {
            ("a zero-width character", "nobody can see it")
        } else {
            ("a control character", "it has no place in a text")
        };
        let byte = |at: usize| u32::try_from(at).unwrap_or(u32::MAX);
        let span = Span::new(file, byte(at), byte(at + letter.len_utf8()));
        Diagnostic::error("invalid_syntax", format!("{what} (U+{:04X}) stands in this file", u32::from(letter)))
            .label(span, why)
            .help("delete it; the words around it may have to be typed anew")
    });
    found.take(10).collect()
}
