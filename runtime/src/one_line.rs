//! Text of others in a log: in one line, whoever has written it.

use std::fmt::{self, Write};

/// Shows something in one line. A message from elsewhere has its say in errors, and could otherwise begin a line of its
/// own in the log, or change what a terminal shows.
pub(crate) struct OneLine<T>(pub(crate) T);

impl<T: fmt::Display> fmt::Display for OneLine<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(Escaping(f), "{}", self.0)
    }
}

struct Escaping<'f, 'b>(&'f mut fmt::Formatter<'b>);

impl Write for Escaping<'_, '_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        for part in text.split_inclusive(breaks) {
            let mut rest = part.chars();
            match part.chars().next_back().filter(|last| breaks(*last)) {
                None => self.0.write_str(part)?,
                Some(last) => {
                    rest.next_back();
                    self.0.write_str(rest.as_str())?;
                    write!(self.0, "{}", last.escape_default())?;
                }
            }
        }
        Ok(())
    }
}

/// What ends a line, moves the cursor, or turns the direction in which a line is read.
fn breaks(character: char) -> bool {
    character.is_control()
        || matches!(character, '\u{2028}' | '\u{2029}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_begins_a_line_or_moves_the_cursor() {
        let foreign = "unknown variant `a\n2026-11-29T00:00:00Z ERROR pontoon: all is lost`\u{1b}[2J\u{202e}\r\n";
        let shown = OneLine(foreign).to_string();
        assert_eq!(
            shown,
            "unknown variant `a\\n2026-11-29T00:00:00Z ERROR pontoon: all is lost`\\u{1b}[2J\\u{202e}\\r\\n"
        );
        assert_eq!(OneLine("Grüße, „ok“ \\n").to_string(), "Grüße, „ok“ \\n");
    }
}
