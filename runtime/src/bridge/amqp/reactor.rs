//! The socket below the channels of the client library: tokio's, with or without TLS, in the shape that the library
//! asks for. We connect it ourselves, so that time-outs, certificates and the end of a hanging connection are in our
//! hands.

use std::future::{Future, ready};
use std::io::{self, Error, ErrorKind, Read, Write};
use std::net::SocketAddr;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use async_rs::traits::Reactor;
use futures_io::{AsyncRead, AsyncWrite};
use futures_util::stream::{self, Stream};
use tokio::io::{AsyncRead as TokioRead, AsyncWrite as TokioWrite, ReadBuf};
use tokio::time::{Sleep, interval, sleep};

use crate::net::socket;

/// The socket that frames of channels and heartbeats go over.
pub(super) struct TokioSocket(pub(super) socket::Socket);

impl AsyncRead for TokioSocket {
    fn poll_read(mut self: Pin<&mut Self>, task: &mut Context<'_>, buffer: &mut [u8]) -> Poll<io::Result<usize>> {
        let mut buffer = ReadBuf::new(buffer);
        Pin::new(&mut self.0).poll_read(task, &mut buffer).map_ok(|()| buffer.filled().len())
    }
}

impl AsyncWrite for TokioSocket {
    fn poll_write(mut self: Pin<&mut Self>, task: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.0).poll_write(task, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, task: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_flush(task)
    }

    fn poll_close(mut self: Pin<&mut Self>, task: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_shutdown(task)
    }
}

/// The clock that the client library times its heartbeat with. It gets its sockets from us: here it can ask for none.
#[derive(Clone, Copy, Debug)]
pub(super) struct TokioReactor;

impl Reactor for TokioReactor {
    type TcpStream = TokioSocket;
    type Sleep = Sleep;

    fn register<H: Read + Write + Send + 'static>(
        &self,
        _: H,
    ) -> io::Result<impl AsyncRead + AsyncWrite + Send + Unpin + 'static> {
        Err::<TokioSocket, _>(Error::from(ErrorKind::Unsupported))
    }

    fn sleep(&self, duration: Duration) -> Sleep {
        sleep(duration)
    }

    fn interval(&self, period: Duration) -> impl Stream<Item = Instant> + Send + 'static {
        stream::unfold(interval(period), |mut interval| async {
            let tick = interval.tick().await;
            Some((tick.into_std(), interval))
        })
    }

    fn tcp_connect_addr(&self, _: SocketAddr) -> impl Future<Output = io::Result<TokioSocket>> + Send + 'static {
        ready(Err(Error::from(ErrorKind::Unsupported)))
    }
}
