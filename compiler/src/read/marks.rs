//! From the parser's marks, which count characters, to bytes.

/// Every so many characters the byte is written down.
const STEP: usize = 32;

/// The bytes at which the characters of a text begin.
pub(super) struct Marks<'a> {
    text: &'a str,
    /// Nothing in a text of ASCII alone, where bytes and characters are the same.
    steps: Option<Vec<u32>>,
}

impl<'a> Marks<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        let steps = (!text.is_ascii()).then(|| {
            let bytes = text.char_indices().map(|(byte, _)| u32::try_from(byte).unwrap_or(u32::MAX));
            bytes.step_by(STEP).collect()
        });
        Self { text, steps }
    }

    /// The byte at which this character begins; the end of the text if there are fewer.
    pub(super) fn byte(&self, character: usize) -> u32 {
        let byte = match &self.steps {
            None => character.min(self.text.len()),
            Some(steps) => match steps.get(character / STEP) {
                None => self.text.len(),
                Some(start) => {
                    let start = *start as usize;
                    let rest = &self.text[start..];
                    start + rest.char_indices().nth(character % STEP).map_or(rest.len(), |(byte, _)| byte)
                }
            },
        };
        u32::try_from(byte).unwrap_or(u32::MAX)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn characters_become_bytes() {
        for text in ["", "plain", &"ä€x😀".repeat(200)] {
            let marks = Marks::new(text);
            for (character, (byte, _)) in text.char_indices().enumerate() {
                assert_eq!(marks.byte(character) as usize, byte);
            }
            assert_eq!(marks.byte(text.chars().count()) as usize, text.len());
            assert_eq!(marks.byte(usize::MAX) as usize, text.len());
        }
    }
}
