//! The long soaks: `soak [--mixed] [SECONDS] [SEED] [BRIDGE…]`, ten minutes on each bridge if nothing is said.

use std::process::ExitCode;
use std::time::{Duration, SystemTime};

use pontoon_conformance::event_bridge::Column;
use pontoon_conformance::{mixed, soak};

/// What can be soaked, by the name that one types.
const BRIDGES: [(&str, Column); 4] =
    [("amqp", Column::Amqp), ("jetstream", Column::JetStream), ("mqtt", Column::Mqtt), ("nats_core", Column::NatsCore)];

/// What was asked for.
struct Asked {
    mixed: bool,
    time: Duration,
    seed: u64,
    columns: Vec<Column>,
}

#[tokio::main]
async fn main() -> ExitCode {
    let asked = match read(std::env::args().skip(1)) {
        Ok(asked) => asked,
        Err(problem) => {
            eprintln!("{problem}");
            return ExitCode::from(2);
        }
    };
    let problems = if asked.mixed { run_mixed(&asked).await } else { run(&asked).await };
    for problem in &problems {
        eprintln!("{problem}");
    }
    if problems.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn read(words: impl Iterator<Item = String>) -> Result<Asked, String> {
    let clock = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    let mut asked =
        Asked { mixed: false, time: Duration::from_secs(600), seed: clock.as_secs() % 1_000_000, columns: Vec::new() };
    let mut numbers = 0;
    for word in words {
        if word == "--mixed" {
            asked.mixed = true;
        } else if let Ok(number) = word.parse() {
            match numbers {
                0 => asked.time = Duration::from_secs(number),
                _ => asked.seed = number,
            }
            numbers += 1;
        } else if let Some((_, column)) = BRIDGES.iter().find(|(name, _)| *name == word) {
            asked.columns.push(*column);
        } else {
            let names = BRIDGES.map(|(name, _)| name).join(", ");
            return Err(format!(
                "`{word}` is neither `--mixed`, nor a number of seconds or a seed, nor one of: {names}"
            ));
        }
    }
    // What may be lost cannot be told from what is not there yet.
    asked.columns.retain(|column| !asked.mixed || !column.is_at_most_once());
    if asked.columns.is_empty() {
        let all = BRIDGES.map(|(_, column)| column);
        asked.columns = all.into_iter().filter(|column| !asked.mixed || !column.is_at_most_once()).collect();
    }
    Ok(asked)
}

async fn run(asked: &Asked) -> Vec<String> {
    let period = Duration::from_secs(30).min(asked.time / 3);
    println!("{}", soak::Report::HEADING);
    let mut problems = Vec::new();
    for column in &asked.columns {
        let report = soak::soak(*column, soak::Plan { time: asked.time, period }).await;
        println!("{report}");
        problems.extend(report.problems().into_iter().map(|problem| format!("{column}: {problem}")));
    }
    problems
}

async fn run_mixed(asked: &Asked) -> Vec<String> {
    // Built beside this program, by the same command.
    let program = std::env::current_exe().map(|soak| soak.with_file_name("unit"));
    let program = match program {
        Ok(program) => program.to_string_lossy().into_owned().leak(),
        Err(error) => return vec![format!("the program that runs a unit is not found: {error}")],
    };
    println!("{}", mixed::Report::HEADING);
    let mut problems = Vec::new();
    for column in &asked.columns {
        let plan = mixed::Plan { time: asked.time, seed: asked.seed, poisons: 2 };
        let report = mixed::mixed(*column, program, plan).await;
        println!("{report}");
        if !report.problems.is_empty() {
            problems.extend(report.history);
            problems
                .extend(report.problems.into_iter().map(|problem| format!("{column}, seed {}: {problem}", asked.seed)));
        }
    }
    problems
}
