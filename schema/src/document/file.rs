//! Paths of included files.

use std::fmt;
use std::str::FromStr;

use super::scalar::{Malformed, scalar};
use crate::name::shown;

/// The path of a file below the folder of the file that names it, with `/` between folders.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub struct FilePath(Box<str>);

impl FilePath {
    /// The path as it is written.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for FilePath {
    type Err = Malformed;

    fn from_str(text: &str) -> Result<Self, Malformed> {
        let text_shown = shown(text);
        if text.starts_with('/') || text.contains(':') {
            return Err(Malformed(format!(
                "`{text_shown}` is an absolute path: a path relative to this file was expected, such as `user.yaml`"
            )));
        }
        if text.split('/').any(|part| part == "..") {
            return Err(Malformed(format!(
                "`{text_shown}` leaves the folder of the topology: only files below it can be included"
            )));
        }
        let plain = |part: &str| !part.is_empty() && part != ".";
        if text.len() > 255 || text.contains('\\') || text.chars().any(char::is_control) || !text.split('/').all(plain)
        {
            return Err(Malformed(format!(
                "`{text_shown}` is not the path of a file: names with `/` between them were expected, such as \
                 `services/user.yaml`"
            )));
        }
        Ok(Self(text.into()))
    }
}

impl fmt::Display for FilePath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

scalar!(
    FilePath,
    expected: "the path of a file below this one's folder, such as `user.yaml` or `services/user.yaml`",
    pattern: r"^(?!.*(^|/)\.{1,2}(/|$))[^/:\\]+(/[^/:\\]+)*$",
    examples: ["user.yaml", "services/user.yaml"]
);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_stay_below() {
        for text in ["user.yaml", "services/user.yaml", "a..b.yaml"] {
            assert!(text.parse::<FilePath>().is_ok(), "{text}");
        }
        for text in ["", "/etc/passwd", "../x.yaml", "a/../../x", "C:\\x", "C:/x", "a//b", "./a", "a/", "a\0b"] {
            assert!(text.parse::<FilePath>().is_err(), "{text}");
        }
    }
}
