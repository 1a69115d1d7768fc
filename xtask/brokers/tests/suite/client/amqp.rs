//! AMQP 0.9.1: persistent messages in a durable queue, with confirms.

use super::{Client, Stream, enough};
use std::time::Duration;

pub(super) struct Connection {
    stream: Stream,
    channel: u16,
    /// Whether the broker says that it is blocked.
    blocked: bool,
}

impl Connection {
    pub(super) fn open(mut stream: Stream, (name, password): (&str, &str)) -> Result<Self, String> {
        stream.say(b"AMQP\x00\x00\x09\x01")?;
        let mut connection = Self { stream, channel: 0, blocked: false };
        connection.until((10, 10))?;
        // Client properties: capabilities: connection.blocked, true.
        let capability = [short("connection.blocked"), vec![b't', 1]].concat();
        let properties = [short("capabilities"), vec![b'F'], long(&capability)].concat();
        let login = format!("\0{name}\0{password}");
        connection.call(
            (10, 11),
            &[long(&properties), short("PLAIN"), long(login.as_bytes()), short("en_US")].concat(),
            (10, 30),
        )?;
        // Tune: 2,047 channels, frames of 128 KiB, no heartbeat.
        connection.say((10, 31), &[7, 255, 0, 2, 0, 0, 0, 0])?;
        connection.call((10, 40), &[short("/"), vec![0, 0]].concat(), (10, 41))?;
        connection.channel()?;
        Ok(connection)
    }

    /// Opens the next channel, with confirms; a refusal closes the one before.
    fn channel(&mut self) -> Result<(), String> {
        self.channel += 1;
        self.call((20, 10), &[0], (20, 11))?;
        self.call((85, 10), &[0], (85, 11))
    }

    fn call(&mut self, method: (u16, u16), arguments: &[u8], answer: (u16, u16)) -> Result<(), String> {
        self.say(method, arguments)?;
        self.until(answer).map(drop)
    }

    fn say(&mut self, (class, method): (u16, u16), arguments: &[u8]) -> Result<(), String> {
        let body = [&class.to_be_bytes()[..], &method.to_be_bytes(), arguments].concat();
        self.frame(1, &body)
    }

    fn frame(&mut self, kind: u8, body: &[u8]) -> Result<(), String> {
        let length = u32::try_from(body.len()).unwrap().to_be_bytes();
        self.stream.say(&[&[kind], &self.channel.to_be_bytes()[..], &length, body, &[0xce]].concat())
    }

    /// Skips methods until this one, and returns its arguments.
    fn until(&mut self, awaited: (u16, u16)) -> Result<Vec<u8>, String> {
        loop {
            let head = self.stream.bytes(7)?;
            let length = u32::from_be_bytes([head[3], head[4], head[5], head[6]]);
            let body = self.stream.bytes(usize::try_from(length).unwrap() + 1)?;
            if head[0] != 1 {
                continue;
            }
            let method = (u16::from_be_bytes([body[0], body[1]]), u16::from_be_bytes([body[2], body[3]]));
            match method {
                _ if method == awaited => return Ok(body[4..].to_vec()),
                (10, 60) => self.blocked = true,
                (10, 61) => self.blocked = false,
                // The broker closes the connection or the channel, with a reason.
                (10, 50) => return Err(String::from_utf8_lossy(&body).into_owned()),
                (20, 40) => {
                    self.say((20, 41), &[])?;
                    self.channel()?;
                    return Err(String::from_utf8_lossy(&body).into_owned());
                }
                _ => {}
            }
        }
    }
}

impl Client for Connection {
    fn write(&mut self, patience: Duration) -> Result<(), String> {
        self.stream.patience(patience);
        if !self.blocked {
            // Declares the queue, durable.
            self.call((50, 10), &[vec![0, 0], short("test"), vec![0b10, 0, 0, 0, 0]].concat(), (50, 11))?;
            self.say((60, 40), &[vec![0, 0], short(""), short("test"), vec![0]].concat())?;
            // The header: the class, the length of the body, and delivery mode 2.
            self.frame(2, &[0, 60, 0, 0, 0, 0, 0, 0, 0, 0, 0, 5, 0x10, 0, 2])?;
            self.frame(3, b"hello")?;
        }
        self.until((60, 80)).map(drop).map_err(|error| if self.blocked { "blocked".to_owned() } else { error })
    }

    fn expect(&mut self, count: u64) -> Result<(), String> {
        self.stream.patience(crate::PATIENCE);
        // A passive declaration answers with the queue's name, the number of its messages and that of its consumers.
        self.say((50, 10), &[vec![0, 0], short("test"), vec![0b1, 0, 0, 0, 0]].concat())?;
        let answer = self.until((50, 11))?;
        enough(u64::from(u32::from_be_bytes([answer[5], answer[6], answer[7], answer[8]])), count)
    }
}

fn short(text: &str) -> Vec<u8> {
    [&[u8::try_from(text.len()).unwrap()], text.as_bytes()].concat()
}

fn long(bytes: &[u8]) -> Vec<u8> {
    [&u32::try_from(bytes.len()).unwrap().to_be_bytes(), bytes].concat()
}
