//! `--report`: the figures as they stand in docs/benchmarks.md, a table for each group of rows, between two markers.

use std::path::Path;

use crate::rounds::Error;
use crate::table::{Figure, TITLES};

/// The tables of the page, and the rows in each by the first part of their name.
const TABLES: [(&str, &[&str]); 6] = [
    ("process", &["invoke", "allocations", "emit", "start"]),
    ("compiler", &["plan", "generate", "growth", "script", "findings", "check", "build", "clean", "rebuild"]),
    ("nats", &["nats"]),
    ("amqp", &["amqp"]),
    ("mqtt", &["mqtt"]),
    ("jobs", &["jobs"]),
];

/// The table in which the figures of a row stand.
pub(crate) fn table_of(row: &str) -> &'static str {
    let group = row.split('.').next().unwrap_or_default();
    TABLES.iter().find(|(_, rows)| rows.contains(&group)).map_or("process", |(table, _)| table)
}

/// Writes figures, each with its table, into docs/benchmarks.md. Lines on something else stay as they are.
pub(crate) fn write(figures: &[(&'static str, Figure)]) -> Result<(), Error> {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/benchmarks.md");
    let mut text = std::fs::read_to_string(&page)?;
    for (table, _) in TABLES {
        let measured: Vec<&Figure> =
            figures.iter().filter(|(known, _)| *known == table).map(|(_, figure)| figure).collect();
        if !measured.is_empty() {
            text = with_table(&text, table, &measured)?;
        }
    }
    Ok(std::fs::write(page, text)?)
}

/// The page with the lines of one table measured anew.
fn with_table(page: &str, table: &str, figures: &[&Figure]) -> Result<String, Error> {
    let (begin, end) = (format!("<!-- bench {table}: begin -->\n"), format!("<!-- bench {table}: end -->\n"));
    let missing = || Error::from(format!("docs/benchmarks.md has no table between the markers `bench {table}`"));
    let (before, rest) = page.split_once(&begin).ok_or_else(missing)?;
    let (old, after) = rest.split_once(&end).ok_or_else(missing)?;
    let old = old.lines().filter(|line| line.starts_with("| ")).skip(1);
    let mut lines: Vec<String> = old.map(str::to_owned).collect();
    // A line that is new stands behind the one that was measured before it, which it may refer to.
    let mut place = lines.len();
    for figure in figures {
        let line = line(&figure.cells());
        match lines.iter().position(|known| is_about(known, figure)) {
            Some(known) => {
                lines[known] = line;
                place = known;
            }
            None if place < lines.len() => {
                place += 1;
                lines.insert(place, line);
            }
            None => lines.push(line),
        }
    }
    let titles = line(&TITLES);
    let rule = "|---".repeat(TITLES.len());
    Ok(format!("{before}{begin}\n{titles}\n{rule}|\n{}\n\n{end}{after}", lines.join("\n")))
}

/// Whether a line of the page compares the same two things.
fn is_about(line: &str, figure: &Figure) -> bool {
    let mut cells = line.trim_matches('|').split('|').map(str::trim);
    cells.next() == Some(&*figure.what) && cells.next() == Some(figure.against)
}

fn line(cells: &[&str; 5]) -> String {
    format!("| {} |", cells.join(" | "))
}

#[cfg(test)]
mod tests {
    use super::*;

    const PAGE: &str = "# Benchmarks\n\n<!-- bench nats: begin -->\n\n| what | against | measured | at most |  |\n\
                        |---|---|---|---|---|\n| a | by hand | 2.00 × | 2 × | ok |\n| b | by hand | 1.00 × | 2 × | ok |\n\n\
                        <!-- bench nats: end -->\n\nprose\n";

    fn figure(what: &'static str, measured: &str) -> Figure {
        Figure { what: what.into(), against: "by hand", measured: measured.to_owned(), at_most: "2 ×", within: true }
    }

    #[test]
    fn what_was_measured_is_written_and_the_rest_stays() {
        let (known, new) = (figure("a", "1.50 ×"), figure("the same twice", "1.10 ×"));
        let page = with_table(PAGE, "nats", &[&known, &new]).unwrap();
        let lines: Vec<&str> = page.lines().filter(|line| line.contains("by hand")).collect();
        assert_eq!(
            lines,
            [
                "| a | by hand | 1.50 × | 2 × | ok |",
                "| the same twice | by hand | 1.10 × | 2 × | ok |",
                "| b | by hand | 1.00 × | 2 × | ok |"
            ]
        );
        assert!(page.starts_with("# Benchmarks\n\n<!-- bench nats: begin -->\n\n| what |"), "{page}");
        assert!(page.ends_with("|\n\n<!-- bench nats: end -->\n\nprose\n"), "{page}");
    }

    #[test]
    fn the_page_has_a_table_for_every_row() {
        let page = include_str!("../../../docs/benchmarks.md");
        for row in crate::ROWS {
            let table = table_of(row.name);
            assert!(TABLES.iter().any(|(_, rows)| rows.contains(&row.name.split('.').next().unwrap())), "{}", row.name);
            assert!(page.contains(&format!("<!-- bench {table}: begin -->\n")), "{table}");
        }
        // What is read from it is written as it was.
        for (table, _) in TABLES {
            assert_eq!(with_table(page, table, &[]).unwrap(), page, "{table}");
        }
    }
}
