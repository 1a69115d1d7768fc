//! JetStream is asked by requests of JSON.

use async_nats::jetstream::response::Response;
use async_nats::jetstream::{Error, ErrorCode};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::bridge::BridgeError;
use crate::bridge::nats::connection::{Connection, is_no_responders};
use crate::bridge::nats::live_connection::LiveConnection;

/// Why JetStream does not do something.
#[derive(Debug)]
pub(super) enum JetStreamError {
    /// It says why.
    Api(Error),
    /// The server has none.
    Absent,
    /// It could not be asked.
    Bridge(BridgeError),
}

/// A request that asks for nothing in particular.
#[derive(Serialize)]
pub(super) struct EmptyRequest {}

impl Connection {
    /// Asks JetStream: `STREAM.INFO.shop_events`.
    pub(super) async fn api<T: DeserializeOwned>(
        &self,
        session: &LiveConnection,
        what: &str,
        request: &impl Serialize,
    ) -> Result<T, JetStreamError> {
        let body =
            serde_json::to_vec(request).map_err(|error| JetStreamError::Bridge(BridgeError::Malformed(error)))?;
        let subject = format!("$JS.API.{what}");
        let answer = async { self.ask(session, &subject, (None, body.into())).await?.answer().await };
        let answer = answer.await.map_err(JetStreamError::Bridge)?;
        if is_no_responders(&answer) {
            return Err(JetStreamError::Absent);
        }
        match serde_json::from_slice(&answer.payload) {
            Ok(Response::Ok(answer)) => Ok(answer),
            Ok(Response::Err { error }) => Err(JetStreamError::Api(error)),
            Err(error) => Err(JetStreamError::Bridge(BridgeError::Malformed(error))),
        }
    }

    /// The same of what need not be there: nothing where there is no such stream or consumer, or no JetStream. A right that is
    /// missing for it is no reason to be less than ready.
    pub(super) async fn api_optional<T: DeserializeOwned>(
        &self,
        session: &LiveConnection,
        what: &str,
        request: &impl Serialize,
    ) -> Result<Option<T>, BridgeError> {
        const NONE: [ErrorCode; 4] = [
            ErrorCode::STREAM_NOT_FOUND,
            ErrorCode::CONSUMER_NOT_FOUND,
            ErrorCode::JETSTREAM_NOT_ENABLED,
            ErrorCode::JETSTREAM_NOT_ENABLED_FOR_ACCOUNT,
        ];
        match self.api(session, what, request).await {
            Ok(answer) => Ok(Some(answer)),
            Err(JetStreamError::Absent) => Ok(None),
            Err(JetStreamError::Api(error)) if NONE.contains(&error.error_code()) => Ok(None),
            Err(error) => {
                if let JetStreamError::Bridge(BridgeError::Denied(_)) = &error {
                    self.refusals.lift(&format!("$JS.API.{what}"));
                }
                Err(error.at(what))
            }
        }
    }
}

impl JetStreamError {
    /// As the adapter's user sees it.
    pub(super) fn at(self, what: &str) -> BridgeError {
        match self {
            Self::Api(error) => BridgeError::Unavailable(format!("{what}: {error}").into()),
            Self::Absent => BridgeError::Mismatch(format!(
                "{what}: the NATS server has no JetStream, which events that must not be lost and dead letters need: \
                 enable it there (`jetstream` in its configuration)"
            )),
            Self::Bridge(error) => error,
        }
    }
}
