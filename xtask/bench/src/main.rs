//! How fast Pontoon and what it generates are, against what one would use instead, in one run: `cargo xtask bench`.

mod cargo;
mod check;
mod compile;
mod emit;
mod invoke;
mod rounds;
mod start;
mod synthetic;
mod table;
mod tonic;
mod usage;

use std::process::ExitCode;
use table::{Figure, Table};

/// A group of lines of the table that are measured together.
struct Row {
    name: &'static str,
    about: &'static str,
    measure: fn() -> Result<Vec<Figure>, rounds::Error>,
}

/// All rows, in the order of the table.
const ROWS: &[Row] = &[
    Row {
        name: "invoke",
        about: "a local invoke, plain, in time and seen by a subscriber, against handlers called by hand",
        measure: invoke::figures,
    },
    Row { name: "allocations", about: "what a local invoke allocates", measure: invoke::allocations },
    Row { name: "emit", about: "events in memory, against a raw channel", measure: emit::figures },
    Row {
        name: "plan",
        about: "read to plan of 5,000 commands, against parsing their text",
        measure: compile::planning,
    },
    Row {
        name: "generate",
        about: "read to emit of 500 commands, against prost and tonic",
        measure: compile::emitting,
    },
    Row { name: "growth", about: "read to emit of ten times as much", measure: compile::growth },
    Row {
        name: "check",
        about: "CPU and memory of checking the generated code, against tonic's",
        measure: check::figures,
    },
    Row {
        name: "start",
        about: "start to ready and memory of the quickstart, against a bare tokio program",
        measure: start::figures,
    },
];

fn main() -> ExitCode {
    if let Some(done) = usage::stand_in() {
        return done;
    }
    let words: Vec<String> = std::env::args().skip(1).collect();
    let (options, names): (Vec<&String>, Vec<&String>) = words.iter().partition(|word| word.starts_with('-'));
    let unknown = names.iter().find(|name| !ROWS.iter().any(|row| row.name == **name));
    if unknown.is_some() || options.iter().any(|option| *option != "--report") {
        help();
        return ExitCode::from(2);
    }

    let mut figures = Vec::new();
    for row in ROWS {
        if !names.is_empty() && !names.contains(&&row.name.to_owned()) {
            continue;
        }
        eprintln!("measuring {}: {}", row.name, row.about);
        match (row.measure)() {
            Ok(found) => figures.extend(found),
            Err(error) => {
                eprintln!("{}: {error}", row.name);
                return ExitCode::from(2);
            }
        }
    }
    println!("\n{}\nTo repeat: cargo xtask bench {}", Table(&figures), words.join(" "));
    if options.is_empty() && figures.iter().any(|figure| !figure.within) {
        return ExitCode::FAILURE;
    }
    ExitCode::SUCCESS
}

fn help() {
    eprintln!(
        "Usage: cargo xtask bench [--report] [ROW…]\n\n  --report  end with success also where a row is over\n\nRows:"
    );
    for row in ROWS {
        eprintln!("  {:<9} {}", row.name, row.about);
    }
}
