//! Times of the clock and the calendar, as five fields of cron.

use std::fmt;
use std::str::FromStr;

use super::scalar::{Malformed, scalar};
use crate::cron;

/// When something runs: minute, hour, day of the month, month, day of the week (0 and 7 are Sunday), or a name such as
/// `@daily`.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub struct Cron(Box<str>);

impl Cron {
    /// The fields as they are written.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// The longest expression, in bytes.
const LONGEST: usize = 255;

impl FromStr for Cron {
    type Err = Malformed;

    fn from_str(text: &str) -> Result<Self, Malformed> {
        if text.len() > LONGEST {
            return Err(Malformed(format!("this time for cron has more than {LONGEST} characters")));
        }
        let fields = text.split_whitespace().collect::<Vec<_>>().join(" ");
        match cron::Cron::parse(&fields) {
            Ok(_) => Ok(Self(fields.into())),
            Err(wrong) => Err(Malformed(format!(
                "{wrong}; a time has five fields (minute, hour, day of the month, month, day of the week), such as \
                 `0 3 * * *` for three in the morning, or a name such as `@daily`"
            ))),
        }
    }
}

impl fmt::Display for Cron {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

scalar!(
    Cron,
    expected: "a time as five fields of cron (minute, hour, day of the month, month, day of the week), such as \
               `0 3 * * *` or `30 8 * * Mon-Fri`, or one of `@hourly`, `@daily`, `@midnight`, `@weekly`, `@monthly`, \
               `@yearly` and `@annually`",
    pattern: concat!(
        "^ *(@(hourly|daily|midnight|weekly|monthly|yearly|annually)",
        "|[0-9A-Za-z*,/-]+( +[0-9A-Za-z*,/-]+){4}) *$"
    ),
    examples: ["0 3 * * *", "*/5 * * * *", "30 8 * * Mon-Fri", "@daily"]
);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn five_fields_within_their_bounds_or_a_name() {
        for text in ["0 3 * * *", "*/5 * * * *", "30 8 * * Mon-Fri", "0,30 0-12/2 1 Jan 7", "@daily"] {
            assert_eq!(text.parse::<Cron>().unwrap().as_str(), text);
        }
        for text in [
            "",
            "* * * *",
            "60 * * * *",
            "* 24 * * *",
            "* * 0 * *",
            "5-1 * * * *",
            "*/0 * * * *",
            "a * * * *",
            "@reboot",
        ] {
            assert!(text.parse::<Cron>().is_err(), "{text}");
        }
    }
}
