//! The five fields of an expression, as cron users write them: `*`, `5`, `Mon-Fri`, `*/15`, lists of these, `@daily`.

use super::Cron;
use crate::name::shown;

/// A field of an expression, and its range.
struct Field {
    name: &'static str,
    least: u32,
    most: u32,
    /// What its values are called, the first one for the least.
    names: &'static [&'static str],
}

const MONTHS: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
const DAYS: [&str; 7] = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"];

const FIELDS: [Field; 5] = [
    Field { name: "minute", least: 0, most: 59, names: &[] },
    Field { name: "hour", least: 0, most: 23, names: &[] },
    Field { name: "day of month", least: 1, most: 31, names: &[] },
    Field { name: "month", least: 1, most: 12, names: &MONTHS },
    // Sunday is 0, and also 7.
    Field { name: "day of week", least: 0, most: 7, names: &DAYS },
];

/// What has a name of its own.
const NICKNAMES: [(&str, &str); 7] = [
    ("@yearly", "0 0 1 1 *"),
    ("@annually", "0 0 1 1 *"),
    ("@monthly", "0 0 1 * *"),
    ("@weekly", "0 0 * * 0"),
    ("@daily", "0 0 * * *"),
    ("@midnight", "0 0 * * *"),
    ("@hourly", "0 * * * *"),
];

pub(super) fn parse(expression: &str) -> Result<Cron, String> {
    let expression = expression.trim();
    let fields = match NICKNAMES.iter().find(|(name, _)| *name == expression) {
        Some((_, fields)) => fields,
        None if expression.starts_with('@') => {
            let names = NICKNAMES.map(|(name, _)| name).join(", ");
            return Err(format!("`{}` is none of {names}", shown(expression)));
        }
        None => expression,
    };
    let texts: Vec<&str> = fields.split_whitespace().collect();
    let [minutes, hours, days, months, weekdays] = *texts else {
        return Err(format!("`{}` has {} fields, not five: m h dom mon dow", shown(expression), texts.len()));
    };
    let mut bits = [0; 5];
    for ((bits, text), field) in bits.iter_mut().zip([minutes, hours, days, months, weekdays]).zip(&FIELDS) {
        *bits = field.values(text).map_err(|wrong| format!("`{}`: {wrong}", shown(expression)))?;
    }
    Ok(Cron {
        minutes: bits[0],
        hours: bits[1],
        days: bits[2],
        months: bits[3],
        weekdays: (bits[4] | bits[4] >> 7) & 0x7f,
        // As cron has it, `*/2` is a star with a step.
        either_day: !days.starts_with('*') && !weekdays.starts_with('*'),
        at_intervals: minutes.starts_with('*') || hours.starts_with('*'),
    })
}

impl Field {
    /// The values of a field: `*`, `5`, `1-5`, `Mon-Fri`, `*/15`, `10-40/10`, and lists of these.
    fn values(&self, text: &str) -> Result<u64, String> {
        let mut bits = 0;
        for part in text.split(',') {
            let (range, step) = part.split_once('/').map_or((part, None), |(range, step)| (range, Some(step)));
            let (first, last) = match range.split_once('-') {
                _ if range == "*" => (self.least, self.most),
                Some((first, last)) => self.range(first, last)?,
                None if step.is_some() => (self.value(range)?, self.most),
                None => (self.value(range)?, self.value(range)?),
            };
            let step = match step.map(str::parse::<usize>) {
                None => 1,
                Some(Ok(step)) if step > 0 => step,
                Some(_) => {
                    let (name, part) = (self.name, shown(part));
                    return Err(format!("the {name} `{part}` has a step that is no number above 0"));
                }
            };
            bits |= (first..=last).step_by(step).fold(0, |bits, value| bits | 1 << value);
        }
        Ok(bits)
    }

    /// The ends of a range. A week that ends with Sunday ends with day 7.
    fn range(&self, from: &str, to: &str) -> Result<(u32, u32), String> {
        let (first, last) = (self.value(from)?, self.value(to)?);
        let last = if last == 0 && self.most == 7 && first > 0 { self.most } else { last };
        if first > last {
            let Self { name, least, most, .. } = *self;
            let (from, to) = (shown(from), shown(to));
            return Err(format!("the {name} `{from}-{to}` runs backwards: write `{from}-{most},{least}-{to}`"));
        }
        Ok((first, last))
    }

    /// A number, or a name of three letters.
    fn value(&self, text: &str) -> Result<u32, String> {
        let Self { name, least, most, names } = *self;
        let named = (least..).zip(names).find(|(_, known)| known.eq_ignore_ascii_case(text)).map(|(value, _)| value);
        let digits = text.bytes().all(|byte| byte.is_ascii_digit());
        let number = text.parse().ok().filter(|number| digits && (least..=most).contains(number));
        named.or(number).ok_or_else(|| {
            let known = match names {
                [first, .., last] => format!(", or a name from {first} to {last}"),
                _ => String::new(),
            };
            format!("the {name} `{}` is not a number from {least} to {most}{known}", shown(text))
        })
    }
}
