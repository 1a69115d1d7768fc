//! The write buffer of a connection to NATS: frames that wait to be written, and the PINGs that wait for their PONG.

use std::collections::VecDeque;
use std::fmt;
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use futures_util::task::AtomicWaker;
use tokio::net::TcpStream;
use tokio::runtime::Handle;
use tokio::sync::{Notify, oneshot, watch};
use tokio::task::yield_now;

use crate::sync::{Mutex, MutexGuard};

/// How many bytes may wait to be written until whoever sends something waits, too.
const FULL: usize = 4 << 20;

/// How many bytes may wait, with what we have to say by the protocol: more than that is not said to a server that asks
/// and does not read.
const OVERFLOWING: usize = 2 * FULL;

/// What is sent within this time of what was sent before is one of many.
const IN_A_ROW: Duration = Duration::from_micros(50);

/// How long a batch may wait for the thread that it was begun on.
const OVERDUE: Duration = Duration::from_millis(1);

/// The reason why there are no more frames: the connection to the server is lost, or closed.
#[derive(Clone, Debug)]
pub(crate) struct ClientLost(Arc<str>);

impl ClientLost {
    pub(super) fn new(reason: impl Into<Arc<str>>) -> Self {
        Self(reason.into())
    }
}

impl fmt::Display for ClientLost {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The error of a message that cannot be sent to its subject.
#[derive(Debug)]
pub(crate) enum SendError {
    /// The server takes no message of this size, in bytes.
    TooLarge {
        size: usize,
        limit: usize,
    },
    /// Its subject, or where it is to be answered, is none.
    NoSubject,
    Lost(ClientLost),
}

impl From<ClientLost> for SendError {
    fn from(lost: ClientLost) -> Self {
        Self::Lost(lost)
    }
}

/// The frames of NATS that wait to be written, bounded: whoever sends waits while they are too many.
pub(super) struct Outbound {
    state: Mutex<OutboundState>,
    /// The task of the connection.
    task: AtomicWaker,
    /// There is room again, or never more.
    room: Notify,
    lost: watch::Sender<Option<ClientLost>>,
}

/// The write buffer of a connection to NATS, and the PINGs that have no PONG yet.
#[derive(Default)]
struct OutboundState {
    frames: Vec<u8>,
    /// When the last one was added.
    added: Option<Instant>,
    /// Who is writing what was taken before; what is added meanwhile, the task writes.
    writer: Option<FrameWriter>,
    /// What others than the task may write to.
    direct: Option<Arc<TcpStream>>,
    /// One for each PING, in their order; nothing where nobody waits for the PONG.
    pongs: VecDeque<Option<oneshot::Sender<()>>>,
    phase: OutboundPhase,
}

/// Who writes frames.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum FrameWriter {
    /// The task of the connection.
    Task,
    /// Who has sent one.
    Sender,
    /// The batch that was begun then, once those have sent theirs who are about to.
    Batch(Instant),
}

/// The frames that a sender writes itself.
struct DirectWrite {
    frames: Vec<u8>,
    stream: Arc<TcpStream>,
}

/// How a frame that was added comes to be written.
enum FrameAdded {
    /// Somebody sees to it already.
    Seen,
    /// The task has to be woken.
    Wakes,
    /// Who has added it writes it.
    Writes(DirectWrite),
    /// It begins a batch.
    Begins,
}

/// The phase of the frames that we send.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
enum OutboundPhase {
    #[default]
    Open,
    /// What is there is written, and then it ends.
    Closing,
    Ended,
}

impl OutboundState {
    /// Adds a frame that the task is to write. Says whether it has to be woken: the first frame does that for all. What
    /// waits in a batch goes with it.
    fn add(&mut self, write: impl FnOnce(&mut Vec<u8>)) -> bool {
        let is_first = self.end_batch() || self.frames.is_empty() && self.writer.is_none();
        write(&mut self.frames);
        is_first
    }

    /// Has the task write what waits in a batch. Says whether there was one.
    fn end_batch(&mut self) -> bool {
        self.writer.take_if(|writer| matches!(writer, FrameWriter::Batch(_))).is_some()
    }

    /// Adds a frame. Where nothing was sent for a while, who sends it writes it, which saves waking the task; of many
    /// in a row, the task writes several at once.
    fn add_or_write(&mut self, write: impl FnOnce(&mut Vec<u8>)) -> FrameAdded {
        let now = Instant::now();
        let is_alone = self.added.replace(now).is_none_or(|before| now - before > IN_A_ROW);
        if !self.add(write) {
            return FrameAdded::Seen;
        }
        match &self.direct {
            Some(stream) if is_alone => {
                let stream = Arc::clone(stream);
                self.writer = Some(FrameWriter::Sender);
                FrameAdded::Writes(DirectWrite { frames: std::mem::take(&mut self.frames), stream })
            }
            _ => FrameAdded::Wakes,
        }
    }

    /// Adds a frame whose sender waits for an answer, and so lets others of its thread have their turn: of many in a
    /// row, what those send goes out with it. Where the thread does not come to that, the task writes it.
    fn add_to_batch(&mut self, write: impl FnOnce(&mut Vec<u8>)) -> FrameAdded {
        let now = Instant::now();
        if let Some(FrameWriter::Batch(begun)) = self.writer {
            self.added = Some(now);
            write(&mut self.frames);
            if now - begun < OVERDUE {
                return FrameAdded::Seen;
            }
            self.writer = None;
            return FrameAdded::Wakes;
        }
        match self.add_or_write(write) {
            FrameAdded::Wakes if self.direct.is_some() => {
                self.writer = Some(FrameWriter::Batch(now));
                FrameAdded::Begins
            }
            added => added,
        }
    }
}

impl Outbound {
    /// Nothing is to be sent yet. To `direct` others than the task may write.
    pub(super) fn new(direct: Option<Arc<TcpStream>>) -> Self {
        let state = OutboundState { direct, ..OutboundState::default() };
        Self { state: Mutex::new(state), task: AtomicWaker::new(), room: Notify::new(), lost: watch::Sender::new(None) }
    }

    /// Adds a frame, once there is room.
    pub(super) async fn send(self: &Arc<Self>, write: impl FnOnce(&mut Vec<u8>)) -> Result<(), ClientLost> {
        self.send_with(|state| state.add_or_write(write)).await
    }

    /// Adds a frame whose sender waits for an answer, once there is room.
    pub(super) async fn send_and_wait(self: &Arc<Self>, write: impl FnOnce(&mut Vec<u8>)) -> Result<(), ClientLost> {
        self.send_with(|state| state.add_to_batch(write)).await
    }

    /// Adds a PING, once there is room. Its PONG is told to `pong`, which is dropped where it cannot come any more.
    pub(super) async fn ping(self: &Arc<Self>, pong: oneshot::Sender<()>) -> Result<(), ClientLost> {
        let ping = |state: &mut OutboundState| {
            state.pongs.push_back(Some(pong));
            state.add_or_write(|frames| frames.extend_from_slice(b"PING\r\n"))
        };
        self.send_with(ping).await
    }

    async fn send_with(self: &Arc<Self>, add: impl FnOnce(&mut OutboundState) -> FrameAdded) -> Result<(), ClientLost> {
        let mut add = Some(add);
        if self.try_add(&mut add)? {
            return Ok(());
        }
        loop {
            let mut room = pin!(self.room.notified());
            room.as_mut().enable();
            if self.try_add(&mut add)? {
                return Ok(());
            }
            room.await;
        }
    }

    /// Adds a frame if there is room. Says whether it has.
    fn try_add<F>(self: &Arc<Self>, add: &mut Option<F>) -> Result<bool, ClientLost>
    where
        F: FnOnce(&mut OutboundState) -> FrameAdded,
    {
        let mut state = self.state();
        if state.phase != OutboundPhase::Open {
            drop(state);
            return Err(self.why());
        }
        if state.frames.len() >= FULL {
            // A batch that is as large waits for nobody else.
            if state.end_batch() {
                drop(state);
                self.task.wake();
            }
            return Ok(false);
        }
        let Some(add) = add.take() else { return Ok(true) };
        let added = add(&mut state);
        drop(state);
        match added {
            FrameAdded::Seen => {}
            FrameAdded::Wakes => self.task.wake(),
            FrameAdded::Writes(direct) => self.write(direct),
            FrameAdded::Begins => {
                let batch = BatchWrite(Arc::clone(self));
                // Written behind all who have their turn now. Without a runtime there is nobody.
                if let Ok(runtime) = Handle::try_current() {
                    runtime.spawn(async move {
                        yield_now().await;
                        drop(batch);
                    });
                }
            }
        }
        Ok(true)
    }

    /// Writes the batch, unless the task does.
    fn write_batch(&self) {
        let mut state = self.state();
        if !matches!(state.writer, Some(FrameWriter::Batch(_))) {
            return;
        }
        let Some(stream) = state.direct.clone() else {
            state.writer = None;
            drop(state);
            return self.task.wake();
        };
        state.writer = Some(FrameWriter::Sender);
        let frames = std::mem::take(&mut state.frames);
        drop(state);
        if frames.len() >= FULL {
            self.room.notify_waiters();
        }
        self.write(DirectWrite { frames, stream });
    }

    /// Writes frames as far as that needs no waiting. The rest, and what came meanwhile, is the task's; and so is the
    /// error, which it meets as well.
    fn write(&self, direct: DirectWrite) {
        let DirectWrite { mut frames, stream } = direct;
        let written = stream.try_write(&frames).unwrap_or(0);
        drop(stream);
        let mut state = self.state();
        state.writer = None;
        if state.phase == OutboundPhase::Ended {
            return;
        }
        frames.drain(..written);
        frames.append(&mut state.frames);
        let is_rest = !frames.is_empty() || state.phase == OutboundPhase::Closing;
        state.frames = frames;
        drop(state);
        if is_rest {
            self.task.wake();
        }
    }

    /// Adds a frame that the protocol asks for, whether or not there is room. Of what is too much by far, nothing is
    /// said.
    pub(super) fn say(&self, frame: &[u8]) -> Result<(), TooMuchUnsaid> {
        let mut state = self.state();
        if state.frames.len() + frame.len() > OVERFLOWING {
            return Err(TooMuchUnsaid);
        }
        if state.phase == OutboundPhase::Open && state.add(|frames| frames.extend_from_slice(frame)) {
            drop(state);
            self.task.wake();
        }
        Ok(())
    }

    /// Adds a PING that nobody waits for.
    pub(super) fn say_ping(&self) -> Result<(), TooMuchUnsaid> {
        self.say(b"PING\r\n")?;
        self.state().pongs.push_back(None);
        Ok(())
    }

    /// A PONG has come.
    pub(super) fn pong(&self) {
        let waiting = self.state().pongs.pop_front();
        if let Some(Some(waiting)) = waiting {
            // Who waited may have stopped.
            let _ = waiting.send(());
        }
    }

    /// Ready where there is something to be written, or where nothing more comes; otherwise the task is woken by the
    /// next frame.
    pub(super) fn poll_ready(&self, task: &Context<'_>) -> Poll<()> {
        self.task.register(task.waker());
        let mut state = self.state();
        if matches!(state.writer, Some(FrameWriter::Sender | FrameWriter::Batch(_))) {
            return Poll::Pending;
        }
        // What the task took is written, or it would not ask.
        state.writer = None;
        if state.frames.is_empty() && state.phase == OutboundPhase::Open { Poll::Pending } else { Poll::Ready(()) }
    }

    /// Takes what is to be written, once it is [ready](Self::poll_ready), in exchange for an empty buffer. Says whether
    /// nothing more comes.
    pub(super) fn take(&self, empty: &mut Vec<u8>) -> bool {
        let mut state = self.state();
        let was_full = state.frames.len() >= FULL;
        std::mem::swap(&mut state.frames, empty);
        state.writer = (!empty.is_empty()).then_some(FrameWriter::Task);
        let is_last = state.phase != OutboundPhase::Open;
        if is_last {
            state.direct = None;
        }
        drop(state);
        if was_full {
            self.room.notify_waiters();
        }
        is_last
    }

    /// Takes no more frames: what is there is written, and then the connection ends.
    pub(super) fn close(&self) {
        let mut state = self.state();
        if state.phase == OutboundPhase::Open {
            state.phase = OutboundPhase::Closing;
            state.end_batch();
            drop(state);
            self.room.notify_waiters();
            self.task.wake();
        }
    }

    /// It is over: whoever waits hears why.
    pub(super) fn end(&self, lost: ClientLost) {
        self.lost.send_replace(Some(lost));
        let state = std::mem::replace(
            &mut *self.state(),
            OutboundState { phase: OutboundPhase::Ended, ..OutboundState::default() },
        );
        self.room.notify_waiters();
        drop(state);
    }

    /// Waits until it is over. Says why.
    pub(super) async fn lost(&self) -> ClientLost {
        // The sender lives in `self`: there is always one.
        let _ = self.lost.subscribe().wait_for(Option::is_some).await;
        self.why()
    }

    /// Whether frames are taken.
    pub(super) fn is_open(&self) -> bool {
        self.state().phase == OutboundPhase::Open
    }

    fn why(&self) -> ClientLost {
        self.lost.borrow().clone().unwrap_or_else(|| ClientLost::new("the connection is closed"))
    }

    fn state(&self) -> MutexGuard<'_, OutboundState> {
        self.state.lock()
    }
}

/// A batch of frames of NATS that is to be written: at the latest when this is dropped, as a runtime does with all
/// tasks that it does not come to.
struct BatchWrite(Arc<Outbound>);

impl Drop for BatchWrite {
    fn drop(&mut self) {
        self.0.write_batch();
    }
}

/// The error of a frame of the NATS protocol that cannot be said: too much waits before it.
#[derive(Debug)]
pub(super) struct TooMuchUnsaid;

#[cfg(test)]
mod tests {
    use futures_util::FutureExt as _;
    use tokio::io::AsyncReadExt as _;

    use super::*;

    fn written(outbound: &Outbound) -> Vec<u8> {
        let mut written = Vec::new();
        outbound.take(&mut written);
        written
    }

    #[tokio::test]
    async fn who_sends_waits_while_the_buffer_is_full() {
        let outbound = Arc::new(Outbound::new(None));
        outbound.send(|frames| frames.resize(FULL, b'x')).await.unwrap();
        let mut more = pin!(outbound.send(|frames| frames.push(b'y')));
        assert!(more.as_mut().now_or_never().is_none());
        assert_eq!(written(&outbound).len(), FULL);
        more.await.unwrap();
        assert_eq!(written(&outbound), b"y");
    }

    #[tokio::test]
    async fn who_stops_waiting_has_sent_nothing() {
        let outbound = Arc::new(Outbound::new(None));
        outbound.send(|frames| frames.resize(FULL, b'x')).await.unwrap();
        assert!(outbound.send(|frames| frames.push(b'y')).now_or_never().is_none());
        assert_eq!((written(&outbound).len(), written(&outbound).len()), (FULL, 0));
    }

    #[tokio::test]
    async fn the_end_is_told_to_all_who_wait() {
        let outbound = Arc::new(Outbound::new(None));
        outbound.send(|frames| frames.resize(FULL, b'x')).await.unwrap();
        let (pong, waiting) = oneshot::channel();
        outbound.state().pongs.push_back(Some(pong));
        let end = async {
            yield_now().await;
            outbound.end(ClientLost::new("gone"));
        };
        let (sent, ()) = tokio::join!(outbound.send(|frames| frames.push(b'y')), end);
        assert_eq!(sent.unwrap_err().to_string(), "gone");
        assert!(waiting.await.is_err());
        assert_eq!(outbound.lost().await.to_string(), "gone");
        assert!(outbound.send(|_| ()).await.is_err() && written(&outbound).is_empty());
    }

    /// Two ends of a connection.
    async fn ends() -> (Arc<TcpStream>, TcpStream) {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let here = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
        (Arc::new(here), listener.accept().await.unwrap().0)
    }

    /// Begins a batch that no other frame is too late for, on however slow a machine.
    async fn begin_batch(outbound: &Arc<Outbound>) {
        let far = Instant::now() + Duration::from_secs(600);
        outbound.state().added = Some(far);
        outbound.send_and_wait(|frames| frames.push(b'a')).await.unwrap();
        assert!(matches!(outbound.state().writer, Some(FrameWriter::Batch(_))));
        outbound.state().writer = Some(FrameWriter::Batch(far));
    }

    async fn read(there: &mut TcpStream) -> Vec<u8> {
        let mut came = Vec::new();
        there.read_buf(&mut came).await.unwrap();
        came
    }

    #[tokio::test]
    async fn what_is_sent_until_its_sender_waits_is_written_at_once() {
        let (here, mut there) = ends().await;
        let outbound = Arc::new(Outbound::new(Some(here)));
        begin_batch(&outbound).await;
        outbound.send_and_wait(|frames| frames.push(b'b')).await.unwrap();
        assert_eq!(outbound.state().frames, b"ab");
        assert_eq!(read(&mut there).await, b"ab");
        assert!(written(&outbound).is_empty() && outbound.state().writer.is_none());
    }

    #[tokio::test]
    async fn who_waits_for_nothing_takes_the_batch_along() {
        let (here, _there) = ends().await;
        let outbound = Arc::new(Outbound::new(Some(here)));
        begin_batch(&outbound).await;
        assert!(outbound.poll_ready(&Context::from_waker(std::task::Waker::noop())).is_pending());
        outbound.say(b"b").unwrap();
        assert!(outbound.poll_ready(&Context::from_waker(std::task::Waker::noop())).is_ready());
        assert_eq!(written(&outbound), b"ab");
    }

    #[tokio::test]
    async fn what_is_alone_is_written_at_once() {
        let (here, mut there) = ends().await;
        let outbound = Arc::new(Outbound::new(Some(here)));
        outbound.send_and_wait(|frames| frames.push(b'a')).await.unwrap();
        assert!(outbound.state().writer.is_none() && outbound.state().frames.is_empty());
        assert_eq!(read(&mut there).await, b"a");
    }

    #[tokio::test]
    async fn a_batch_that_fills_the_buffer_is_the_tasks() {
        let (here, _there) = ends().await;
        let outbound = Arc::new(Outbound::new(Some(here)));
        begin_batch(&outbound).await;
        outbound.send_and_wait(|frames| frames.resize(FULL, b'x')).await.unwrap();
        assert!(outbound.send_and_wait(|frames| frames.push(b'y')).now_or_never().is_none());
        assert!(outbound.poll_ready(&Context::from_waker(std::task::Waker::noop())).is_ready());
    }

    #[tokio::test]
    async fn a_connection_that_closes_waits_for_no_batch() {
        let (here, _there) = ends().await;
        let outbound = Arc::new(Outbound::new(Some(here)));
        begin_batch(&outbound).await;
        outbound.close();
        assert!(outbound.poll_ready(&Context::from_waker(std::task::Waker::noop())).is_ready());
        assert_eq!(written(&outbound), b"a");
    }

    #[tokio::test]
    async fn a_batch_that_is_overdue_is_the_tasks() {
        let (here, _there) = ends().await;
        let outbound = Arc::new(Outbound::new(Some(here)));
        begin_batch(&outbound).await;
        let long_ago = Instant::now().checked_sub(OVERDUE).unwrap();
        outbound.state().writer = Some(FrameWriter::Batch(long_ago));
        outbound.send_and_wait(|frames| frames.push(b'b')).await.unwrap();
        assert_eq!(written(&outbound), b"ab");
    }

    #[test]
    fn a_batch_outlives_the_runtime_that_it_was_begun_on() {
        let lasts = tokio::runtime::Runtime::new().unwrap();
        let (here, mut there) = lasts.block_on(ends());
        let outbound = Arc::new(Outbound::new(Some(here)));
        let ends = tokio::runtime::Builder::new_current_thread().build().unwrap();
        ends.block_on(begin_batch(&outbound));
        drop(ends);
        assert_eq!(lasts.block_on(read(&mut there)), b"a");
    }

    #[test]
    fn to_a_server_that_asks_and_does_not_read_little_is_said() {
        let outbound = Arc::new(Outbound::new(None));
        let mut said = 0;
        while outbound.say(&[0; 1024]).is_ok() {
            said += 1024;
            assert!(said <= OVERFLOWING);
        }
    }
}
