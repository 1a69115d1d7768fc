//! The long soak: `soak [SECONDS] [BRIDGE…]`, ten minutes on each bridge if nothing is said.

use std::process::ExitCode;
use std::time::Duration;

use pontoon_conformance::event_bridge::Column;
use pontoon_conformance::soak::{Plan, Report, soak};

/// What can be soaked, by the name that one types.
const BRIDGES: [(&str, Column); 4] =
    [("amqp", Column::Amqp), ("jetstream", Column::JetStream), ("mqtt", Column::Mqtt), ("nats_core", Column::NatsCore)];

#[tokio::main]
async fn main() -> ExitCode {
    let mut time = Duration::from_secs(600);
    let mut columns = Vec::new();
    for word in std::env::args().skip(1) {
        if let Ok(seconds) = word.parse() {
            time = Duration::from_secs(seconds);
        } else if let Some((_, column)) = BRIDGES.iter().find(|(name, _)| *name == word) {
            columns.push(*column);
        } else {
            let names = BRIDGES.map(|(name, _)| name).join(", ");
            eprintln!("`{word}` is neither a number of seconds nor one of: {names}");
            return ExitCode::from(2);
        }
    }
    if columns.is_empty() {
        columns = BRIDGES.map(|(_, column)| column).into();
    }
    let period = Duration::from_secs(30).min(time / 3);
    println!("{}", Report::HEADING);
    let mut problems = Vec::new();
    for column in columns {
        let report = soak(column, Plan { time, period }).await;
        println!("{report}");
        problems.extend(report.problems().into_iter().map(|problem| format!("{column}: {problem}")));
    }
    for problem in &problems {
        eprintln!("{problem}");
    }
    if problems.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
