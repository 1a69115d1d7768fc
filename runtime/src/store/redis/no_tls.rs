//! TLS in a build without it: what asks for it is refused.

use tokio::net::TcpStream;

use super::dial::DialError;
use super::settings::Certificates;

/// Makes connections encrypted: there is none.
pub(super) enum Connector {}

impl Connector {
    pub(super) fn new(_: &Certificates) -> Result<Self, String> {
        Err("it needs the feature `tls` of the crate `pontoon`".into())
    }

    #[allow(clippy::unused_async, reason = "as the one of a build with TLS")]
    pub(super) async fn connect(&self, _: &str, _: TcpStream) -> Result<TcpStream, DialError> {
        match *self {}
    }
}
