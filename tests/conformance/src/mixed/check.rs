//! Whether what was paid is what was taken, recorded and entered, and whether its receipt was issued.

use std::collections::{BTreeMap, BTreeSet};

use super::clients::{Paid, Receipt};
use super::jobs::Jobs;
use super::store::Store;
use crate::system::contract::Poison;

/// How many problems of a kind are shown.
const SHOWN: usize = 10;

/// What there is to look at: what was paid, the state that the units keep, and the queue of the receipts.
pub(super) struct Found<'f> {
    pub(super) paid: &'f Paid,
    pub(super) store: &'f Store,
    pub(super) jobs: &'f Jobs,
}

/// What was found to be as it should be.
#[derive(Default)]
pub(super) struct Checked {
    sound: BTreeSet<u64>,
}

impl Checked {
    /// What is not as it should be.
    pub(super) async fn problems(&mut self, found: &Found<'_>, in_order: bool) -> Vec<String> {
        let Found { paid, store, jobs } = *found;
        let mut problems = paid.problems.clone();
        if paid.receipts.is_empty() {
            problems.push("nothing was paid".to_owned());
        }
        self.each_once(paid, store, &mut problems).await;
        let poisons = paid.receipts.iter().filter(|(_, receipt)| receipt.poison == Some(Poison::Issue));
        problems.extend(jobs.problems(&poisons.map(|(number, _)| *number).collect()).await);
        let mut accounts: BTreeMap<&str, BTreeMap<u64, u64>> = BTreeMap::new();
        for (number, Receipt { account, place, .. }) in &paid.receipts {
            if let Some(other) = accounts.entry(account).or_default().insert(*place, *number) {
                problems.push(format!("payments {other} and {number} are both place {place} of {account}"));
            }
        }
        for (account, places) in accounts {
            let count = store.get::<u64>("accounts", account).await.unwrap_or_default();
            if count != places.len() as u64 {
                problems.push(format!("{account} has {count} payments, and {} were acknowledged", places.len()));
            }
            if in_order {
                let entered: Vec<u64> = store.get("ledgers", account).await.unwrap_or_default();
                problems.extend(out_of_order(account, &entered, count));
            }
        }
        problems
    }

    /// Each payment was taken once, recorded once and had its receipt issued once, unless it ends whoever does so.
    async fn each_once(&mut self, paid: &Paid, store: &Store, problems: &mut Vec<String>) {
        let mut wrong = Vec::new();
        for (number, Receipt { poison, .. }) in &paid.receipts {
            if self.sound.contains(number) {
                continue;
            }
            let key = number.to_string();
            let times = async |collection| store.get::<u64>(collection, &key).await.unwrap_or_default();
            let (taken, recorded, issued) = (times("payments").await, times("books").await, times("issues").await);
            let once_unless = |handler| u64::from(*poison != Some(handler));
            if (taken, recorded, issued) == (1, once_unless(Poison::Record), once_unless(Poison::Issue)) {
                self.sound.insert(*number);
            } else {
                let of = poison.map(|poison| format!(", which ends {poison:?},")).unwrap_or_default();
                wrong.push(format!(
                    "payment {number}{of} was taken {taken} times, recorded {recorded} times and had its receipt \
                     issued {issued} times"
                ));
            }
        }
        let more = wrong.len().saturating_sub(SHOWN);
        problems.extend(wrong.into_iter().take(SHOWN));
        if more > 0 {
            problems.push(format!("and {more} more payments"));
        }
    }
}

/// What is wrong with the order in which the payments of an account were entered.
fn out_of_order(account: &str, entered: &[u64], count: u64) -> Option<String> {
    let first = entered.iter().zip(1..).find(|(place, expected)| **place != *expected);
    match first {
        Some((place, expected)) => {
            Some(format!("place {place} of {account} was entered where {expected} was due, of {}", entered.len()))
        }
        None if (entered.len() as u64) < count => {
            Some(format!("of {count} payments of {account}, {} were entered", entered.len()))
        }
        None => None,
    }
}
