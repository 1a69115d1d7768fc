//! The declarations of one subscription: the exchange of its event, its queue, its dead letters and its delay queues.

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
        let mut all = vec![
            Declaration::Exchange(ExchangeDeclaration::of_event(exchange.clone())),
            Declaration::Queue(QueueDeclaration::of_subscription(queue.clone(), policy)),
            Declaration::Binding(BindingDeclaration::of_event(exchange, queue.clone())),
        ];
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
