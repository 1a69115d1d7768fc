//! Which of a unit's lanes are down: what they add to its health.

use std::collections::BTreeMap;

use crate::health::Health;
use crate::sync::{Mutex, MutexGuard};

/// The lanes of a unit that have ended unasked, by name, with the reason of the last time.
#[derive(Default)]
pub(crate) struct Lanes(Mutex<BTreeMap<&'static str, Down>>);

/// Of several lanes with one name, how many are down.
struct Down {
    count: usize,
    why: String,
}

impl Lanes {
    fn down(&self) -> MutexGuard<'_, BTreeMap<&'static str, Down>> {
        self.0.lock()
    }

    pub(crate) fn health(&self) -> Health {
        let down = self.down();
        let parts: Vec<_> =
            down.iter().map(|(name, Down { why, .. })| format!("{name} was started again: {why}")).collect();
        if parts.is_empty() { Health::Ready } else { Health::Degraded(parts.join("; ")) }
    }
}

/// What one lane adds to the unit's health; nothing any more once it is dropped.
pub(super) struct Outages<'l> {
    pub(super) of: &'l Lanes,
    pub(super) name: &'static str,
    pub(super) is_down: bool,
}

impl Outages<'_> {
    pub(super) fn down(&mut self, why: &str) {
        let mut lanes = self.of.down();
        let down = lanes.entry(self.name).or_insert_with(|| Down { count: 0, why: String::new() });
        down.count += usize::from(!self.is_down);
        why.clone_into(&mut down.why);
        self.is_down = true;
    }

    pub(super) fn up(&mut self) {
        if !std::mem::take(&mut self.is_down) {
            return;
        }
        let mut lanes = self.of.down();
        if let Some(down) = lanes.get_mut(self.name) {
            down.count -= 1;
            if down.count == 0 {
                lanes.remove(self.name);
            }
        }
    }
}

impl Drop for Outages<'_> {
    fn drop(&mut self) {
        self.up();
    }
}
