//! From bytes to text: size, UTF-8, and characters that would show something else than what is there.

use pontoon_schema::name::{is_bidirectional, is_hidden, is_zero_width};

use crate::diagnostic::Diagnostic;
use crate::source::{FileId, Span};

/// Why bytes can't be read as text.
pub(super) enum NotUtf8 {
    /// It is another encoding of Unicode, which some editors write.
    Utf16,
    /// This byte does not belong to any character.
    At(usize),
}

/// The bytes as text. If they are not UTF-8, the text with what is wrong in it replaced, and why.
pub(super) fn decode(bytes: Vec<u8>) -> Result<String, (String, NotUtf8)> {
    if is_utf16(&bytes) {
        return Err((String::from_utf8_lossy(&bytes).replace('\0', ""), NotUtf8::Utf16));
    }
    String::from_utf8(bytes).map_err(|error| {
        let at = error.utf8_error().valid_up_to();
        (String::from_utf8_lossy(error.as_bytes()).into_owned(), NotUtf8::At(at))
    })
}

/// Whether this begins with the byte order mark of UTF-16, or with a letter of two bytes of which one is nothing.
fn is_utf16(bytes: &[u8]) -> bool {
    matches!(bytes, [0xff, 0xfe, ..] | [0xfe, 0xff, ..])
        || matches!(bytes, [letter, 0, next, 0, ..] | [0, letter, 0, next, ..] if *letter != 0 && *next != 0)
}

/// What stands in the way of reading bytes as text.
pub(super) fn not_utf8(file: FileId, why: &NotUtf8) -> Diagnostic {
    let at = match why {
        NotUtf8::Utf16 => {
            return Diagnostic::error("invalid_syntax", "this file is UTF-16, and a topology is UTF-8")
                .label(Span::new(file, 0, 0), "each letter has two bytes here")
                .help("save the file as UTF-8 (`iconv -f UTF-16 -t UTF-8`)");
        }
        NotUtf8::At(at) => u32::try_from(*at).unwrap_or(u32::MAX),
    };
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_of_two_bytes_a_letter_is_known() {
        let wide = |mark: &[u8], text: &str, big: bool| {
            let units = text.encode_utf16().flat_map(|unit| if big { unit.to_be_bytes() } else { unit.to_le_bytes() });
            mark.iter().copied().chain(units).collect::<Vec<u8>>()
        };
        for bytes in [
            wide(&[0xff, 0xfe], "pontoon: 1", false),
            wide(&[0xfe, 0xff], "pontoon: 1", true),
            wide(&[], "pontoon: 1", false),
            wide(&[], "# ü", true),
        ] {
            assert!(matches!(decode(bytes), Err((_, NotUtf8::Utf16))));
        }
        assert!(matches!(decode(b"a\xff".to_vec()), Err((_, NotUtf8::At(1)))));
        assert_eq!(decode("\u{feff}pontoon: 1".into()).ok().as_deref(), Some("\u{feff}pontoon: 1"));
    }
}
