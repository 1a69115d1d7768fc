//! Redis: a counter.

use super::{Client, Stream, enough};
use std::time::Duration;

pub(super) struct Connection(Stream);

impl Connection {
    pub(super) fn open(stream: Stream, user: Option<(&str, &str)>) -> Result<Self, String> {
        let mut connection = Self(stream);
        if let Some((name, password)) = user {
            connection.call(&format!("AUTH {name} {password}"))?;
        }
        connection.call("PING")?;
        Ok(connection)
    }

    fn call(&mut self, command: &str) -> Result<String, String> {
        self.0.say(format!("{command}\r\n").as_bytes())?;
        let answer = self.0.line()?;
        if answer.starts_with('-') { Err(answer) } else { Ok(answer) }
    }
}

impl Client for Connection {
    fn write(&mut self, patience: Duration) -> Result<(), String> {
        self.0.patience(patience);
        self.call("INCR counter").map(drop)
    }

    fn expect(&mut self, count: u64) -> Result<(), String> {
        self.0.patience(crate::PATIENCE);
        self.call("GET counter")?;
        enough(self.0.line()?.parse().map_err(|_| "no counter".to_owned())?, count)
    }
}
