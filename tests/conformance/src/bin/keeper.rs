//! Keeps queues and state on the local disk, for tests that kill it: `keeper FOLDER`.

fn main() -> pontoon::Result<()> {
    let folder = std::env::args().nth(1).ok_or_else(|| pontoon::Error::fault("usage: keeper FOLDER"))?;
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    runtime.block_on(pontoon_conformance::keeper::keep(folder.as_ref()));
    Ok(())
}
