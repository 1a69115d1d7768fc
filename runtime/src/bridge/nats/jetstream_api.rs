//! JetStream's API: requests of JSON to subjects below `$JS.API`.

use std::sync::Arc;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::bridge::BridgeError;
use crate::bridge::nats::connection::Connection;
use crate::bridge::nats::error::{ApiError, ErrorCode, JetStreamError};
use crate::bridge::nats::jetstream_objects::{MessageGet, MessageGetResponse, StoredMessage};
use crate::bridge::nats::live_connection::LiveConnection;

/// The client of JetStream's API.
#[derive(Clone)]
pub(super) struct JetStreamApi {
    connection: Arc<Connection>,
}

/// An answer of JetStream's API.
#[derive(Deserialize)]
#[serde(untagged)]
enum ApiResponse<T> {
    Err { error: ApiError },
    Ok(T),
}

/// The body of a request to JetStream's API that has no parameters.
#[derive(Serialize)]
pub(super) struct EmptyRequest {}

impl JetStreamApi {
    pub(super) fn new(connection: &Arc<Connection>) -> Self {
        Self { connection: Arc::clone(connection) }
    }

    /// Asks JetStream: `STREAM.INFO.shop_events`.
    pub(super) async fn call<T: DeserializeOwned>(
        &self,
        live: &LiveConnection,
        what: &str,
        request: &impl Serialize,
    ) -> Result<T, JetStreamError> {
        let body =
            serde_json::to_vec(request).map_err(|error| JetStreamError::Bridge(BridgeError::Malformed(error)))?;
        let subject = format!("$JS.API.{what}");
        let confirmations = &self.connection.confirmations;
        let answer = async { confirmations.request(live, &subject, &[], &body).await?.answer().await };
        let answer = answer.await.map_err(JetStreamError::Bridge)?;
        if answer.is_no_responders() {
            return Err(JetStreamError::Absent);
        }
        match serde_json::from_slice(&answer.payload) {
            Ok(ApiResponse::Ok(answer)) => Ok(answer),
            Ok(ApiResponse::Err { error }) => Err(JetStreamError::Api(error)),
            Err(error) => Err(JetStreamError::Bridge(BridgeError::Malformed(error))),
        }
    }

    /// The first message of a subject in a stream, from a sequence on; nothing where there is none.
    pub(super) async fn message(
        &self,
        live: &LiveConnection,
        stream: &str,
        get: &MessageGet<'_>,
    ) -> Result<Option<StoredMessage>, JetStreamError> {
        match self.call(live, &format!("STREAM.MSG.GET.{stream}"), get).await {
            Ok(MessageGetResponse { message }) => Ok(Some(message)),
            Err(error) if error.is_absence_of_a_message() => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// The same of what need not be there: nothing where there is no such stream or consumer, or no JetStream. A right
    /// that is missing for it is no reason to be less than ready.
    pub(super) async fn find<T: DeserializeOwned>(
        &self,
        live: &LiveConnection,
        what: &str,
        request: &impl Serialize,
    ) -> Result<Option<T>, BridgeError> {
        const NONE: [ErrorCode; 4] = [
            ErrorCode::STREAM_NOT_FOUND,
            ErrorCode::CONSUMER_NOT_FOUND,
            ErrorCode::JETSTREAM_NOT_ENABLED,
            ErrorCode::JETSTREAM_NOT_ENABLED_FOR_ACCOUNT,
        ];
        match self.call(live, what, request).await {
            Ok(answer) => Ok(Some(answer)),
            Err(JetStreamError::Absent) => Ok(None),
            Err(JetStreamError::Api(error)) if NONE.contains(&error.error_code()) => Ok(None),
            Err(error) => {
                if let JetStreamError::Bridge(BridgeError::Denied(_)) = &error {
                    self.connection.refusals.lift(&format!("$JS.API.{what}"));
                }
                Err(error.at(what))
            }
        }
    }
}
