//! How fast Pontoon and what it generates are, against what one would use instead, in one run: `cargo xtask bench`.

mod bridges;
mod cargo;
mod check;
mod clean;
mod compile;
mod disk;
mod emit;
mod findings;
mod invoke;
mod process;
mod raw;
mod rebuild;
mod report;
mod rounds;
mod script;
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
        name: "script",
        about: "the build script as users have it, without optimisation, against parsing the same text",
        measure: script::figures,
    },
    Row {
        name: "findings",
        about: "`cargo pontoon check` of 5,000 commands, against reading them",
        measure: findings::figures,
    },
    Row {
        name: "check",
        about: "CPU and memory of checking the generated code, against tonic's",
        measure: check::checking,
    },
    Row {
        name: "build",
        about: "CPU and memory of building the generated code in debug, against tonic's",
        measure: check::building,
    },
    Row {
        name: "clean",
        about: "CPU of a clean build of the quickstart, against that of two crates that do not change",
        measure: clean::figures,
    },
    Row {
        name: "rebuild",
        about: "CPU of building examples/shop anew after one time-out has changed",
        measure: rebuild::figures,
    },
    Row {
        name: "start",
        about: "start to ready and memory of the quickstart, against a bare tokio program",
        measure: start::figures,
    },
    Row {
        name: "nats.request",
        about: "requests over a broker, one after the other and many at a time, against its client library alone",
        measure: bridges::request::figures::<raw::Nats>,
    },
    Row {
        name: "nats.publish",
        about: "events until the broker has confirmed them, against its client library alone",
        measure: bridges::events::published::<raw::Nats>,
    },
    Row {
        name: "nats.deliver",
        about: "events until they are handled and acknowledged, against its client library alone",
        measure: bridges::events::handled::<raw::Nats>,
    },
    Row {
        name: "nats.ready",
        about: "start to ready on a broker, against connecting and declaring by hand",
        measure: bridges::ready::figures::<raw::Nats>,
    },
    Row { name: "nats.idle", about: "the memory of a unit on a broker", measure: bridges::idle::figures::<raw::Nats> },
    Row {
        name: "amqp.request",
        about: "requests over a broker, one after the other and many at a time, against its client library alone",
        measure: bridges::request::figures::<raw::Amqp>,
    },
    Row {
        name: "amqp.publish",
        about: "events until the broker has confirmed them, against its client library alone",
        measure: bridges::events::published::<raw::Amqp>,
    },
    Row {
        name: "amqp.deliver",
        about: "events until they are handled and acknowledged, against its client library alone",
        measure: bridges::events::handled::<raw::Amqp>,
    },
    Row {
        name: "amqp.ready",
        about: "start to ready on a broker, against connecting and declaring by hand",
        measure: bridges::ready::figures::<raw::Amqp>,
    },
    Row { name: "amqp.idle", about: "the memory of a unit on a broker", measure: bridges::idle::figures::<raw::Amqp> },
    Row {
        name: "mqtt.request",
        about: "requests over a broker, one after the other and many at a time, against the bare protocol",
        measure: bridges::request::figures::<raw::Mqtt>,
    },
    Row {
        name: "mqtt.publish",
        about: "events until the broker has confirmed them, against the bare protocol",
        measure: bridges::events::published::<raw::Mqtt>,
    },
    Row {
        name: "mqtt.deliver",
        about: "events until they are handled and acknowledged, against the bare protocol",
        measure: bridges::events::handled::<raw::Mqtt>,
    },
    Row {
        name: "mqtt.ready",
        about: "start to ready on a broker, against connecting and declaring by hand",
        measure: bridges::ready::figures::<raw::Mqtt>,
    },
    Row { name: "mqtt.idle", about: "the memory of a unit on a broker", measure: bridges::idle::figures::<raw::Mqtt> },
    Row {
        name: "jobs.redis",
        about: "jobs until they are worked on, many at a time, against the client library alone",
        measure: bridges::jobs::figures::<raw::jobs::RedisJobs>,
    },
    Row {
        name: "jobs.nats",
        about: "jobs until they are worked on, many at a time, against the client library alone",
        measure: bridges::jobs::figures::<raw::jobs::NatsJobs>,
    },
    Row {
        name: "jobs.amqp",
        about: "jobs until they are worked on, many at a time, against the client library alone",
        measure: bridges::jobs::figures::<raw::jobs::AmqpJobs>,
    },
    Row {
        name: "jobs.disk",
        about: "durable jobs per second on the local disk, against what the disk can sync",
        measure: disk::enqueues,
    },
    Row {
        name: "jobs.memory",
        about: "the memory of a unit with a million jobs on the local disk",
        measure: disk::memory,
    },
    Row {
        name: "nats.chain",
        about: "ten services in a chain in one unit, against one hop alone; and with a unit each",
        measure: bridges::chain::figures,
    },
    Row {
        name: "nats.boutique",
        about: "Online Boutique, a shop of ten services, with a unit each, against all ten in one unit",
        measure: bridges::boutique::figures,
    },
];

impl Row {
    /// Whether a word on the command line means it: its name, or a part of that.
    fn is_meant(&self, word: &str) -> bool {
        self.name == word || self.name.split('.').any(|part| part == word)
    }
}

fn main() -> ExitCode {
    if let Some(done) = usage::stand_in() {
        return done;
    }
    let words: Vec<String> = std::env::args().skip(1).collect();
    let (options, names): (Vec<&String>, Vec<&String>) = words.iter().partition(|word| word.starts_with('-'));
    let unknown = names.iter().find(|name| !ROWS.iter().any(|row| row.is_meant(name)));
    if unknown.is_some() || options.iter().any(|option| *option != "--report") {
        help();
        return ExitCode::from(2);
    }

    let mut figures: Vec<(&'static str, Figure)> = Vec::new();
    for row in ROWS {
        if !names.is_empty() && !names.iter().any(|name| row.is_meant(name)) {
            continue;
        }
        eprintln!("measuring {}: {}", row.name, row.about);
        match (row.measure)() {
            Ok(found) => figures.extend(found.into_iter().map(|figure| (report::table_of(row.name), figure))),
            Err(error) => {
                eprintln!("{}: {error}", row.name);
                return ExitCode::from(2);
            }
        }
    }
    println!("\n{}\nTo repeat: cargo xtask bench {}", Table(&figures), words.join(" "));
    if options.is_empty() {
        return if figures.iter().all(|(_, figure)| figure.within) { ExitCode::SUCCESS } else { ExitCode::FAILURE };
    }
    match report::write(&figures) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("docs/benchmarks.md: {error}");
            ExitCode::from(2)
        }
    }
}

fn help() {
    eprintln!(
        "Usage: cargo xtask bench [--report] [ROW…]\n\n  --report  write the figures into docs/benchmarks.md, and end with success also \
         where a row is over\n\nRows, by name or by a part of it (`nats`, `request`):"
    );
    for row in ROWS {
        eprintln!("  {:<13} {}", row.name, row.about);
    }
}
