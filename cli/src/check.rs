//! `cargo pontoon check`: everything that is wrong with a topology.

use crate::arguments::{Check, Report};
use crate::output::{self, Failure};
use crate::{json, rules, sarif, topology};
use pontoon_compiler::diagnostic::Findings;
use pontoon_compiler::plan::Request;
use std::io;
use std::process::ExitCode;

pub(crate) fn run(arguments: Check) -> Result<ExitCode, Failure> {
    let request = Request { foresee: true, ..topology::everything() };
    let opened = topology::open(arguments.topology, request, pontoon_compiler::check)?;
    let (compiled, folder) = (&opened.compiled, opened.folder.as_path());
    match arguments.format {
        Report::Human => {
            output::print(&topology::human(compiled, &io::stdout()))?;
            output::remark(&summary(&compiled.findings));
        }
        Report::Json => output::print_json(&json::report(&compiled.sources, folder, &compiled.findings))?,
        Report::Sarif => {
            output::print_json(&sarif::log(&compiled.sources, folder, &compiled.findings))?;
        }
    }
    let refused = compiled.findings.has_errors() || (arguments.deny_warnings && !compiled.findings.is_empty());
    Ok(if refused { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

/// The last line: how much was found, and where to read on.
fn summary(findings: &Findings) -> String {
    let counts = findings.counts();
    if counts.is_empty() {
        return "nothing to find fault with\n".to_owned();
    }
    let explained = findings.iter().find(|finding| rules::find(finding.code).is_some());
    let more = explained.map(|finding| format!("; `cargo pontoon explain {}` says more", finding.code));
    format!("\n{counts}{}\n", more.unwrap_or_default())
}
