//! The service `user`: who has an account.

use pontoon::{CommandHandler, Error, Resources};

use crate::contract::{Invoice, NewUser, SignUpRejected, User, UserId, UserSignedUp, Welcome};
use crate::topology::{email, event, queue, state, user};

/// What a year costs, in cents.
const YEARLY_FEE: u32 = 12_00;

/// The handlers of this service need nothing but the topology: no pool, no client.
#[derive(Resources)]
pub struct Resources;

/// The handler of the command `user.sign_up`.
#[derive(CommandHandler)]
#[command(user.sign_up)]
pub struct SignUp;

impl SignUp {
    /// The context has exactly the edges that topology.yaml declares for `sign_up`. Anything else does not compile.
    async fn handle(&self, ctx: &impl user::sign_up::Context, new: NewUser) -> Result<UserId, Error<SignUpRejected>> {
        if !new.email.contains('@') {
            return Err(SignUpRejected::NotAnAddress)?;
        }
        let id = UserId(new.email.to_lowercase());
        // Of two who sign up with one address at the same time, the second finds the first.
        let user = User { name: new.name.clone(), email: new.email.clone() };
        let sign_up = |there: Option<User>| match there {
            Some(_) => Err(Error::from(SignUpRejected::EmailTaken)),
            None => Ok(user.clone()),
        };
        ctx.state(state::Users).try_update(&id, sign_up).await?;

        // A call into the other service: in this deployment a plain async call, decided when this was compiled.
        ctx.invoke(email::SendWelcome, Welcome { to: new.email, name: new.name.clone() }).await?;

        // `outbox: true`: the user, the event and the job take effect together, once this function has succeeded.
        ctx.emit(event::UserSignedUp, UserSignedUp { id: id.clone(), name: new.name }).await?;
        ctx.enqueue(queue::Invoices, Invoice { number: format!("2026-{id}"), user: id.clone(), amount: YEARLY_FEE })
            .await?;
        Ok(id)
    }
}

/// The handler of the command `user.find`.
#[derive(CommandHandler)]
#[command(user.find)]
pub struct Find;

impl Find {
    async fn handle(&self, ctx: &impl user::find::Context, id: UserId) -> Result<Option<User>, Error> {
        Ok(ctx.state(state::Users).get(&id).await?)
    }
}

/// How a handler is tested alone: the stub answers what it invokes and records what it does.
#[cfg(test)]
mod tests {
    use pontoon::testing::Stub;

    use super::*;

    #[tokio::test]
    async fn signing_up_welcomes_tells_and_bills() {
        let ctx = Stub::new().answer(email::SendWelcome, |_| Ok(()));
        let ada = NewUser { name: "Ada".into(), email: "Ada@example.com".into() };

        let id = SignUp.handle(&ctx, ada).await.expect("Ada can sign up");

        assert_eq!(id, UserId("ada@example.com".into()));
        assert_eq!(ctx.invocations(email::SendWelcome)[0].to, "Ada@example.com");
        assert_eq!(ctx.emitted(event::UserSignedUp)[0].id, id);
        assert_eq!(ctx.enqueued(queue::Invoices)[0].user, id);
    }

    #[tokio::test]
    async fn what_is_not_an_address_is_rejected() {
        let nobody = NewUser { name: "Nobody".into(), email: "nowhere".into() };
        let rejected = SignUp.handle(&Stub::new(), nobody).await;
        assert!(matches!(rejected, Err(Error::Rejected(SignUpRejected::NotAnAddress))));
    }
}
