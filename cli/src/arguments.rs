//! What may be typed, and the help that teaches it.

use clap::{Parser, Subcommand, ValueEnum};
use std::path::PathBuf;

/// Checks, explains, plans and shows a Pontoon topology.
#[derive(Debug, Parser)]
#[command(
    name = "cargo-pontoon",
    bin_name = "cargo pontoon",
    version,
    about = "Checks, explains, plans and shows a Pontoon topology.",
    after_help = "\
`cargo build` checks the same things. This tool says them without building, and shows what the build would make of them.

Exit codes:
  0  done, nothing wrong
  1  the topology has errors (or warnings, with --deny-warnings)
  2  could not run: no such file, no such deployment, a wrong argument

Examples:
  cargo pontoon check                         the topology.yaml of this package
  cargo pontoon explain invoke_cycle          what a finding means, and how to mend it
  cargo pontoon plan monolith -e local        what runs where, and what it needs
  cargo pontoon expand monolith               the code that the build generates
  cargo pontoon graph                         services, events, queues and state, drawn"
)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    Check(Check),
    Explain(Explain),
    Plan(Plan),
    Expand(Expand),
    Graph(Graph),
    Schema(Schema),
}

/// Report everything that is wrong with a topology
///
/// All findings of a run are reported together. Each has a code, labels on every line that matters, and help that says
/// what to write instead. `cargo pontoon explain CODE` has the whole story.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  cargo pontoon check
  cargo pontoon check -t services/topology.yaml --deny-warnings
  cargo pontoon check --format sarif > findings.sarif    for code scanning in CI")]
pub(crate) struct Check {
    #[command(flatten)]
    pub(crate) topology: TopologyFile,

    /// How findings are printed
    #[arg(long, value_enum, default_value_t = Report::Human)]
    pub(crate) format: Report,

    /// Exit with 1 on warnings too
    #[arg(long)]
    pub(crate) deny_warnings: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Report {
    /// For people: the lines of the topology, with labels
    Human,
    /// For scripts: one JSON object
    Json,
    /// For code scanning: SARIF 2.1.0
    Sarif,
}

/// Say what a rule finds, why that is bad and how to mend it
///
/// Without a name: all rules, a line each.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  cargo pontoon explain
  cargo pontoon explain invoke_cycle
  cargo pontoon explain pontoon::invoke_cycle            as a finding prints it")]
pub(crate) struct Explain {
    /// The rule, as findings name it
    pub(crate) rule: Option<String>,
}

/// Show what the compiler decided: units, routes, subjects, variables, adapters
///
/// A plan is made for each deployment in each of its environments. What is local is a plain call; what goes over the
/// bridge is shown with its subject.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  cargo pontoon plan
  cargo pontoon plan microservices --environment production
  cargo pontoon plan --time                              who waits for whom, and how long
  cargo pontoon plan monolith --format json")]
pub(crate) struct Plan {
    /// One deployment [default: all]
    pub(crate) deployment: Option<String>,

    /// One environment [default: all that the deployment runs in]
    #[arg(long, short)]
    pub(crate) environment: Option<String>,

    /// The time that handlers allow themselves, beside the time of what they wait for, the worst first
    #[arg(long, conflicts_with_all = ["deployment", "environment"])]
    pub(crate) time: bool,

    /// How the plan is printed
    #[arg(long, value_enum, default_value_t = PlanFormat::Text)]
    pub(crate) format: PlanFormat,

    #[command(flatten)]
    pub(crate) topology: TopologyFile,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum PlanFormat {
    /// For people
    Text,
    /// For scripts
    Json,
}

/// Print the code that the build generates for a deployment, a unit of one, or callers from outside
///
/// The files that a build script writes to OUT_DIR/topology, the contract among them, one after the other, each under
/// its name. Paths are as the topology has them; in a crate that one of them names, a build writes `crate`.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  cargo pontoon expand monolith
  cargo pontoon expand microservices.mail                one unit
  cargo pontoon expand client                            the typed client for callers from outside
  cargo pontoon expand monolith --file user.rs           one file alone")]
pub(crate) struct Expand {
    /// The deployment, one of its units, or `client`
    pub(crate) what: String,

    /// One generated file alone, by its name
    #[arg(long, value_name = "NAME")]
    pub(crate) file: Option<String>,

    #[command(flatten)]
    pub(crate) topology: TopologyFile,
}

/// Draw services, commands, events, queues and state, and the arrows between them
///
/// With a deployment, boxes are its units, and calls that cross from one unit to another are dashed.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  cargo pontoon graph                                    for a ```mermaid block
  cargo pontoon graph microservices --format dot | dot -Tsvg > microservices.svg")]
pub(crate) struct Graph {
    /// One deployment [default: the whole topology, by service]
    pub(crate) deployment: Option<String>,

    /// The language of the drawing
    #[arg(long, value_enum, default_value_t = GraphFormat::Mermaid)]
    pub(crate) format: GraphFormat,

    #[command(flatten)]
    pub(crate) topology: TopologyFile,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum GraphFormat {
    /// Mermaid, which GitHub and many editors show
    Mermaid,
    /// The language of Graphviz
    Dot,
}

/// Print the JSON Schema of topology.yaml
///
/// Editors complete and check a topology with it: put this line first, with the place you keep the schema at:
///
///     # yaml-language-server: $schema=topology.schema.json
#[derive(Debug, clap::Args)]
#[command(verbatim_doc_comment)]
#[command(after_help = "\
Example:
  cargo pontoon schema > topology.schema.json")]
pub(crate) struct Schema;

/// Where the topology is.
#[derive(Debug, clap::Args)]
pub(crate) struct TopologyFile {
    /// The topology [default: topology.yaml here, or beside the Cargo.toml of this package]
    #[arg(long = "topology", short = 't', value_name = "FILE")]
    pub(crate) path: Option<PathBuf>,

    /// Follow symbolic links among the files that it includes
    #[arg(long)]
    pub(crate) follow_links: bool,
}

/// The arguments of this process, whether it was started as `cargo pontoon …` or as `cargo-pontoon …`.
pub(crate) fn parse() -> Arguments {
    let mut words: Vec<_> = std::env::args_os().collect();
    // Cargo hands the name of the subcommand on as the first argument.
    if words.get(1).is_some_and(|word| word == "pontoon") {
        words.remove(1);
    }
    Arguments::parse_from(words)
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn every_subcommand_can_be_asked_for_help() {
        Arguments::command().debug_assert();
    }
}
