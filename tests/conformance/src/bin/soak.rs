//! The long soaks: `soak [--mixed] [SECONDS] [SEED] [BRIDGE…]`, ten minutes on each bridge if nothing is said.

use std::process::ExitCode;
use std::time::{Duration, SystemTime};

use pontoon_conformance::event_bridge::Column;
use pontoon_conformance::soak::jobs::QueueColumn;
use pontoon_conformance::{mixed, soak};

/// The event bridges that can be soaked, by the name that one types.
const EVENTS: [(&str, Column); 4] =
    [("amqp", Column::Amqp), ("jetstream", Column::JetStream), ("mqtt", Column::Mqtt), ("nats_core", Column::NatsCore)];

/// The queue bridges that can be soaked, by the name that one types.
const QUEUES: [(&str, QueueColumn); 4] = [
    ("queue_amqp", QueueColumn::Amqp),
    ("queue_nats", QueueColumn::Nats),
    ("queue_redis", QueueColumn::Redis),
    ("queue_embedded", QueueColumn::Embedded),
];

/// What was asked for.
struct Asked {
    mixed: bool,
    time: Duration,
    seed: u64,
    events: Vec<Column>,
    queues: Vec<QueueColumn>,
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
    let ran = if asked.mixed { run_mixed(&asked).await } else { run(&asked).await };
    let problems = ran.unwrap_or_else(|problem| vec![problem]);
    for problem in &problems {
        eprintln!("{problem}");
    }
    if problems.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn read(words: impl Iterator<Item = String>) -> Result<Asked, String> {
    let clock = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    let (time, seed) = (Duration::from_secs(600), clock.as_secs() % 1_000_000);
    let mut asked = Asked { mixed: false, time, seed, events: Vec::new(), queues: Vec::new() };
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
        } else if let Some((_, column)) = EVENTS.iter().find(|(name, _)| *name == word) {
            asked.events.push(*column);
        } else if let Some((_, column)) = QUEUES.iter().find(|(name, _)| *name == word) {
            asked.queues.push(*column);
        } else {
            let names: Vec<_> = EVENTS.iter().map(|(name, _)| *name).chain(QUEUES.map(|(name, _)| name)).collect();
            return Err(format!(
                "`{word}` is neither `--mixed`, nor a number of seconds or a seed, nor one of: {}",
                names.join(", ")
            ));
        }
    }
    if asked.mixed && !asked.queues.is_empty() {
        return Err("`--mixed` takes event bridges alone: each has a queue bridge that goes with it".to_owned());
    }
    if asked.mixed && asked.events.iter().any(|column| column.is_at_most_once()) {
        return Err("`--mixed` is not for events that may be lost: they cannot be told from what is late".to_owned());
    }
    if asked.events.is_empty() && asked.queues.is_empty() {
        let all = EVENTS.map(|(_, column)| column).into_iter();
        asked.events = all.filter(|column| !asked.mixed || !column.is_at_most_once()).collect();
        asked.queues = QUEUES.map(|(_, column)| column).to_vec();
    }
    Ok(asked)
}

/// A program that is built beside this one, by the same command.
fn beside(name: &str) -> Result<String, String> {
    let soak = std::env::current_exe().map_err(|error| format!("`{name}` is not found: {error}"))?;
    Ok(soak.with_file_name(name).to_string_lossy().into_owned())
}

async fn run(asked: &Asked) -> Result<Vec<String>, String> {
    let plan = soak::Plan { time: asked.time, period: Duration::from_secs(30).min(asked.time / 3) };
    let mut problems = Vec::new();
    if !asked.events.is_empty() {
        println!("{}", soak::events::Report::HEADING);
    }
    for column in &asked.events {
        let report = soak::events::soak(*column, plan).await;
        println!("{report}");
        problems.extend(report.problems().into_iter().map(|problem| format!("{column}: {problem}")));
    }
    if !asked.queues.is_empty() {
        println!("\n{}", soak::jobs::Report::HEADING);
    }
    for column in &asked.queues {
        let report = soak::jobs::soak(*column, &beside("keeper")?, plan).await;
        println!("{report}");
        problems.extend(report.problems().into_iter().map(|problem| format!("queues, {column}: {problem}")));
    }
    Ok(problems)
}

async fn run_mixed(asked: &Asked) -> Result<Vec<String>, String> {
    let program = beside("unit")?.leak();
    println!("{}", mixed::Report::HEADING);
    let mut problems = Vec::new();
    for column in &asked.events {
        let plan = mixed::Plan { time: asked.time, seed: asked.seed, poisons: 2, poison_jobs: 2 };
        let report = mixed::mixed(*column, program, plan).await;
        println!("{report}");
        if !report.problems.is_empty() {
            problems.extend(report.history);
            problems
                .extend(report.problems.into_iter().map(|problem| format!("{column}, seed {}: {problem}", asked.seed)));
        }
    }
    Ok(problems)
}
