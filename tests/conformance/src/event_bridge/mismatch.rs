//! E28: what the broker has is not what it has to be.

use std::time::Duration;

use pontoon::{BridgeError, Error};
use tokio::time::timeout;

use crate::event_bridge::{Rig, raw};
use crate::topology::apart;

/// An object that is there with other settings is a clear error at the start: which one, what differs, what to do. It
/// is left as it is.
///
/// # Panics
/// The adapter does not pass.
pub async fn e28_an_object_with_other_settings_is_a_clear_error(rig: Rig) {
    let object = raw::spoil(&rig).await;
    for _ in 0..2 {
        let start = rig.launch::<apart::back::Back>("back", &rig.script).start();
        let ended = timeout(Duration::from_secs(20), start).await.expect("it does not wait for that");
        let Err(Error::Fault(fault)) = ended else { panic!("it starts") };
        let cause = fault.cause().and_then(|cause| cause.downcast_ref::<BridgeError>());
        let Some(BridgeError::Mismatch(difference)) = cause else { panic!("{fault:?}") };
        assert!(difference.contains(object), "which one: {difference}");
        let differs = if object.contains("events") { "retention" } else { "x-queue-type" };
        assert!(difference.contains(differs), "what differs: {difference}");
        assert!(
            ["delete it", "remove it"].iter().any(|remedy| difference.contains(remedy)),
            "what to do: {difference}"
        );
    }
}
