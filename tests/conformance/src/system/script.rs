//! What the handlers of the system do, and what they have seen. Shared by the handlers of a unit and its test; in a
//! process of its own, the unit writes it into a file that the test reads.

use std::collections::{HashMap, VecDeque};
use std::fmt;
use std::fs::{File, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use pontoon::{Context, Id, Instant};
use serde::{Deserialize, Serialize};
use tokio::sync::watch;
use tokio::time::{sleep, timeout};

use crate::system::contract::{Batch, Note};
use crate::system::counts::Counts;

/// What a handler does next.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Act {
    /// Nothing, and succeeds.
    Succeed,
    /// Returns an error.
    Fail,
    /// Panics.
    Panic,
    /// Takes so many milliseconds, and succeeds.
    Wait(u64),
    /// Waits until the test opens the gate, and succeeds.
    Hold,
    /// Computes for so many milliseconds without yielding, and succeeds.
    Block(u64),
    /// Ends its process at once.
    Abort,
}

/// One run of a handler.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
pub struct Run {
    /// The handler, such as `back.note`.
    pub handler: String,
    /// What it got.
    pub note: Note,
    /// When it began, in milliseconds since 1970.
    pub at: u64,
    /// Its message.
    pub id: Id,
    /// The chain that it belongs to.
    pub correlation: Id,
    /// What caused it.
    pub causation: Option<Id>,
    /// On whose behalf it ran.
    pub principal: Option<String>,
    /// For which tenant.
    pub tenant: Option<String>,
    /// How many milliseconds it had.
    pub left: Option<u64>,
    /// Which attempt it was.
    pub attempt: u32,
    /// How many events led to it.
    pub hops: u32,
    /// When it began and when it got to its end, if it did, counted with all others that began and ended.
    pub turns: (u64, Option<u64>),
}

impl Run {
    /// Whether it got to its end.
    #[must_use]
    pub fn is_done(&self) -> bool {
        self.turns.1.is_some()
    }
}

/// What a test orders of a process: what can be said to a [`Script`].
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Orders {
    /// See [`Script::next`].
    pub next: HashMap<String, Vec<Act>>,
    /// See [`Script::always`].
    pub always: HashMap<String, Act>,
    /// See [`Script::stock`].
    pub stock: Option<Batch>,
    /// The process has one thread for all of its handlers.
    #[serde(default)]
    pub one_thread: bool,
}

impl Orders {
    /// Every handler succeeds.
    #[must_use]
    pub fn none() -> Self {
        Self::default()
    }

    /// See [`Script::next`].
    #[must_use]
    pub fn next(mut self, handler: &str, acts: impl IntoIterator<Item = Act>) -> Self {
        self.next.entry(handler.to_owned()).or_default().extend(acts);
        self
    }

    /// See [`Script::always`].
    #[must_use]
    pub fn always(mut self, handler: &str, act: Act) -> Self {
        self.always.insert(handler.to_owned(), act);
        self
    }

    /// The process has one thread for all of its handlers.
    #[must_use]
    pub fn one_thread(mut self) -> Self {
        self.one_thread = true;
        self
    }

    /// See [`Script::stock`].
    #[must_use]
    pub fn stock(mut self, batch: Batch) -> Self {
        self.stock = Some(batch);
        self
    }
}

/// A line of the file that a process leaves behind.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Line {
    Begun(Box<Run>),
    /// The run that began at this place has got to its end.
    Done(usize),
    /// A note was emitted: its number.
    Emitted(u64),
}

/// What the handlers of a unit do, and what they have seen.
#[derive(Clone)]
pub struct Script(Arc<Inner>);

struct Inner {
    acts: Mutex<HashMap<String, VecDeque<Act>>>,
    always: Mutex<HashMap<String, Act>>,
    stock: Mutex<Option<Batch>>,
    seen: Mutex<Seen>,
    gate: Gate,
    changed: watch::Sender<()>,
    journal: Option<Mutex<File>>,
    counts: Option<Arc<Counts>>,
}

/// What the handlers have seen.
#[derive(Clone, Debug, Default)]
pub struct Seen {
    /// Every run, in the order they began.
    pub runs: Vec<Run>,
    /// The numbers of the notes that were emitted, and reported as safe, in this order.
    pub emitted: Vec<u64>,
    /// How many runs began or ended.
    turn: u64,
    /// How many runs were written down.
    written: usize,
}

/// What those wait for that hold.
enum Gate {
    Local(watch::Sender<bool>),
    /// A file that has to be there.
    File(PathBuf),
}

/// What a handler fails with.
#[derive(Debug)]
pub struct Failed;

impl fmt::Display for Failed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("failed as the script says")
    }
}

impl std::error::Error for Failed {}

/// How long a test waits for something that has to happen.
pub const BOUND: Duration = Duration::from_secs(60);

impl Default for Script {
    fn default() -> Self {
        Self::with(Gate::Local(watch::Sender::new(false)), None, None)
    }
}

impl Script {
    /// A script in which every handler succeeds.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The script of a process: it writes what it sees into `journal`, and those that hold wait for the file `gate`.
    ///
    /// # Panics
    /// The file cannot be made.
    #[must_use]
    pub fn of_process(journal: &Path, gate: &Path) -> Self {
        let file = OpenOptions::new().create(true).append(true).open(journal).expect("a journal");
        Self::with(Gate::File(gate.to_owned()), Some(file), None)
    }

    /// A script that counts how often each number was handled, or emitted, and keeps nothing else.
    #[must_use]
    pub fn counting(counts: &Arc<Counts>) -> Self {
        Self::with(Gate::Local(watch::Sender::new(false)), None, Some(Arc::clone(counts)))
    }

    fn with(gate: Gate, journal: Option<File>, counts: Option<Arc<Counts>>) -> Self {
        let (acts, always, stock, seen) = Default::default();
        let (changed, journal) = (watch::Sender::new(()), journal.map(Mutex::new));
        Self(Arc::new(Inner { acts, always, stock, seen, gate, changed, journal, counts }))
    }

    /// Does what a test orders.
    pub fn follow(&self, orders: Orders) -> &Self {
        let Orders { next, always, stock, .. } = orders;
        for (handler, acts) in next {
            self.next(&handler, acts);
        }
        lock(&self.0.always).extend(always);
        if let Some(stock) = stock {
            self.stock(stock);
        }
        self
    }

    /// What the next runs of a handler do; those after them do what they [always](Self::always) do. `back.hear` is all
    /// of its runs, `back.hear#7` those with the note of this number.
    pub fn next(&self, handler: &str, acts: impl IntoIterator<Item = Act>) -> &Self {
        lock(&self.0.acts).entry(handler.to_owned()).or_default().extend(acts);
        self
    }

    /// What a handler does where nothing else is said. It succeeds, unless this is.
    pub fn always(&self, handler: &str, act: Act) -> &Self {
        lock(&self.0.always).insert(handler.to_owned(), act);
        self
    }

    /// What `front.pulse` emits when it next runs.
    pub fn stock(&self, batch: Batch) -> &Self {
        *lock(&self.0.stock) = Some(batch);
        self
    }

    pub(super) fn take_stock(&self) -> Option<Batch> {
        lock(&self.0.stock).take()
    }

    /// Lets those go on that hold, from now on.
    ///
    /// # Panics
    /// The file that stands for it cannot be made.
    pub fn open_gate(&self) {
        match &self.0.gate {
            Gate::Local(open) => {
                open.send_replace(true);
            }
            Gate::File(path) => {
                File::create(path).expect("a gate");
            }
        }
    }

    /// Everything that was seen so far.
    #[must_use]
    pub fn seen(&self) -> Seen {
        lock(&self.0.seen).clone()
    }

    /// The runs of a handler, in the order they began.
    #[must_use]
    pub fn runs(&self, handler: &str) -> Vec<Run> {
        self.seen().of(handler)
    }

    /// Waits until what was seen is as it should be.
    ///
    /// # Panics
    /// It is not, within [`BOUND`].
    pub async fn until(&self, what: &str, fulfilled: impl Fn(&Seen) -> bool) -> Seen {
        let mut changed = self.0.changed.subscribe();
        let wait = async {
            loop {
                changed.mark_unchanged();
                let seen = self.seen();
                if fulfilled(&seen) {
                    return seen;
                }
                // The sender lives in `self`.
                let _ = changed.changed().await;
            }
        };
        match timeout(BOUND, wait).await {
            Ok(seen) => seen,
            Err(_) => panic!("{what}: not within {BOUND:?}; seen: {}", self.seen()),
        }
    }

    /// Waits until a handler has got to its end so many times, and returns its runs.
    pub async fn done(&self, handler: &str, times: usize) -> Vec<Run> {
        let what = format!("{handler} is done {times} times");
        self.until(&what, |seen| seen.done(handler).count() >= times).await.of(handler)
    }

    /// Waits until a handler has begun so many runs, and returns them.
    pub async fn begun(&self, handler: &str, times: usize) -> Vec<Run> {
        let what = format!("{handler} begins {times} times");
        self.until(&what, |seen| seen.of(handler).len() >= times).await.of(handler)
    }

    /// What a handler does when it runs.
    ///
    /// # Errors
    /// The script says so.
    ///
    /// # Panics
    /// The script says so.
    pub async fn act(&self, handler: &str, ctx: &impl Context, note: &Note) -> Result<(), Failed> {
        let run = Run {
            handler: handler.to_owned(),
            note: note.clone(),
            at: now(),
            id: ctx.id(),
            correlation: ctx.correlation(),
            causation: ctx.causation(),
            principal: ctx.principal().map(str::to_owned),
            tenant: ctx.tenant().map(str::to_owned),
            left: ctx.deadline().map(|at| millis(at.saturating_duration_since(Instant::now()))),
            attempt: ctx.attempt(),
            hops: ctx.hops(),
            turns: (0, None),
        };
        let index = self.begin(run);
        match self.act_of(handler, note.number) {
            Act::Succeed => {}
            Act::Fail => return Err(Failed),
            Act::Panic => panic!("as the script says"),
            Act::Wait(millis) => sleep(Duration::from_millis(millis)).await,
            Act::Hold => self.0.gate.opened().await,
            Act::Block(millis) => std::thread::sleep(Duration::from_millis(millis)),
            Act::Abort => std::process::abort(),
        }
        self.end(index, note.number);
        Ok(())
    }

    fn act_of(&self, handler: &str, number: u64) -> Act {
        let of_note = format!("{handler}#{number}");
        let mut acts = lock(&self.0.acts);
        let mut next = |handler: &str| acts.get_mut(handler).and_then(VecDeque::pop_front);
        let next = next(&of_note).or_else(|| next(handler));
        next.or_else(|| lock(&self.0.always).get(handler).copied()).unwrap_or(Act::Succeed)
    }

    /// Writes down that a note was emitted, and that the bridge says it is safe.
    pub fn emitted(&self, number: u64) {
        if let Some(counts) = &self.0.counts {
            counts.count(number);
            return;
        }
        let mut seen = lock(&self.0.seen);
        if self.0.journal.is_some() {
            return self.write(&Line::Emitted(number));
        }
        seen.emitted.push(number);
        drop(seen);
        self.0.changed.send_replace(());
    }

    fn begin(&self, run: Run) -> usize {
        if self.0.counts.is_some() {
            return 0;
        }
        let index = {
            let mut seen = lock(&self.0.seen);
            if self.0.journal.is_some() {
                // Under the lock: lines stand in the order of the runs. It is the test that keeps them: a process whose
                // memory is looked at has to have its own alone.
                self.write(&Line::Begun(Box::new(run)));
                seen.written += 1;
                return seen.written - 1;
            }
            seen.begin(run)
        };
        self.0.changed.send_replace(());
        index
    }

    fn end(&self, index: usize, number: u64) {
        if let Some(counts) = &self.0.counts {
            counts.count(number);
            return;
        }
        {
            let mut seen = lock(&self.0.seen);
            if self.0.journal.is_some() {
                return self.write(&Line::Done(index));
            }
            seen.end(index);
        }
        self.0.changed.send_replace(());
    }

    /// Writes a line, and is done once it is on the disk: the process may be killed in the next moment.
    fn write(&self, line: &Line) {
        if let Some(journal) = &self.0.journal {
            let mut text = serde_json::to_string(line).expect("a line");
            text.push('\n');
            let mut journal = lock(journal);
            journal.write_all(text.as_bytes()).and_then(|()| journal.sync_data()).expect("a line is written");
        }
    }
}

impl Gate {
    async fn opened(&self) {
        match self {
            Self::Local(open) => {
                // The sender lives in `self`.
                let _ = open.subscribe().wait_for(|open| *open).await;
            }
            Self::File(path) => {
                while !path.exists() {
                    sleep(Duration::from_millis(10)).await;
                }
            }
        }
    }
}

impl Seen {
    /// What a process has written down. A last line that is not whole was not written any more.
    ///
    /// # Panics
    /// A line cannot be read.
    #[must_use]
    pub fn read(journal: &Path) -> Self {
        let text = std::fs::read_to_string(journal).unwrap_or_default();
        let whole = text.rfind('\n').map_or("", |end| &text[..end]);
        let mut seen = Self::default();
        for line in whole.lines() {
            match serde_json::from_str(line).expect("a line of a journal") {
                Line::Begun(run) => {
                    seen.begin(*run);
                }
                Line::Done(index) => seen.end(index),
                Line::Emitted(number) => seen.emitted.push(number),
            }
        }
        seen
    }

    fn begin(&mut self, mut run: Run) -> usize {
        self.turn += 1;
        run.turns = (self.turn, None);
        self.runs.push(run);
        self.runs.len() - 1
    }

    fn end(&mut self, index: usize) {
        self.turn += 1;
        self.runs[index].turns.1 = Some(self.turn);
    }

    /// The runs of a handler, in the order they began.
    #[must_use]
    pub fn of(&self, handler: &str) -> Vec<Run> {
        self.runs.iter().filter(|run| run.handler == handler).cloned().collect()
    }

    /// Those that got to their end.
    pub fn done(&self, handler: &str) -> impl Iterator<Item = &Run> {
        self.runs.iter().filter(move |run| run.is_done() && run.handler == handler)
    }

    /// The numbers of those that got to their end, in the order they began.
    #[must_use]
    pub fn numbers(&self, handler: &str) -> Vec<u64> {
        self.done(handler).map(|run| run.note.number).collect()
    }
}

/// Short: many runs look alike.
impl fmt::Display for Seen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { runs, emitted, .. } = self;
        write!(f, "{} emitted, {} runs", emitted.len(), runs.len())?;
        let last = runs.len().saturating_sub(20);
        for run in &runs[last..] {
            let Run { handler, note, attempt, .. } = run;
            let end = if run.is_done() { "done" } else { "not done" };
            write!(f, "\n  {handler} {}{} attempt {attempt}, {end}", note.key, note.number)?;
        }
        Ok(())
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // A handler that panics, as the script says, leaves nothing half written.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, millis)
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
