//! MQTT 5: messages for a subscriber with a persistent session, who fetches them with `kept`.

use super::{Client, Stream};
use std::time::Duration;

pub(super) struct Connection {
    stream: Stream,
    /// How many messages have arrived. None is acknowledged, so they come again with the next connection.
    messages: u64,
}

impl Connection {
    pub(super) fn open(stream: Stream, user: Option<(&str, &str)>) -> Result<Self, String> {
        let mut connection = Self { stream, messages: 0 };
        let mut flags = 0;
        // Keep-alive of a minute, then properties: a session that lasts an hour.
        let mut after = vec![0, 60, 5, 0x11, 0, 0, 0x0e, 0x10];
        after.extend(text("client"));
        if let Some((name, password)) = user {
            flags |= 0xc0;
            after.extend([text(name), text(password)].concat());
        }
        connection.say(0x10, &[text("MQTT"), vec![5, flags], after].concat())?;
        match connection.hear()? {
            (0x20, body) if body[1] == 0 => {}
            (kind, body) => return Err(format!("{kind:#x} {body:?}")),
        }
        // SUBSCRIBE to `test` with QoS 1.
        connection.say(0x82, &[vec![0, 1, 0], text("test"), vec![1]].concat())?;
        connection.until(0x90)?;
        Ok(connection)
    }

    fn say(&mut self, kind: u8, body: &[u8]) -> Result<(), String> {
        let length = u8::try_from(body.len()).unwrap();
        assert!(length < 128, "lengths of one byte are enough here");
        self.stream.say(&[&[kind, length], body].concat())
    }

    /// The next packet: its first byte, and what follows the length.
    fn hear(&mut self) -> Result<(u8, Vec<u8>), String> {
        let head = self.stream.bytes(2)?;
        let body = self.stream.bytes(usize::from(head[1]))?;
        self.messages += u64::from(head[0] & 0xf0 == 0x30);
        Ok((head[0], body))
    }

    /// Skips packets until one of this kind.
    fn until(&mut self, kind: u8) -> Result<Vec<u8>, String> {
        loop {
            match self.hear()? {
                (found, body) if found & 0xf0 == kind => return Ok(body),
                // DISCONNECT.
                (0xe0, body) => return Err(format!("disconnected: {body:?}")),
                _ => {}
            }
        }
    }
}

impl Client for Connection {
    fn write(&mut self, patience: Duration) -> Result<(), String> {
        self.stream.patience(patience);
        self.say(0x32, &[text("test"), vec![0, 2, 0], b"hello".to_vec()].concat())?;
        let body = self.until(0x40)?;
        match body.get(2) {
            None | Some(0 | 0x10) => Ok(()),
            Some(reason) => Err(format!("PUBACK with {reason:#x}")),
        }
    }

    fn expect(&mut self, count: u64) -> Result<(), String> {
        self.stream.patience(crate::PATIENCE);
        while self.messages < count {
            self.hear()?;
        }
        Ok(())
    }
}

fn text(text: &str) -> Vec<u8> {
    [&u16::try_from(text.len()).unwrap().to_be_bytes(), text.as_bytes()].concat()
}
