//! A worker in a process of its own, which a case kills: `worker ADAPTER URL TOPOLOGY JOURNAL MANNER`.

use std::process::ExitCode;

#[tokio::main]
async fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    match pontoon_conformance::queue::work(&words).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("worker: {error}");
            ExitCode::FAILURE
        }
    }
}
