//! `cargo pontoon`: arguments and printing. What is checked, planned, drawn and generated is the compiler's.

mod arguments;
mod check;
mod expand;
mod explain;
mod graph;
mod json;
mod output;
mod place;
mod plan;
mod rules;
mod sarif;
mod schema;
mod suggest;
mod topology;

use arguments::Command;
use std::process::ExitCode;

fn main() -> ExitCode {
    let done = match arguments::parse().command {
        Command::Check(arguments) => check::run(arguments),
        Command::Explain(arguments) => explain::run(&arguments),
        Command::Plan(arguments) => plan::run(arguments),
        Command::Expand(arguments) => expand::run(arguments),
        Command::Graph(arguments) => graph::run(arguments),
        Command::Schema(_) => schema::run(),
    };
    done.unwrap_or_else(|failure| {
        output::remark(&format!("error: {failure}\n"));
        ExitCode::from(2)
    })
}
