//! Text of the topology as rustdoc is to show it: as it is written. In Markdown it could be code, which `cargo test`
//! runs, a link that leads nowhere, or HTML. `inline code` stays what it is.

use std::fmt::Write;

/// A line of a description, with nothing around it, as Markdown that says the same.
pub(super) fn escaped(line: &str) -> String {
    let mut out = String::with_capacity(line.len() + 8);
    let mut rest = begun(line, &mut out);
    let mut before = None;
    while let Some(letter) = rest.chars().next() {
        if let Some(span) = code(rest, before) {
            out.push_str(span);
            (rest, before) = (&rest[span.len()..], Some('`'));
            continue;
        }
        if let Some(address) = address(rest, before) {
            // Writing to a string does not fail.
            let _ = write!(out, "<{address}>");
            (rest, before) = (&rest[address.len()..], Some('>'));
            continue;
        }
        let after = &rest[letter.len_utf8()..];
        let is_markup = match letter {
            '\\' | '`' | '*' | '[' | ']' | '<' | '~' | '|' => true,
            // Within a word it is a letter like others.
            '_' => !(before.is_some_and(char::is_alphanumeric) && after.starts_with(char::is_alphanumeric)),
            // Of `&amp;` and `&#65;`.
            '&' => after
                .trim_start_matches(|letter: char| letter == '#' || letter.is_ascii_alphanumeric())
                .starts_with(';'),
            _ => false,
        };
        if is_markup {
            out.push('\\');
        }
        out.push(letter);
        (rest, before) = (after, Some(letter));
    }
    out
}

/// Escapes what means something at the beginning of a line: headings, quotes, lists, rules. Returns the rest.
fn begun<'l>(line: &'l str, out: &mut String) -> &'l str {
    let digits = line.len() - line.trim_start_matches(|letter: char| letter.is_ascii_digit()).len();
    let mark = line[digits..].chars().next();
    let is_mark = match mark {
        Some('#' | '>' | '-' | '+' | '=') => digits == 0,
        Some('.' | ')') => digits > 0,
        _ => false,
    };
    match mark.filter(|_| is_mark) {
        Some(mark) => {
            out.push_str(&line[..digits]);
            out.push('\\');
            out.push(mark);
            &line[digits + mark.len_utf8()..]
        }
        None => line,
    }
}

/// Inline code at the beginning of a text: between two backticks that have no others beside them.
fn code(text: &str, before: Option<char>) -> Option<&str> {
    if before == Some('`') {
        return None;
    }
    let inside = text.strip_prefix('`')?;
    let end = inside.find('`')?;
    let is_alone = !inside[end + 1..].starts_with('`');
    (end > 0 && is_alone && !inside[..end].trim().is_empty()).then(|| &text[..end + 2])
}

/// An address of the web at the beginning of a text.
fn address(text: &str, before: Option<char>) -> Option<&str> {
    if before.is_some_and(char::is_alphanumeric) || !(text.starts_with("http://") || text.starts_with("https://")) {
        return None;
    }
    let ends = |letter: char| letter.is_whitespace() || letter.is_control() || "<>\"'`()[]{}|\\^".contains(letter);
    let address = text.split(ends).next()?.trim_end_matches(['.', ',', ';', ':', '!', '?']);
    (address.len() > "https://".len()).then_some(address)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_text_stays_as_it_is() {
        for line in [
            "",
            "Who has an account.",
            "Sends `user.signed_up` to e-mail, 3.5 % of them; R&D.",
            "snake_case and 2 > 1 + 1 - 0 = 2",
            "§ \u{fc}ber “quotes” — {braces} 'and' \"more\"",
        ] {
            assert_eq!(escaped(line), line);
        }
    }

    #[test]
    fn markup_is_text() {
        for (line, expected) in [
            ("```rust", "\\`\\`\\`rust"),
            ("~~~", "\\~\\~\\~"),
            ("`half open", "\\`half open"),
            ("`` ` ``", "\\`\\` \\` \\`\\`"),
            ("a `b` c ``d``", "a `b` c \\`\\`d\\`\\`"),
            ("# Heading", "\\# Heading"),
            ("- item", "\\- item"),
            ("1. one", "1\\. one"),
            ("12) twelve", "12\\) twelve"),
            ("===", "\\==="),
            ("> quote", "\\> quote"),
            ("[the wiki] and [Made::tags](x), ![a]", "\\[the wiki\\] and \\[Made::tags\\](x), !\\[a\\]"),
            ("<b>not</b> Vec<String>", "\\<b>not\\</b> Vec\\<String>"),
            ("*a* _b_ __c__ a_b", "\\*a\\* \\_b\\_ \\_\\_c\\_\\_ a_b"),
            ("&amp; &#65; & b", "\\&amp; \\&#65; & b"),
            ("a | b \\", "a \\| b \\\\"),
            ("see https://example.com/a_b?c=d&e=f.", "see <https://example.com/a_b?c=d&e=f>."),
            ("xhttp://a https://", "xhttp://a https://"),
        ] {
            assert_eq!(escaped(line), expected);
        }
    }
}
