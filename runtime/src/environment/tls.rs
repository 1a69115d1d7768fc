//! What a connection over TLS is made with.

#[cfg(any(feature = "amqp", feature = "mqtt", feature = "nats", feature = "redis"))]
use crate::environment::Setup;
use crate::environment::Template;

/// A connection over TLS. Without a CA of its own, the broker's certificate has to be one of the system's.
#[derive(Clone, Copy, Debug, Default)]
#[cfg_attr(
    not(any(feature = "amqp", feature = "mqtt", feature = "nats", feature = "redis")),
    allow(dead_code, reason = "adapters of brokers read it")
)]
pub struct Tls {
    ca: Option<Template>,
    certificate: Option<Template>,
    key: Option<Template>,
}

impl Tls {
    /// With the CAs of the system, and no certificate of ours.
    #[must_use]
    pub const fn new() -> Self {
        Self { ca: None, certificate: None, key: None }
    }

    /// The CA that the broker's certificate has to be of: a PEM, or the path of a PEM file.
    #[must_use]
    pub const fn ca(mut self, ca: Template) -> Self {
        self.ca = Some(ca);
        self
    }

    /// Our own certificate, with the chain that it needs: a PEM, or the path of a PEM file.
    #[must_use]
    pub const fn certificate(mut self, certificate: Template) -> Self {
        self.certificate = Some(certificate);
        self
    }

    /// The private key of our certificate: a PEM, or the path of a PEM file.
    #[must_use]
    pub const fn key(mut self, key: Template) -> Self {
        self.key = Some(key);
        self
    }
}

/// The PEMs of a connection, read.
#[cfg(any(feature = "amqp", feature = "mqtt", feature = "nats", feature = "redis"))]
#[derive(Clone, Default)]
#[cfg_attr(not(feature = "trust"), allow(dead_code, reason = "without TLS they are asked for and refused"))]
pub(crate) struct Pems {
    /// The CA that the other side's certificate has to be of; one of the system's where there is none.
    pub(crate) ca: Option<String>,
    /// Our own certificate and its private key.
    pub(crate) identity: Option<(String, String)>,
}

#[cfg(any(feature = "amqp", feature = "mqtt", feature = "nats", feature = "redis"))]
impl Setup {
    /// The PEMs of a connection over TLS. What cannot be read is a problem.
    pub(crate) async fn pems(&mut self, tls: Option<&Tls>) -> Option<Pems> {
        let tls = tls?;
        let ca = self.pem(tls.ca.as_ref()).await;
        let (certificate, key) = (self.pem(tls.certificate.as_ref()).await, self.pem(tls.key.as_ref()).await);
        if certificate.is_some() != key.is_some() {
            self.problem("`client_certificate` and `client_key` belong together: one of them is missing");
        }
        Some(Pems { ca, identity: certificate.zip(key) })
    }

    /// A PEM, or the content of the file that is named in its place.
    pub(crate) async fn pem(&mut self, text: Option<&Template>) -> Option<String> {
        self.content(text, "-----BEGIN").await
    }

    /// A text that begins in a known way, or the content of the file that is named in its place.
    pub(crate) async fn content(&mut self, text: Option<&Template>, begins: &str) -> Option<String> {
        let (text, before) = (text?, self.problems.len());
        let value = self.text(text).await;
        if self.problems.len() > before || value.trim_start().starts_with(begins) {
            return Some(value);
        }
        match std::fs::read_to_string(&value) {
            Ok(content) => Some(content),
            Err(error) => {
                self.problem(format!("`{text}` is neither a PEM nor the path of a file that can be read: {error}"));
                None
            }
        }
    }
}
