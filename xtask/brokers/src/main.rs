//! The program behind `cargo xtask brokers`: one broker of each kind, until Ctrl-C, for the tests and programs that
//! find them by environment variables.

use pontoon_brokers::{Broker, Error, Kind};
use std::io::{self, Write};
use std::process::ExitCode;
use std::thread;

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let kinds = match chosen(&words) {
        Ok(kinds) => kinds,
        Err(unknown) => {
            let known = Kind::ALL.map(|kind| kind.to_string()).join(", ");
            eprintln!("there is no broker `{unknown}`; there are {known}");
            return ExitCode::from(2);
        }
    };
    // All at once: RabbitMQ takes seconds, and the others need not wait for it.
    let started: Vec<Result<Broker, Error>> = thread::scope(|scope| {
        let starting: Vec<_> = kinds.iter().map(|kind| scope.spawn(|| Broker::start(*kind))).collect();
        starting.into_iter().filter_map(|thread| thread.join().ok()).collect()
    });
    match started.into_iter().collect::<Result<Vec<Broker>, Error>>() {
        Ok(brokers) => serve(&brokers),
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

/// Says where they are, and stays until the process is ended, which ends them.
fn serve(brokers: &[Broker]) -> ExitCode {
    if let Err(error) = tell(brokers) {
        eprintln!("could not say where the brokers are: {error}");
        return ExitCode::FAILURE;
    }
    loop {
        thread::park();
    }
}

fn tell(brokers: &[Broker]) -> io::Result<()> {
    let mut out = io::stdout().lock();
    for broker in brokers {
        let (variable, log) = (broker.kind().variable(), broker.log_file());
        writeln!(out, "export {variable}='{}'  # its log: {}", broker.url(), log.display())?;
    }
    writeln!(out, "# These lines, pasted into another shell, have its tests use these brokers. Ctrl-C stops them.")
}

/// The kinds that the words name, all of them without words; or the word that names none.
fn chosen(words: &[String]) -> Result<Vec<Kind>, &String> {
    if words.is_empty() {
        return Ok(Kind::ALL.to_vec());
    }
    words.iter().map(|word| Kind::ALL.into_iter().find(|kind| kind.to_string() == *word).ok_or(word)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_name_kinds() {
        let words = |line: &str| line.split_whitespace().map(str::to_owned).collect::<Vec<_>>();
        assert_eq!(chosen(&[]), Ok(Kind::ALL.to_vec()));
        assert_eq!(chosen(&words("redis nats")), Ok(vec![Kind::Redis, Kind::Nats]));
        assert_eq!(chosen(&words("redis kafka")), Err(&"kafka".to_owned()));
    }
}
