//! What a connection is subscribed to. It is asked for on every connection, also in a session that the broker has kept:
//! Mosquitto 2.0 keeps what it has for a shared subscription over a restart, and forgets the subscription.

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

/// What is subscribed to in one go.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct TopicFilter {
    pub(super) path: String,
    pub(super) qos: QoS,
    /// What the broker gives with each message that comes by it.
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

/// What a connection is subscribed to, or should be.
#[derive(Default)]
pub(super) struct TopicFilters(Mutex<Vec<(TopicFilter, FilterState)>>);

#[derive(Clone, Debug, Eq, PartialEq)]
enum FilterState {
    Wanted,
    Asked,
    ServerLimits,
    Refused(MqttError, Instant),
    Ended,
}

impl TopicFilters {
    fn filters(&self) -> MutexGuard<'_, Vec<(TopicFilter, FilterState)>> {
        self.0.lock()
    }

    /// Wants one more.
    pub(super) fn want(&self, filter: TopicFilter) {
        self.filters().push((filter, FilterState::Wanted));
    }

    /// Wants all but one.
    pub(super) fn forget(&self, path: &str) {
        for (filter, state) in self.filters().iter_mut() {
            if filter.path == path {
                *state = FilterState::Ended;
            }
        }
    }

    /// A connection begins: all of them have to be asked for.
    pub(super) fn begin(&self) {
        for (_, state) in self.filters().iter_mut() {
            if *state != FilterState::Ended {
                *state = FilterState::Wanted;
            }
        }
    }

    /// Those that have to be asked for now, with their numbers.
    pub(super) fn due(&self) -> Vec<(usize, TopicFilter)> {
        let now = Instant::now();
        let mut filters = self.filters();
        let due = filters.iter_mut().enumerate().filter_map(|(number, (filter, state))| {
            let is_due = match state {
                FilterState::Wanted => true,
                FilterState::Refused(_, again) => *again <= now,
                _ => false,
            };
            is_due.then(|| {
                *state = FilterState::Asked;
                (number, filter.clone())
            })
        });
        due.collect()
    }

    /// The broker has answered.
    pub(super) fn answered(&self, number: usize, refused: Option<ReasonCode>) {
        if let Some((filter, state)) = self.filters().get_mut(number)
            && *state == FilterState::Asked
        {
            *state = match refused {
                None => FilterState::ServerLimits,
                Some(reason) => {
                    FilterState::Refused(MqttError::unsubscribed(&filter.path, reason), Instant::now() + AGAIN)
                }
            };
        }
    }

    /// Whether the broker has answered to all of them.
    pub(super) fn is_answered(&self) -> bool {
        !self.filters().iter().any(|(_, state)| matches!(state, FilterState::Wanted | FilterState::Asked))
    }

    /// The first that the broker has refused.
    pub(super) fn refusal(&self) -> Option<MqttError> {
        self.filters().iter().find_map(|(_, state)| match state {
            FilterState::Refused(trouble, _) => Some(trouble.clone()),
            _ => None,
        })
    }

    /// Whether what should arrive can.
    pub(super) fn health(&self) -> Health {
        self.refusal().map_or(Health::Ready, |trouble| Health::Degraded(trouble.to_string()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn what_is_refused_is_asked_for_again_after_a_while() {
        let standing = TopicFilters::default();
        let filter = |path: &str| TopicFilter { path: path.to_owned(), qos: QoS::AtMostOnce, id: None, beside: None };
        standing.want(filter("a"));
        standing.want(filter("b"));
        standing.begin();
        assert_eq!(standing.due().len(), 2);
        standing.answered(0, None);
        assert!(!standing.is_answered() && standing.due().is_empty());
        standing.answered(1, Some(ReasonCode(0x87)));
        assert!(standing.is_answered() && standing.refusal().unwrap().is_permanent() && !standing.health().is_ready());
        assert!(standing.due().is_empty());
        tokio::time::advance(AGAIN).await;
        assert_eq!(standing.due(), [(1, filter("b"))]);
        standing.answered(1, None);
        assert!(standing.health().is_ready());
        standing.forget("a");
        standing.begin();
        assert_eq!(standing.due(), [(1, filter("b"))]);
    }
}
