//! What was generated under another name runs.

use std::sync::atomic::Ordering;

use pontoon_renamed::contract::Note;
use pontoon_renamed::desk;
use pontoon_renamed::topology::monolith::{self, Resources};
use pontoon_renamed::topology::secret;

#[tokio::test]
async fn a_crate_that_calls_it_otherwise_runs() -> Result<(), pt::Error> {
    let desk = desk::Resources::default();
    let shop =
        monolith::in_memory(Resources { desk: desk.clone() }).secret(secret::Password, "letmein").start().await?;
    let note = Note { text: "milk".to_owned() };
    assert!(shop.client().invoke(pontoon_renamed::topology::desk::Add, note).await.is_ok());
    while desk.seen.load(Ordering::SeqCst) < 2 {
        tokio::task::yield_now().await;
    }
    shop.shutdown().await?;
    Ok(())
}
