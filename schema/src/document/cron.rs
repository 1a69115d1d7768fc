//! Times of the clock and the calendar, as five fields of cron.

use std::fmt;
use std::str::FromStr;

use super::scalar::{Malformed, scalar};
use crate::name::shown;

/// When something runs, in UTC: minute, hour, day of the month, month, day of the week (0 is Sunday).
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub struct Cron(Box<str>);

impl Cron {
    /// The five fields as they are written.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

const FIELDS: [(&str, u32, u32); 5] =
    [("minute", 0, 59), ("hour", 0, 23), ("day of the month", 1, 31), ("month", 1, 12), ("day of the week", 0, 6)];

impl FromStr for Cron {
    type Err = Malformed;

    fn from_str(text: &str) -> Result<Self, Malformed> {
        let fields: Vec<&str> = text.split(' ').filter(|field| !field.is_empty()).collect();
        if fields.len() != FIELDS.len() || text.len() > 255 {
            return Err(Malformed(format!(
                "`{}` is not a time for cron: five fields were expected (minute, hour, day of the month, month, day of the \
                 week), such as `0 3 * * *` for three in the morning, UTC",
                shown(text)
            )));
        }
        for (field, (name, least, most)) in fields.iter().zip(FIELDS) {
            if !field.split(',').all(|item| is_item(item, least, most)) {
                return Err(Malformed(format!(
                    "`{}` is not a {name} for cron: `*`, `*/5`, or numbers from {least} to {most} such as `{least}`, \
                     `{least}-{most}` or `{least},{most}` were expected",
                    shown(field)
                )));
            }
        }
        Ok(Self(fields.join(" ").into()))
    }
}

/// Whether this is `*`, `3` or `3-5`, each perhaps with a step, `/2`.
fn is_item(item: &str, least: u32, most: u32) -> bool {
    let number = |text: &str| {
        let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        text.parse::<u32>().ok().filter(|_| digits)
    };
    let within = |text: &str| number(text).filter(|number| (least..=most).contains(number));
    let (range, step) = match item.split_once('/') {
        Some((range, step)) => (range, Some(step)),
        None => (item, None),
    };
    let step = step.is_none_or(|step| number(step).is_some_and(|step| (1..=most).contains(&step)));
    let range = match range.split_once('-') {
        Some((first, last)) => matches!((within(first), within(last)), (Some(first), Some(last)) if first <= last),
        None => range == "*" || within(range).is_some(),
    };
    step && range
}

impl fmt::Display for Cron {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

scalar!(
    Cron,
    expected: "a time in UTC as five fields of cron (minute, hour, day of the month, month, day of the week), such as \
               `0 3 * * *`",
    pattern: r"^ *[0-9*,/-]+ +[0-9*,/-]+ +[0-9*,/-]+ +[0-9*,/-]+ +[0-9*,/-]+ *$",
    examples: ["0 3 * * *", "*/5 * * * *", "30 8 * * 1-5"]
);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn five_fields_within_their_bounds() {
        for text in ["0 3 * * *", "*/5 * * * *", "30 8 * * 1-5", "0,30 0-12/2 1 1 0"] {
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
            "@daily",
        ] {
            assert!(text.parse::<Cron>().is_err(), "{text}");
        }
    }
}
