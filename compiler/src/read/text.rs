//! From bytes to text: size, UTF-8, and characters that would show something else than what is there.

use crate::diagnostic::Diagnostic;
use crate::source::{FileId, Span};

/// A file as text, with what is wrong with it. A byte order mark at the beginning becomes a space... of three bytes' length
/// it keeps, so that places stay where they are.
pub(super) fn decode(bytes: Vec<u8>) -> Result<String, (String, usize)> {
    String::from_utf8(bytes).map_err(|error| {
        let at = error.utf8_error().valid_up_to();
        (String::from_utf8_lossy(error.as_bytes()).into_owned(), at)
    })
}

/// What stands in the way of reading bytes as text.
pub(super) fn not_utf8(file: FileId, at: usize) -> Diagnostic {
    let at = u32::try_from(at).unwrap_or(u32::MAX);
    Diagnostic::error(
        "invalid_syntax",
        format!("this file is not UTF-8: byte {at} does not belong to any character"),
    )
    .label(Span::new(file, at, at + 3), "everything up to here is text")
    .help("save the file as UTF-8")
}

/// Characters that nobody sees, or that show the text in another order than it is read in.
pub(super) fn invisible(file: FileId, text: &str) -> Vec<Diagnostic> {
    if text.is_ascii() && !text.bytes().any(|byte| is_control(char::from(byte))) {
        return Vec::new();
    }
    let hidden = text.char_indices().filter_map(|(at, letter)| {
        let (what, why) = match letter {
            '\u{feff}' if at == 0 => return None,
            '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{200e}' | '\u{200f}' | '\u{61c}' => (
                "a bidirectional control character",
                "it shows the text in another order than it is read in",
            ),
            '\u{200b}'..='\u{200d}' | '\u{2060}'..='\u{2064}' | '\u{feff}' | '\u{ad}' | '\u{180e}' => {
                ("a zero-width character", "nobody can see it")
            }
            letter if is_control(letter) => ("a control character", "it has no place in a text"),
            _ => return None,
        };
        let start = u32::try_from(at).unwrap_or(u32::MAX);
        let span = Span::new(file, start, start + u32::try_from(letter.len_utf8()).unwrap_or(1));
        let message = format!("{what} (U+{:04X}) stands in this file: {why}", u32::from(letter));
        Some(
            Diagnostic::error("invalid_syntax", message)
                .label(span, "here")
                .help("delete it, and type the word anew"),
        )
    });
    hidden.take(10).collect()
}

fn is_control(letter: char) -> bool {
    letter.is_control() && !matches!(letter, '\n' | '\r' | '\t')
}
