//! Whether what was paid is what was taken, recorded and entered.

use std::collections::{BTreeMap, BTreeSet};

use super::clients::{Paid, Receipt};
use super::store::Store;

/// How many problems of a kind are shown.
const SHOWN: usize = 10;

/// What was found to be as it should be.
#[derive(Default)]
pub(super) struct Checked {
    sound: BTreeSet<u64>,
}

impl Checked {
    /// What is not as it should be.
    pub(super) async fn problems(&mut self, paid: &Paid, store: &Store, in_order: bool) -> Vec<String> {
        let mut problems = paid.problems.clone();
        if paid.receipts.is_empty() {
            problems.push("nothing was paid".to_owned());
        }
        self.each_once(paid, store, &mut problems).await;
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

    /// Each payment was taken once, and recorded once unless it ends whoever records it.
    async fn each_once(&mut self, paid: &Paid, store: &Store, problems: &mut Vec<String>) {
        let mut wrong = Vec::new();
        for (number, Receipt { poison, .. }) in &paid.receipts {
            if self.sound.contains(number) {
                continue;
            }
            let key = number.to_string();
            let taken = store.get::<u64>("payments", &key).await.unwrap_or_default();
            let recorded = store.get::<u64>("books", &key).await.unwrap_or_default();
            match (taken, recorded, poison) {
                (1, 1, false) | (1, 0, true) => drop(self.sound.insert(*number)),
                _ => wrong.push(format!("payment {number} was taken {taken} times and recorded {recorded} times")),
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
