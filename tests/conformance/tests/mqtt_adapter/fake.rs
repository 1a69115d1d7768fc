//! A broker that says what no real one can be brought to say.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use bytes::BytesMut;
use rumqttc::mqttbytes;
use rumqttc::mqttbytes::v5::{Packet, Publish};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

/// What it says of a message that is published.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Says {
    /// PUBACK with this reason code.
    Ack(u8),
    /// DISCONNECT with this reason code.
    Disconnect(u8),
    /// Nothing: it closes the connection.
    Close,
    /// PUBACK with success, and then it closes the connection.
    AckAndClose,
    /// Nothing: it closes the connection, and the next one before it answers anything.
    Away,
}

/// What it says of each message.
type Judge = dyn Fn(&Publish) -> Says + Send + Sync;

/// A broker with one answer for each message. It passes nothing on.
pub(crate) struct Fake {
    pub(crate) url: String,
    connections: Arc<AtomicU64>,
    listening: JoinHandle<()>,
}

impl Fake {
    pub(crate) async fn start(judge: impl Fn(&Publish) -> Says + Send + Sync + 'static) -> Self {
        let (listener, judge) = (TcpListener::bind("127.0.0.1:0").await.unwrap(), Arc::new(judge));
        let url = format!("mqtt://{}", listener.local_addr().unwrap());
        let connections = Arc::<AtomicU64>::default();
        let count = Arc::clone(&connections);
        let listening = tokio::spawn(async move {
            let away = Arc::<AtomicBool>::default();
            while let Ok((stream, _)) = listener.accept().await {
                count.fetch_add(1, Ordering::Relaxed);
                if away.swap(false, Ordering::SeqCst) {
                    continue;
                }
                let (judge, away) = (Arc::clone(&judge), Arc::clone(&away));
                tokio::spawn(async move {
                    let mut stream = stream;
                    if serve(&mut stream, &*judge).await {
                        away.store(true, Ordering::SeqCst);
                    }
                });
            }
        });
        Self { url, connections, listening }
    }

    /// How many connections there have been.
    pub(crate) fn connections(&self) -> u64 {
        self.connections.load(Ordering::Relaxed)
    }
}

impl Drop for Fake {
    fn drop(&mut self) {
        self.listening.abort();
    }
}

/// Serves one connection until it ends. Says whether the next one is to be closed at once.
async fn serve(stream: &mut TcpStream, judge: &Judge) -> bool {
    let mut inbox = BytesMut::new();
    loop {
        let packet = match Packet::read(&mut inbox, None) {
            Ok(packet) => packet,
            Err(mqttbytes::Error::InsufficientBytes(_)) => match stream.read_buf(&mut inbox).await {
                Ok(1..) => continue,
                _ => return false,
            },
            Err(error) => panic!("{error}"),
        };
        let answer = match packet {
            Packet::Connect(..) => vec![0x20, 3, 0, 0, 0],
            Packet::PingReq => vec![0xd0, 0],
            Packet::Subscribe(subscribe) => {
                let count = u8::try_from(subscribe.filters.len()).unwrap();
                let head = [&[0x90, 3 + count][..], &subscribe.pkid.to_be_bytes(), &[0]].concat();
                [head, vec![1; count.into()]].concat()
            }
            Packet::Publish(publish) => match judge(&publish) {
                Says::Ack(reason) => [&[0x40, 3][..], &publish.pkid.to_be_bytes(), &[reason]].concat(),
                Says::Disconnect(reason) => vec![0xe0, 1, reason],
                Says::AckAndClose => {
                    let _ = stream.write_all(&[&[0x40, 3][..], &publish.pkid.to_be_bytes(), &[0]].concat()).await;
                    return false;
                }
                Says::Close => return false,
                Says::Away => return true,
            },
            _ => return false,
        };
        if stream.write_all(&answer).await.is_err() || answer[0] == 0xe0 {
            return false;
        }
    }
}
