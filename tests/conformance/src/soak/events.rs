//! The soak of event bridges: events without end over two services that hear them.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use pontoon::Started;
use tokio::time::{Instant, sleep, timeout};

use super::{AHEAD, LANES, PATIENCE, Plan};
use crate::event_bridge::{Column, Flow, Manner, Rig, crash};
use crate::system::contract::{Batch, Note};
use crate::system::counts::Counts;
use crate::system::script::Script;
use crate::topology::{apart, front};

/// What came of it.
#[derive(Clone, Debug)]
pub struct Report {
    /// The way that the events went.
    pub column: Column,
    /// How long events were published.
    pub time: Duration,
    /// How often the broker was killed.
    pub kills: u32,
    /// How many events were published, and reported as safe.
    pub sent: u64,
    /// How many of those were never handled, by the first service and by the second.
    pub lost: [u64; 2],
    /// How often an event was handled once more, by both services.
    pub twice: u64,
    /// How often publishing failed. It was tried again, where nothing may be lost.
    pub refused: u64,
    /// How many events are missing by the gaps in the publisher's numbers, for both services.
    pub gaps: [u64; 2],
}

impl Report {
    /// What should not be: nothing may be lost at least once; at most once, what is lost has to be counted, and nothing
    /// may come twice.
    #[must_use]
    pub fn problems(&self) -> Vec<String> {
        let mut problems = Vec::new();
        for (lost, gaps) in self.lost.into_iter().zip(self.gaps) {
            if !self.column.is_at_most_once() && lost > 0 {
                problems.push(format!("{lost} of {} are lost", self.sent));
            }
            // Nobody knows of those that were refused whether they have got out.
            if self.column.is_at_most_once() && !(lost..=lost + self.refused).contains(&gaps) {
                problems.push(format!("{lost} are lost, {gaps} are counted, {} were refused", self.refused));
            }
        }
        if self.column.is_at_most_once() && self.twice > 0 {
            problems.push(format!("{} came twice", self.twice));
        }
        if self.kills == 0 || self.sent == 0 {
            problems.push("nothing has happened".to_owned());
        }
        problems
    }

    /// The heading of a table of reports.
    pub const HEADING: &str = "bridge      seconds  kills       sent    per s     lost  counted  twice  refused\n\
         ----------  -------  -----  ---------  -------  -------  -------  -----  -------";
}

/// A line of the table.
impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { column, time, kills, sent, lost, twice, refused, gaps } = self;
        let seconds = time.as_secs_f64();
        #[expect(clippy::cast_precision_loss, reason = "to be read")]
        let rate = *sent as f64 / seconds;
        let (lost, gaps) = (lost.iter().sum::<u64>(), gaps.iter().sum::<u64>());
        let gaps = if column.is_at_most_once() { gaps.to_string() } else { "–".to_owned() };
        let name = column.to_string();
        write!(
            f,
            "{name:<10}  {seconds:>7.0}  {kills:>5}  {sent:>9}  {rate:>7.0}  {lost:>7}  {gaps:>7}  {twice:>5}  {refused:>7}"
        )
    }
}

/// The units of a soak, and what they count.
struct Soak {
    rig: Rig,
    front: Started<apart::front::Front>,
    back: Started<apart::back::Back>,
    side: Started<apart::side::Side>,
    /// What those three have emitted and handled.
    counts: [Arc<Counts>; 3],
}

impl Soak {
    async fn start(column: Column, plan: Plan) -> Self {
        let rig = Rig::new(column, "soak", "").await;
        let counts = [(); 3].map(|()| plan.counts());
        let back = rig.unit_with("back", &Script::counting(&counts[1])).await;
        let side = rig.unit_with("side", &Script::counting(&counts[2])).await;
        let front = rig.unit_with("front", &Script::counting(&counts[0])).await;
        Self { rig, front, back, side, counts }
    }

    /// Events without end: where nothing may be lost, by many at a time, and again until they are safe; where something
    /// may, in the order of their numbers, or a gap would not be seen.
    fn publish(&self) -> Flow {
        let [front, back, side] = self.counts.clone();
        let most = self.rig.column.is_at_most_once();
        let behind = move || !most && front.all().saturating_sub(back.all().min(side.all())) > AHEAD;
        let (lanes, batch) = if most { (1, 20) } else { (LANES, 1) };
        Flow::begin(&self.front, Manner { event: self.rig.event(), lanes, batch, first: 0, again: !most, behind })
    }

    /// Waits for what is still on its way.
    async fn settle(&self, mut next: u64) {
        let settled = async {
            if !self.rig.column.is_at_most_once() {
                while self.compare().iter().any(|(lost, _)| *lost > 0) {
                    sleep(Duration::from_millis(500)).await;
                }
                return;
            }
            // Until one is handled that was sent after all others.
            let last = next;
            let has_come =
                |counts: &Arc<Counts>| counts.each().skip(usize::try_from(last).unwrap_or(0)).any(|count| count > 0);
            while !self.counts[1..].iter().all(has_come) {
                let batch = Batch { event: self.rig.event(), notes: vec![Note::of(next)] };
                // One that is refused is followed by another.
                let _ = self.front.client().invoke(front::Post, batch).await;
                next += 1;
                sleep(Duration::from_millis(100)).await;
            }
            sleep(Duration::from_secs(1)).await;
        };
        // What has not come by then is lost, and the report says so.
        let _ = timeout(PATIENCE, settled).await;
    }

    /// How many were emitted and never handled, and how often one was handled once more, by each service. At most once,
    /// only what is between the first and the last that were handled: nobody could count the others.
    fn compare(&self) -> [(u64, u64); 2] {
        [1, 2].map(|service| {
            let counts = &self.counts[service];
            let (mut first, mut end) = (0, usize::MAX);
            if self.rig.column.is_at_most_once() {
                let handled = || counts.each().enumerate().filter(|(_, count)| *count > 0).map(|(number, _)| number);
                (first, end) = (handled().next().unwrap_or(0), handled().last().map_or(0, |last| last + 1));
            }
            let both = self.counts[0].each().zip(counts.each()).take(end).skip(first);
            both.fold((0, 0), |(lost, twice), (sent, handled)| {
                (lost + u64::from(sent > 0 && handled == 0), twice + u64::from(handled.saturating_sub(1)))
            })
        })
    }
}

/// Runs a soak.
///
/// # Panics
/// There is no broker to be had.
pub async fn soak(column: Column, plan: Plan) -> Report {
    let soak = Soak::start(column, plan).await;
    let begun = Instant::now();
    let flow = soak.publish();
    let kills = plan.disturb(async || crash(&soak.rig).await).await;
    let (time, refusals) = (begun.elapsed(), flow.refusals());
    let next = flow.end().await;
    soak.settle(next).await;
    let compared = soak.compare();
    Report {
        column,
        time,
        kills,
        sent: soak.counts[0].distinct(),
        lost: compared.map(|(lost, _)| lost),
        twice: compared.iter().map(|(_, twice)| twice).sum(),
        refused: refusals.load(Ordering::Relaxed),
        gaps: [soak.back.counters().lost, soak.side.counters().lost],
    }
}
