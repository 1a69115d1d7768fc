//! The service `email`: everything that is sent as mail.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use pontoon::{CommandHandler, Error, QueueWorker, Resources, SubscriptionHandler};
use tokio::sync::watch;

use crate::contract::{Invoice, UserSignedUp, Welcome};
use crate::topology::email;

/// What the handlers of this service are made from. A handler gets what it needs by type.
#[derive(Resources)]
pub struct Resources {
    /// Shared by all three handlers.
    pub mailer: Mailer,
}

/// The handler of the command `email.send_welcome`.
#[derive(CommandHandler)]
#[command(email.send_welcome)]
pub struct SendWelcome {
    mailer: Mailer,
}

impl SendWelcome {
    async fn handle(&self, ctx: &impl email::send_welcome::Context, welcome: Welcome) -> Result<(), Error> {
        // The first try for Grace fails. topology.yaml gives this command three attempts, so she is welcomed all the
        // same.
        let subject = format!("Welcome, {}! (attempt {})", welcome.name, ctx.attempt());
        self.mailer.send(&welcome.to, &subject)?;
        Ok(())
    }
}

/// The handler of the subscription `email.greet`: what this service does when somebody has signed up.
#[derive(SubscriptionHandler)]
#[subscription(email.greet)]
pub struct Greet {
    mailer: Mailer,
}

impl Greet {
    async fn handle(&self, _ctx: &impl email::greet::Context, event: UserSignedUp) -> Result<(), Error> {
        self.mailer.send("team@example.com", &format!("{} has joined", event.name))?;
        Ok(())
    }
}

/// The handler of the worker `email.bill`: takes jobs from the queue `invoices`.
#[derive(QueueWorker)]
#[worker(email.bill)]
pub struct Bill {
    mailer: Mailer,
}

impl Bill {
    async fn handle(&self, _ctx: &impl email::bill::Context, invoice: Invoice) -> Result<(), Error> {
        let euros = f64::from(invoice.amount) / 100.0;
        self.mailer.send(&invoice.user.0, &format!("Invoice {}: {euros:.2} EUR", invoice.number))?;
        Ok(())
    }
}

/// Stands for a mail server: prints what it would send. Its line drops once, so that there is a retry to be seen.
#[derive(Clone)]
pub struct Mailer {
    line_dropped: Arc<AtomicBool>,
    sent: watch::Sender<usize>,
}

impl Mailer {
    /// A mailer that has sent nothing yet.
    pub fn new() -> Self {
        Self { line_dropped: Arc::default(), sent: watch::Sender::new(0) }
    }

    /// Sends one mail.
    ///
    /// # Errors
    /// [`LineDropped`], the first time that mail goes to Grace.
    pub fn send(&self, to: &str, subject: &str) -> Result<(), LineDropped> {
        if to.starts_with("grace") && !self.line_dropped.swap(true, Ordering::Relaxed) {
            println!("  mail  ✗ {to}: the line dropped");
            return Err(LineDropped);
        }
        println!("  mail  → {to}: {subject}");
        self.sent.send_modify(|sent| *sent += 1);
        Ok(())
    }

    /// Waits until this many mails have left.
    pub async fn until_sent(&self, mails: usize) {
        // The sender lives in `self`, so this ends only when the number is reached.
        let _ = self.sent.subscribe().wait_for(|sent| *sent >= mails).await;
    }
}

/// The mail server hung up.
#[derive(Debug)]
pub struct LineDropped;

impl std::fmt::Display for LineDropped {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("the mail server hung up")
    }
}

impl std::error::Error for LineDropped {}
