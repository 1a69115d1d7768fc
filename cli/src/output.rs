//! Where output goes: to standard output, in colour only on a terminal, and quietly nowhere when the reader has gone.

use serde::Serialize;
use std::io::{self, IsTerminal, Write};

/// Why a command could not do what it was asked to: printed as it is, and the exit code is 2.
pub(crate) type Failure = String;

/// Prints a text. A reader that has enough (`| head`) is no failure.
pub(crate) fn print(text: &str) -> Result<(), Failure> {
    let mut out = io::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        result => result.map_err(|error| format!("could not write the output: {error}")),
    }
}

/// Prints data for another program.
pub(crate) fn print_json(data: &impl Serialize) -> Result<(), Failure> {
    let text = serde_json::to_string_pretty(data).map_err(|error| format!("could not write JSON: {error}"))?;
    print(&format!("{text}\n"))
}

/// Prints what is not the output itself, to standard error. There is nobody to tell if that fails.
pub(crate) fn remark(text: &str) {
    let _ = io::stderr().lock().write_all(text.as_bytes());
}

/// Whether this stream is shown to a person who wants colours, by `NO_COLOR` and `CLICOLOR` as everybody reads them.
pub(crate) fn wants_colours(stream: &impl IsTerminal) -> bool {
    let set = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
    if set("NO_COLOR").is_some() {
        return false;
    }
    if set("CLICOLOR_FORCE").is_some_and(|value| value != "0") {
        return true;
    }
    let refused = set("CLICOLOR").as_deref() == Some("0") || set("TERM").as_deref() == Some("dumb");
    stream.is_terminal() && !refused
}
