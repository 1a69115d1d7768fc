//! As much of the protocol of NATS as it takes to ask JetStream for something.

use crate::Error;
use crate::program::{ADMINISTRATOR, Site, connect};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;

/// A connection as the administrator, for questions one after the other.
pub(super) struct Speech<'a> {
    site: &'a Site,
    stream: BufReader<TcpStream>,
}

/// Where answers go. A connection has its own in the life of a broker, for nobody else asks while we do.
const INBOX: &str = "_INBOX.pontoon";

impl<'a> Speech<'a> {
    pub(super) fn begin(site: &'a Site) -> Result<Self, Error> {
        if site.setup.tls.is_some() {
            return Err(Error::Misuse("a NATS server with TLS cannot be filled: start one without".to_owned()));
        }
        let stream = connect(site.port()).map_err(Error::system("connect to nats-server"))?;
        let mut speech = Self { site, stream: BufReader::new(stream) };
        let user = if site.users().is_empty() {
            String::new()
        } else {
            format!(r#","user":"{ADMINISTRATOR}","pass":"{}""#, site.password)
        };
        speech.say(format!("CONNECT {{\"verbose\":false{user}}}\r\nSUB {INBOX} 1\r\n").as_bytes())?;
        Ok(speech)
    }

    /// Sends a question and returns the answer.
    pub(super) fn ask(&mut self, subject: &str, body: &[u8]) -> Result<String, Error> {
        let head = format!("PUB {subject} {INBOX} {}\r\n", body.len());
        self.say(&[head.as_bytes(), body, b"\r\n"].concat())?;
        loop {
            let mut line = String::new();
            self.stream.read_line(&mut line).map_err(Error::system("hear nats-server"))?;
            let words: Vec<&str> = line.split_whitespace().collect();
            match words[..] {
                ["MSG", _, _, length] => return self.body(length),
                ["PING"] => self.say(b"PONG\r\n")?,
                ["INFO", ..] => {}
                _ => return Err(self.site.failed(format!("answered `{}`", line.trim()))),
            }
        }
    }

    /// Sends a question that is not to be refused.
    pub(super) fn must(&mut self, subject: &str, body: &[u8]) -> Result<(), Error> {
        let answer = self.ask(subject, body)?;
        if answer.contains("\"error\"") {
            return Err(self.site.failed(format!("refused {subject}: {answer}")));
        }
        Ok(())
    }

    fn body(&mut self, length: &str) -> Result<String, Error> {
        let length: usize = length.parse().map_err(|_| self.site.failed("announced a message without a length"))?;
        let mut body = vec![0; length + 2];
        self.stream.read_exact(&mut body).map_err(Error::system("hear nats-server"))?;
        body.truncate(length);
        Ok(String::from_utf8_lossy(&body).into_owned())
    }

    fn say(&mut self, words: &[u8]) -> Result<(), Error> {
        self.stream.get_mut().write_all(words).map_err(Error::system("speak to nats-server"))
    }
}
