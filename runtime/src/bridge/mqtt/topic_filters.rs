//! The topic filters that a connection subscribes to. They are asked for on every connection, also in a session that
//! the broker has kept: Mosquitto 2.0 keeps what it has for a shared subscription over a restart, and forgets the
//! subscription.

use std::time::Duration;

use rumqttc::mqttbytes::QoS;
use rumqttc::mqttbytes::v5::{RetainForwardRule, SubscribeFilter};
use tokio::time::Instant;

use super::error::MqttError;
use super::reason_code::ReasonCode;
use crate::health::Health;
use crate::sync::{Mutex, MutexGuard};

/// How long after the broker has refused a subscription it is asked again.
const AGAIN: Duration = Duration::from_secs(10);

/// A topic filter, and what is subscribed to together with it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct TopicFilter {
    pub(super) path: String,
    pub(super) qos: QoS,
    /// The subscription identifier, which the broker gives with each message that comes by it.
    pub(super) id: Option<usize>,
    /// Another path, whose messages only have to find somebody.
    pub(super) beside: Option<String>,
}

impl TopicFilter {
    /// As the packet has it.
    pub(super) fn filters(&self) -> Vec<SubscribeFilter> {
        let filter = |path: &String, qos| SubscribeFilter {
            retain_forward_rule: RetainForwardRule::Never,
            ..SubscribeFilter::new(path, qos)
        };
        let beside = self.beside.iter().map(|path| filter(path, QoS::AtMostOnce));
        std::iter::once(filter(&self.path, self.qos)).chain(beside).collect()
    }
}

/// The topic filters that a connection is subscribed to, or should be.
#[derive(Default)]
pub(super) struct TopicFilters(Mutex<Vec<DeclaredFilter>>);

/// A topic filter, and how far its subscription is.
struct DeclaredFilter {
    filter: TopicFilter,
    state: FilterState,
}

/// A topic filter that has to be subscribed to now, with its number.
#[derive(Debug, Eq, PartialEq)]
pub(super) struct DueFilter {
    pub(super) number: usize,
    pub(super) filter: TopicFilter,
}

/// The progress of the subscription to a topic filter.
#[derive(Clone, Debug, Eq, PartialEq)]
enum FilterState {
    Wanted,
    Requested,
    Granted,
    Refused(MqttError, Instant),
    Ended,
}

impl TopicFilters {
    fn filters(&self) -> MutexGuard<'_, Vec<DeclaredFilter>> {
        self.0.lock()
    }

    /// Wants one more.
    pub(super) fn want(&self, filter: TopicFilter) {
        self.filters().push(DeclaredFilter { filter, state: FilterState::Wanted });
    }

    /// Wants all but one.
    pub(super) fn forget(&self, path: &str) {
        for DeclaredFilter { filter, state } in self.filters().iter_mut() {
            if filter.path == path {
                *state = FilterState::Ended;
            }
        }
    }

    /// A connection begins: all of them have to be asked for.
    pub(super) fn begin(&self) {
        for DeclaredFilter { state, .. } in self.filters().iter_mut() {
            if *state != FilterState::Ended {
                *state = FilterState::Wanted;
            }
        }
    }

    /// Those that have to be subscribed to now.
    pub(super) fn due(&self) -> Vec<DueFilter> {
        let now = Instant::now();
        let mut filters = self.filters();
        let due = filters.iter_mut().enumerate().filter_map(|(number, DeclaredFilter { filter, state })| {
            let is_due = match state {
                FilterState::Wanted => true,
                FilterState::Refused(_, again) => *again <= now,
                _ => false,
            };
            is_due.then(|| {
                *state = FilterState::Requested;
                DueFilter { number, filter: filter.clone() }
            })
        });
        due.collect()
    }

    /// The broker has answered.
    pub(super) fn answered(&self, number: usize, refused: Option<ReasonCode>) {
        if let Some(DeclaredFilter { filter, state }) = self.filters().get_mut(number)
            && *state == FilterState::Requested
        {
            *state = match refused {
                None => FilterState::Granted,
                Some(reason) => {
                    FilterState::Refused(MqttError::unsubscribed(&filter.path, reason), Instant::now() + AGAIN)
                }
            };
        }
    }

    /// Whether the broker has answered to all of them.
    pub(super) fn is_answered(&self) -> bool {
        !self.filters().iter().any(|one| matches!(one.state, FilterState::Wanted | FilterState::Requested))
    }

    /// The first that the broker has refused.
    pub(super) fn refusal(&self) -> Option<MqttError> {
        self.filters().iter().find_map(|one| match &one.state {
            FilterState::Refused(error, _) => Some(error.clone()),
            _ => None,
        })
    }

    /// Whether what should arrive can.
    pub(super) fn health(&self) -> Health {
        self.refusal().map_or(Health::Ready, |error| Health::Degraded(error.to_string()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn what_is_refused_is_asked_for_again_after_a_while() {
        let filters = TopicFilters::default();
        let filter = |path: &str| TopicFilter { path: path.to_owned(), qos: QoS::AtMostOnce, id: None, beside: None };
        filters.want(filter("a"));
        filters.want(filter("b"));
        filters.begin();
        assert_eq!(filters.due().len(), 2);
        filters.answered(0, None);
        assert!(!filters.is_answered() && filters.due().is_empty());
        filters.answered(1, Some(ReasonCode(0x87)));
        assert!(filters.is_answered() && filters.refusal().unwrap().is_permanent() && !filters.health().is_ready());
        assert!(filters.due().is_empty());
        tokio::time::advance(AGAIN).await;
        assert_eq!(filters.due(), [DueFilter { number: 1, filter: filter("b") }]);
        filters.answered(1, None);
        assert!(filters.health().is_ready());
        filters.forget("a");
        filters.begin();
        assert_eq!(filters.due(), [DueFilter { number: 1, filter: filter("b") }]);
    }
}
