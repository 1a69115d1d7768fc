//! Names: which are allowed, which are taken by Rust, and what they become in Rust.

/// The longest name, in characters.
pub const LONGEST: usize = 63;

/// Why `text` is not a name of the topology, `[a-z][a-z0-9_]{0,62}`; nothing if it is one.
pub fn check(text: &str) -> Result<(), &'static str> {
    let Some(first) = text.bytes().next() else {
        return Err("it is empty");
    };
    if !first.is_ascii_lowercase() {
        return Err("a name begins with a lower-case letter");
    }
    if !text.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_') {
        return Err("a name has only lower-case letters, digits and `_`");
    }
    if text.len() > LONGEST {
        return Err("a name has at most 63 characters");
    }
    Ok(())
}

/// A text from a file as it may be shown in a message: cut after 60 characters, nothing in it that moves the cursor.
pub fn shown(text: &str) -> String {
    let mut shown: String =
        text.chars().take(60).map(|letter| if is_hidden(letter) { '\u{fffd}' } else { letter }).collect();
    if text.chars().nth(60).is_some() {
        shown.push('…');
    }
    shown
}

/// Whether a character moves the cursor, turns the text around, or can't be seen at all.
pub fn is_hidden(letter: char) -> bool {
    letter.is_control() || is_bidirectional(letter) || is_zero_width(letter)
}

/// Whether a character makes text appear in another order than it is read in.
pub fn is_bidirectional(letter: char) -> bool {
    matches!(letter, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{200e}' | '\u{200f}' | '\u{61c}')
}

/// Whether a character takes no room.
pub fn is_zero_width(letter: char) -> bool {
    matches!(letter, '\u{200b}'..='\u{200d}' | '\u{2060}'..='\u{2064}' | '\u{feff}' | '\u{ad}' | '\u{180e}')
}

/// Whether Rust keeps this word for itself, in any edition, so that it can't name a module or a function.
pub fn is_keyword(name: &str) -> bool {
    KEYWORDS.binary_search(&name).is_ok()
}

/// Strict and reserved keywords of all editions that a name of the topology could equal, sorted.
const KEYWORDS: [&str; 52] = [
    "abstract", "as", "async", "await", "become", "box", "break", "const", "continue", "crate", "do", "dyn", "else",
    "enum", "extern", "false", "final", "fn", "for", "gen", "if", "impl", "in", "let", "loop", "macro", "match", "mod",
    "move", "mut", "override", "priv", "pub", "ref", "return", "self", "static", "struct", "super", "trait", "true",
    "try", "type", "typeof", "union", "unsafe", "unsized", "use", "virtual", "where", "while", "yield",
];

/// The name of the Rust type that stands for `name`: `send_welcome` becomes `SendWelcome`.
///
/// Two names can become the same type (`a_b` and `a__b`, `a1` and `a_1`): the rule `colliding_name` finds those.
pub fn pascal(name: &str) -> String {
    let mut pascal = String::with_capacity(name.len());
    for word in name.split('_') {
        let mut letters = word.chars();
        pascal.extend(letters.next().map(|first| first.to_ascii_uppercase()));
        pascal.push_str(letters.as_str());
    }
    pascal
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keywords_are_found() {
        assert!(KEYWORDS.is_sorted());
        for keyword in ["type", "match", "async", "self", "gen", "yield", "union"] {
            assert!(is_keyword(keyword), "{keyword}");
        }
        assert!(!is_keyword("user"));
    }

    #[test]
    fn names_become_types() {
        assert_eq!(pascal("send_welcome"), "SendWelcome");
        assert_eq!(pascal("a__b_"), "AB");
        assert_eq!(pascal("v2"), "V2");
    }

    #[test]
    fn what_is_shown_stays_on_its_line() {
        assert_eq!(shown("a\nb\u{1b}[31m"), "a\u{fffd}b\u{fffd}[31m");
        assert_eq!(shown(&"x".repeat(1_000)).chars().count(), 61);
    }
}
