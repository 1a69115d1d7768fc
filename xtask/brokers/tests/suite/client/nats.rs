//! NATS: a stream of JetStream.

use super::{Client, Stream, enough};
use std::time::Duration;

pub(super) struct Connection(Stream);

impl Connection {
    pub(super) fn open(mut stream: Stream, user: Option<(&str, &str)>) -> Result<Self, String> {
        let info = stream.line()?;
        assert!(info.starts_with("INFO "), "{info}");
        let user = user.map(|(name, password)| format!(r#","user":"{name}","pass":"{password}""#)).unwrap_or_default();
        stream.say(format!("CONNECT {{\"verbose\":false{user}}}\r\nSUB _INBOX.a 1\r\nPING\r\n").as_bytes())?;
        match stream.line()?.as_str() {
            "PONG" => {}
            line => return Err(line.to_owned()),
        }
        let mut connection = Self(stream);
        // It may be there already, or be nothing that the user may make: writing will tell.
        let _ = connection.ask("$JS.API.STREAM.CREATE.test", r#"{"name":"test","subjects":["test"],"storage":"file"}"#);
        Ok(connection)
    }

    fn ask(&mut self, subject: &str, body: &str) -> Result<String, String> {
        self.0.say(format!("PUB {subject} _INBOX.a {}\r\n{body}\r\n", body.len()).as_bytes())?;
        loop {
            let line = self.0.line()?;
            match line.split_whitespace().collect::<Vec<_>>()[..] {
                ["MSG", _, _, _] | ["HMSG", _, _, _, _] => {
                    let body = self.0.line()?;
                    return if body.contains("\"error\"") || body.contains("503") { Err(body) } else { Ok(body) };
                }
                ["PING"] => self.0.say(b"PONG\r\n")?,
                ["INFO", ..] => {}
                _ => return Err(line),
            }
        }
    }
}

impl Client for Connection {
    fn write(&mut self, patience: Duration) -> Result<(), String> {
        self.0.patience(patience);
        self.ask("test", "hello").map(drop)
    }

    fn expect(&mut self, count: u64) -> Result<(), String> {
        self.0.patience(crate::PATIENCE);
        let info = self.ask("$JS.API.STREAM.INFO.test", "")?;
        let (_, kept) = info.split_once("\"messages\":").ok_or("no count")?;
        enough(kept.split(',').next().unwrap_or_default().parse().map_err(|_| info.clone())?, count)
    }
}
