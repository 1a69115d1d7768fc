//! `cargo xtask`: the chores of this repository, with nothing but std in its tree, so that it builds at once on a bare
//! machine.

mod bench;
mod brokers;
mod demo;
mod fuzz;
mod setup;
mod soak;
mod steps;
mod test;

use std::process::ExitCode;

/// One chore: what is typed, what the help says, and what it does with the words after its name.
struct Command {
    name: &'static str,
    summary: &'static str,
    run: fn(&[String]) -> ExitCode,
}

/// All chores, in the order in which a newcomer needs them. A new one is a module of its own and a line here.
const COMMANDS: &[Command] = &[
    Command { name: "setup", summary: "add what toolchain and machine lack, fetch the crates", run: setup::run },
    Command {
        name: "test",
        summary: "everything that has to pass before a change is done; nats: what NATS carries, on the newest server",
        run: test::run,
    },
    Command {
        name: "brokers",
        summary: "[KIND…] real brokers on loopback, until Ctrl-C, and the variables by which tests find them",
        run: brokers::run,
    },
    Command {
        name: "demo",
        summary: "shop: its units as processes on real brokers, one killed on the way",
        run: demo::run,
    },
    Command {
        name: "soak",
        summary: "[--mixed] [SECONDS] [SEED] [BRIDGE…] events and jobs while brokers, or all there is, are killed (600 s each)",
        run: soak::run,
    },
    Command {
        name: "fuzz",
        summary: "[SECONDS] hostile topologies against the compiler (default 60); --compile N: random ones, run",
        run: fuzz::run,
    },
    Command {
        name: "bench",
        summary: "[--report] [ROW…] how fast it is, against what one would use instead; --report writes docs/benchmarks.md",
        run: bench::run,
    },
    Command { name: "help", summary: "this text", run: help },
];

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let Some((name, rest)) = words.split_first() else {
        return help(&[]);
    };
    if matches!(name.as_str(), "-h" | "--help") {
        return help(&[]);
    }
    let Some(command) = COMMANDS.iter().find(|command| command.name == name) else {
        eprintln!("cargo xtask: there is no `{name}`\n");
        help(&[]);
        return ExitCode::from(2);
    };
    (command.run)(rest)
}

fn help(_: &[String]) -> ExitCode {
    println!("The chores of this repository.\n\nUsage: cargo xtask <COMMAND>\n");
    for command in COMMANDS {
        println!("  {:<8} {}", command.name, command.summary);
    }
    ExitCode::SUCCESS
}

#[cfg(test)]
mod tests {
    use super::*;
    use pontoon_documents::markdown::commands;
    use pontoon_documents::repository::{documents, read};

    #[test]
    fn every_chore_that_the_documents_name_is_known() {
        let mut chores = Vec::new();
        for text in documents().iter().map(|document| read(document)) {
            chores.extend(commands(&text).into_iter().map(|(_, command)| command));
            // In a sentence, a chore stands between backticks.
            chores.extend(text.split('`').map(str::to_owned));
        }
        chores.retain(|chore| chore.starts_with("cargo xtask "));
        assert!(chores.len() > 10, "only {chores:?}");
        for chore in chores {
            let name = chore.split_whitespace().nth(2).unwrap_or_default();
            assert!(COMMANDS.iter().any(|command| command.name == name), "there is no `{chore}`");
        }
    }
}
