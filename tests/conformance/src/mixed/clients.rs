//! Those who pay. Each repeats its request until it is answered, and sometimes once more.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use fastrand::Rng;
use pontoon::adapter::{EventAdapter, Reply, Request};
use pontoon::adapter::{Message, Metadata};
use pontoon::generated::Command;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep, timeout_at};

use super::Plan;
use super::fleet::Fleet;
use crate::event_bridge::Rig;
use crate::system::contract::{Payment, Poison};
use crate::topology::till;

/// How many pay at a time.
const CLIENTS: u64 = 6;

/// Of how many accounts.
const ACCOUNTS: u32 = 5;

/// How long each waits for an answer.
const PATIENCE: Duration = Duration::from_secs(6);

/// Those who pay.
pub(super) struct Clients {
    shared: Arc<Shared>,
    tasks: JoinSet<()>,
}

struct Shared {
    adapter: Arc<dyn EventAdapter>,
    numbers: AtomicU64,
    /// How many payments are still to end the process that records them, and that which issues their receipts.
    poisons: [(Poison, AtomicU32); 2],
    repeated: AtomicU64,
    is_over: AtomicBool,
    receipts: Mutex<BTreeMap<u64, Receipt>>,
    problems: Mutex<Vec<String>>,
}

/// A payment that was acknowledged.
#[derive(Clone, Debug)]
pub(super) struct Receipt {
    pub(super) account: String,
    pub(super) place: u64,
    pub(super) poison: Option<Poison>,
}

/// What was paid.
pub(super) struct Paid {
    /// By the number of the payment.
    pub(super) receipts: BTreeMap<u64, Receipt>,
    pub(super) repeated: u64,
    /// What the clients themselves have to complain of.
    pub(super) problems: Vec<String>,
}

impl Clients {
    pub(super) async fn start(rig: &Rig, plan: Plan) -> Self {
        let adapter = rig.tap("payer").await;
        adapter.connect().await.expect("a connection");
        let shared = Arc::new(Shared {
            adapter,
            numbers: AtomicU64::new(1),
            poisons: [(Poison::Record, plan.poisons.into()), (Poison::Issue, plan.poison_jobs.into())],
            repeated: AtomicU64::new(0),
            is_over: AtomicBool::new(false),
            receipts: Mutex::default(),
            problems: Mutex::default(),
        });
        let mut tasks = JoinSet::new();
        for client in 0..CLIENTS {
            let (shared, random) = (Arc::clone(&shared), Rng::with_seed(plan.seed.wrapping_add(client + 1)));
            tasks.spawn(async move { shared.pay_without_end(random).await });
        }
        Self { shared, tasks }
    }

    /// Waits until each has its last answer, until then at most.
    pub(super) async fn finish(mut self, fleet: &mut Fleet<'_>, rig: &Rig, until: Instant) -> Paid {
        let _ = rig;
        self.shared.is_over.store(true, Ordering::Relaxed);
        loop {
            fleet.supervise();
            let step = (Instant::now() + Duration::from_millis(200)).min(until);
            match timeout_at(step, self.tasks.join_next()).await {
                Ok(None) => break,
                Ok(Some(_)) => {}
                Err(_) if Instant::now() >= until => {
                    self.shared.complain(format!("{} clients still wait for an answer", self.tasks.len()));
                    break;
                }
                Err(_) => {}
            }
        }
        self.tasks.abort_all();
        self.shared.adapter.close().await;
        let receipts = self.shared.receipts.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let problems = self.shared.problems.lock().unwrap_or_else(PoisonError::into_inner).clone();
        Paid { receipts, repeated: self.shared.repeated.load(Ordering::Relaxed), problems }
    }
}

impl Shared {
    fn complain(&self, problem: String) {
        self.problems.lock().unwrap_or_else(PoisonError::into_inner).push(problem);
    }

    async fn pay_without_end(&self, mut random: Rng) {
        while !self.is_over.load(Ordering::Relaxed) {
            let number = self.numbers.fetch_add(1, Ordering::Relaxed);
            let account = format!("account-{}", random.u32(..ACCOUNTS));
            let poison = if random.u32(..50) == 0 { self.take_poison() } else { None };
            let payment = Payment { number, account: account.clone(), poison };
            let place = self.pay(&payment).await;
            self.receipts
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .insert(number, Receipt { account, place, poison });
            if random.u32(..10) == 0 {
                self.repeated.fetch_add(1, Ordering::Relaxed);
                let again = self.pay(&payment).await;
                if again != place {
                    self.complain(format!("payment {number} was place {place}, and is {again} when it is asked again"));
                }
            }
            sleep(Duration::from_millis(random.u64(5..60))).await;
        }
    }

    fn take_poison(&self) -> Option<Poison> {
        let take = |left: &AtomicU32| {
            left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(1)).is_ok()
        };
        self.poisons.iter().find(|(_, left)| take(left)).map(|(poison, _)| *poison)
    }

    /// Asks until there is an answer, which is the place of the payment.
    async fn pay(&self, payment: &Payment) -> u64 {
        loop {
            let message = Message::new(Metadata::new(), payment.clone());
            let deadline = Instant::now() + PATIENCE;
            let request = Request { subject: till::Pay::SUBJECT, message, deadline, attempt: 1 };
            match timeout_at(deadline, self.adapter.request(request)).await {
                Ok(Ok(Reply::Output(json))) => match serde_json::from_slice(&json) {
                    Ok(place) => return place,
                    Err(error) => self.complain(format!("payment {}: {error}", payment.number)),
                },
                Ok(Ok(Reply::Rejection(_))) => self.complain(format!("payment {} was rejected", payment.number)),
                // Whatever it was, it is asked again.
                Ok(Ok(Reply::Fault { .. }) | Err(_)) | Err(_) => {}
            }
            self.repeated.fetch_add(1, Ordering::Relaxed);
            sleep(Duration::from_millis(100)).await;
        }
    }
}
