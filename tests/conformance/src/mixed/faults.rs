//! What is inflicted on units, broker and store: one thing after the other, at random.

use std::collections::BTreeMap;
use std::time::Duration;

use fastrand::Rng;
use pontoon_brokers::Broker;
use tokio::task::block_in_place;
use tokio::time::{Instant, sleep};

use super::fleet::Fleet;
use crate::event_bridge::{Column, Rig};

/// What is inflicted, and what was.
pub(super) struct Faults<'b> {
    random: Rng,
    redis: &'b Broker,
    begun: Instant,
    renamed: bool,
    pub(super) counts: BTreeMap<&'static str, u32>,
    pub(super) history: Vec<String>,
}

/// The kinds of faults. Those of units come more often.
const KINDS: [&str; 12] = [
    "unit killed",
    "unit killed",
    "unit killed",
    "unit frozen",
    "unit frozen",
    "unit cut off",
    "unit cut off",
    "broker killed",
    "broker frozen",
    "store killed",
    "store frozen",
    "instance replaced",
];

impl<'b> Faults<'b> {
    pub(super) fn new(seed: u64, redis: &'b Broker) -> Self {
        let (counts, history) = (BTreeMap::new(), vec![format!("seed {seed}")]);
        Self { random: Rng::with_seed(seed), redis, begun: Instant::now(), renamed: false, counts, history }
    }

    fn note(&mut self, kind: &'static str, what: &str) {
        *self.counts.entry(kind).or_default() += 1;
        self.history.push(format!("{:8.3} s  {kind} {what}", self.begun.elapsed().as_secs_f64()));
    }

    fn millis(&mut self, range: std::ops::Range<u64>) -> Duration {
        Duration::from_millis(self.random.u64(range))
    }

    /// Waits, and starts those again that have ended.
    async fn wait(fleet: &mut Fleet<'_>, time: Duration) {
        let until = Instant::now() + time;
        while Instant::now() < until {
            fleet.supervise();
            sleep(Duration::from_millis(50)).await;
        }
    }

    /// One fault, what mends it, and a pause.
    pub(super) async fn inflict(&mut self, fleet: &mut Fleet<'_>, rig: &Rig, end: Instant) {
        let half_time = self.begun + end.duration_since(self.begun) / 2;
        if !self.renamed && Instant::now() >= half_time {
            self.rename(fleet);
        }
        let kind = KINDS[self.random.usize(..KINDS.len())];
        let place = self.random.usize(..fleet.instances.len());
        let name = fleet.instances[place].name.clone();
        let time = self.millis(500..4_000);
        match kind {
            "unit killed" => {
                self.note(kind, &name);
                fleet.instances[place].kill(time);
            }
            "unit frozen" => {
                self.note(kind, &format!("{name} for {time:?}"));
                fleet.instances[place].freeze();
                Self::wait(fleet, time).await;
                fleet.instances[place].thaw();
            }
            "unit cut off" => {
                let half = self.random.bool();
                self.note(kind, &format!("{name} for {time:?}{}", if half { ", half-open" } else { "" }));
                fleet.instances[place].cut(half);
                Self::wait(fleet, time).await;
                fleet.instances[place].mend();
            }
            "instance replaced" => self.replace(fleet, rig, place),
            "broker killed" => {
                self.note(kind, "");
                block_in_place(|| rig.broker().kill().expect("killed"));
                sleep(time / 4).await;
                block_in_place(|| rig.broker().restart().expect("it comes back"));
            }
            "broker frozen" => {
                self.note(kind, &format!("for {time:?}"));
                block_in_place(|| rig.broker().pause().expect("frozen"));
                Self::wait(fleet, time).await;
                block_in_place(|| rig.broker().resume().expect("it goes on"));
            }
            "store killed" => {
                self.note(kind, "");
                block_in_place(|| self.redis.kill().expect("killed"));
                sleep(time / 4).await;
                block_in_place(|| self.redis.restart().expect("it comes back"));
            }
            _ => {
                self.note(kind, &format!("for {time:?}"));
                block_in_place(|| self.redis.pause().expect("frozen"));
                Self::wait(fleet, time).await;
                block_in_place(|| self.redis.resume().expect("it goes on"));
            }
        }
        let pause = self.millis(200..2_500);
        Self::wait(fleet, pause).await;
    }

    /// Another instance takes the place of one that never comes back. On MQTT a session that never comes back keeps its
    /// share of the events until it expires, as documented: there only units without sessions are replaced.
    fn replace(&mut self, fleet: &mut Fleet<'_>, rig: &Rig, place: usize) {
        let unit = fleet.instances[place].unit.clone();
        if rig.column == Column::Mqtt && unit.ends_with("book") {
            return;
        }
        self.note("instance replaced", &fleet.instances[place].name.clone());
        fleet.replace(place, &unit);
    }

    /// The units that take payments and issue receipts have other names from now on. What their instances have left
    /// behind is for those.
    fn rename(&mut self, fleet: &mut Fleet<'_>) {
        self.renamed = true;
        for (name, other) in [("till", "cashier"), ("clerk", "scribe")] {
            self.note("unit renamed", &format!("{name} to {other}"));
            while let Some(place) = fleet.instances.iter().position(|instance| instance.unit.ends_with(name)) {
                let unit = fleet.instances[place].unit.replace(name, other);
                fleet.replace(place, &unit);
            }
        }
    }

    /// No more faults: all run, and have a network.
    pub(super) async fn end(&mut self, fleet: &mut Fleet<'_>, _: &Rig) {
        if !self.renamed {
            self.rename(fleet);
        }
        self.history.push(format!("{:8.3} s  no more faults", self.begun.elapsed().as_secs_f64()));
        while !fleet.supervise() {
            sleep(Duration::from_millis(50)).await;
        }
    }
}
