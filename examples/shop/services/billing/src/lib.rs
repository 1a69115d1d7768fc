//! The service `billing`: what everybody owes. It hears of new users and asks nobody.

use pontoon::{CommandHandler, Error, QueueWorker, Resources, SubscriptionHandler};
use shop_contract::topology::{billing, queue, state};
use shop_contract::{Account, Invoice, UserId, UserSignedUp};

/// What a year costs, in cents.
const YEARLY_FEE: u32 = 12_00;

/// This service needs nothing but the topology.
#[derive(Resources)]
pub struct Resources;

/// The handler of the subscription `billing.open_account`.
#[derive(SubscriptionHandler)]
#[subscription(billing.open_account)]
pub struct OpenAccount;

impl OpenAccount {
    async fn handle(&self, ctx: &impl billing::open_account::Context, event: UserSignedUp) -> Result<(), Error> {
        let open = |account: Option<Account>| account.unwrap_or(Account { fees: 0, cents: 0 });
        ctx.state(state::Ledger).update(&event.id, open).await?;
        ctx.enqueue(queue::Invoices, Invoice { user: event.id }).await?;
        Ok(())
    }
}

/// The handler of the worker `billing.bill`.
#[derive(QueueWorker)]
#[worker(billing.bill)]
pub struct Bill;

impl Bill {
    /// Books a fee, whatever was booked before: that a job which arrives twice is booked once is the topology's promise
    /// (`idempotency`), not this handler's.
    async fn handle(&self, ctx: &impl billing::bill::Context, invoice: Invoice) -> Result<(), Error> {
        let book = |account: Option<Account>| {
            let Account { fees, cents } = account.unwrap_or(Account { fees: 0, cents: 0 });
            Account { fees: fees + 1, cents: cents + YEARLY_FEE }
        };
        ctx.state(state::Ledger).update(&invoice.user, book).await?;
        Ok(())
    }
}

/// The handler of the command `billing.owes`.
#[derive(CommandHandler)]
#[command(billing.owes)]
pub struct Owes;

impl Owes {
    async fn handle(&self, ctx: &impl billing::owes::Context, user: UserId) -> Result<Option<Account>, Error> {
        Ok(ctx.state(state::Ledger).get(&user).await?)
    }
}

#[cfg(test)]
mod tests {
    use pontoon::testing::Stub;

    use super::*;

    #[tokio::test]
    async fn a_new_user_owes_the_fee() {
        let (ctx, ada) = (Stub::new(), UserId("ada@example.com".into()));
        OpenAccount.handle(&ctx, UserSignedUp { id: ada.clone() }).await.expect("the ledger is open");
        for invoice in ctx.enqueued(queue::Invoices) {
            Bill.handle(&ctx, invoice).await.expect("the ledger is open");
        }
        let account = ctx.state(state::Ledger).get(&ada).await.expect("the ledger is open");
        assert_eq!(account, Some(Account { fees: 1, cents: YEARLY_FEE }));
    }
}
