//! The declarations of one subscription: the exchange of its event, its queue, its dead letters and its delay queues.
//! And those of a queue of jobs, whose exchange is that of all jobs.

use lapin::types::ShortString;

use super::declaration::{BindingDeclaration, Declaration, ExchangeDeclaration, QueueDeclaration};
use super::declarations::Declarations;
use super::delays::DelayQueue;
use super::names::Names;
use crate::contract::subscription_policy::SubscriptionPolicy;

/// A subscription to an event.
#[derive(Clone, Copy)]
pub(super) struct SubscriptionAt<'s> {
    /// The subject of the event.
    pub(super) subject: &'s str,
    pub(super) subscription: &'s str,
    pub(super) policy: SubscriptionPolicy,
}

/// The declarations of a subscription: its queue, and all that the broker has to have for it.
pub(super) struct SubscriptionDeclarations {
    pub(super) queue: ShortString,
    pub(super) all: Vec<Declaration>,
}

impl SubscriptionDeclarations {
    /// A name that is too long is refused by `declarations` when the bridge connects.
    pub(super) fn new(declarations: &Declarations, names: &Names, at: SubscriptionAt<'_>) -> Self {
        let SubscriptionAt { subject, subscription, policy } = at;
        let exchange = declarations.name(subject);
        let queue = declarations.name(&format!("{subject}.{subscription}"));
        let own = [
            Declaration::Exchange(ExchangeDeclaration::of_event(exchange.clone())),
            Declaration::Queue(QueueDeclaration::of_subscription(queue.clone(), policy)),
            Declaration::Binding(BindingDeclaration::of_event(exchange, queue.clone())),
        ];
        Self::with_the_rest(declarations, names, queue, own, policy)
    }

    /// Those of the jobs of a queue, which are consumed under this policy.
    pub(super) fn of_jobs(
        declarations: &Declarations,
        names: &Names,
        subject: &str,
        policy: SubscriptionPolicy,
    ) -> Self {
        let (exchange, queue) = (names.jobs.clone(), declarations.name(subject));
        let declared = QueueDeclaration::of_subscription(queue.clone(), policy);
        let binding = BindingDeclaration::by_name(exchange.clone(), &declared);
        let own = [
            Declaration::Exchange(ExchangeDeclaration::of_queues(exchange)),
            Declaration::Queue(declared),
            Declaration::Binding(binding),
        ];
        Self::with_the_rest(declarations, names, queue, own, policy)
    }

    /// A queue that is declared so, with its dead letters and its delay queues.
    fn with_the_rest(
        declarations: &Declarations,
        names: &Names,
        queue: ShortString,
        own: [Declaration; 3],
        policy: SubscriptionPolicy,
    ) -> Self {
        let mut all = Vec::from(own);
        if policy.dead_letter {
            let exchange = names.dead_letters.clone();
            let dead_letters = QueueDeclaration::of_dead_letters(declarations.name(&format!("{queue}.dead")));
            all.push(Declaration::Exchange(ExchangeDeclaration::of_queues(exchange.clone())));
            let binding = BindingDeclaration::by_name(exchange, &dead_letters);
            all.extend([Declaration::Queue(dead_letters), Declaration::Binding(binding)]);
        }
        for delay in DelayQueue::all(policy) {
            match delay.declarations(names, &queue) {
                Ok(delayed) => {
                    for declaration in delayed {
                        if !all.contains(&declaration) {
                            all.push(declaration);
                        }
                    }
                }
                Err(error) => declarations.refuse(error),
            }
        }
        Self { queue, all }
    }
}
