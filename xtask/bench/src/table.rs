//! What a row found, and the table of all of it.

use crate::rounds::{Compared, ComparedCosts, shown};
use std::borrow::Cow;
use std::fmt;

/// One line of the table.
pub(crate) struct Figure {
    pub(crate) what: Cow<'static, str>,
    pub(crate) against: &'static str,
    /// What came out, with its unit.
    pub(crate) measured: String,
    /// Empty for what is only reported; `at least …` where more is better.
    pub(crate) at_most: &'static str,
    pub(crate) within: bool,
}

/// What the columns are called.
pub(crate) const TITLES: [&str; 5] = ["what", "against", "measured", "at most", ""];

/// The figures, whatever table of the page they belong to, as a table in Markdown, lined up for a terminal.
pub(crate) struct Table<'a>(pub(crate) &'a [(&'static str, Figure)]);

impl fmt::Display for Table<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let rows: Vec<[&str; 5]> = self.0.iter().map(|(_, figure)| figure.cells()).collect();
        let width = |column: usize| {
            let cells = rows.iter().map(|row| row[column].chars().count());
            cells.chain([TITLES[column].len()]).max().unwrap_or(0)
        };
        let widths: [usize; 5] = std::array::from_fn(width);
        let line = |f: &mut fmt::Formatter<'_>, cells: &[&str; 5]| {
            for (cell, width) in cells.iter().zip(widths) {
                write!(f, "| {cell:<width$} ")?;
            }
            writeln!(f, "|")
        };
        line(f, &TITLES)?;
        for width in widths {
            write!(f, "|{}", "-".repeat(width + 2))?;
        }
        writeln!(f, "|")?;
        rows.iter().try_for_each(|row| line(f, row))
    }
}

/// How many times as much something may take.
#[derive(Clone, Copy)]
pub(crate) struct Times {
    pub(crate) at_most: f64,
    /// The same, as the table has it.
    pub(crate) shown: &'static str,
}

impl Times {
    /// What has no limit.
    pub(crate) const REPORTED: Self = Self { at_most: f64::INFINITY, shown: "" };
}

impl Figure {
    /// A line on two ways to do the same, with a text for what each of them took.
    pub(crate) fn compared(
        what: impl Into<Cow<'static, str>>,
        against: &'static str,
        compared: &Compared,
        (shown, limit): (fn(f64) -> String, &Times),
    ) -> Self {
        let Compared { ours, theirs, ratio } = *compared;
        Self {
            what: what.into(),
            against,
            measured: format!("{ratio:.2} × ({}, {})", shown(ours), shown(theirs)),
            at_most: limit.shown,
            within: ratio <= limit.at_most,
        }
    }

    /// A line on the CPU time of two ways to do the same over a broker, with what of it is the broker's.
    pub(crate) fn cpu(what: &str, against: &'static str, costs: &ComparedCosts, limit: Times) -> Self {
        let ComparedCosts { cpu, broker, .. } = costs;
        let figure = Self::compared(format!("CPU of {what}"), against, cpu, (shown, &limit));
        let (ours, theirs) = (shown(broker.ours), shown(broker.theirs));
        let measured = figure.measured.trim_end_matches(')');
        Self { measured: format!("{measured}; the broker's {ours}, {theirs})"), ..figure }
    }

    /// A line beside it, on the time by the clock, which the machine has more say in: it is only reported.
    pub(crate) fn clock(what: String, against: &'static str, compared: &Compared, shown: fn(f64) -> String) -> Self {
        Self::compared(what, against, compared, (shown, &Times::REPORTED))
    }

    /// The cells of its line.
    pub(crate) fn cells(&self) -> [&str; 5] {
        let verdict = match self.within {
            _ if self.at_most.is_empty() => "",
            true => "ok",
            false if self.at_most.starts_with("at least") => "under",
            false => "over",
        };
        [&self.what, self.against, &self.measured, self.at_most, verdict]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_columns_line_up() {
        let figure = |measured: &str, within| {
            let (what, measured) = ("a".into(), measured.to_owned());
            ("process", Figure { what, against: "by hand", measured, at_most: "2 ×", within })
        };
        assert_eq!(
            Table(&[figure("1.00 ×", true), figure("10.00 ×", false)]).to_string(),
            "| what | against | measured | at most |      |\n\
             |------|---------|----------|---------|------|\n\
             | a    | by hand | 1.00 ×   | 2 ×     | ok   |\n\
             | a    | by hand | 10.00 ×  | 2 ×     | over |\n"
        );
    }
}
