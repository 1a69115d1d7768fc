//! The service `user`.

use pontoon::{CommandHandler, Error, JobOptions, Resources};

use crate::topology::{email, event, queue, state, user};
use crate::{Invoice, NewUser, SignUpRejected, User, UserSignedUp};

/// What the handlers of this service are made from.
#[derive(Default, Resources)]
pub struct Resources {}

/// The handler of `user.sign_up`.
#[derive(CommandHandler)]
#[command(user.sign_up)]
pub struct SignUp {}

impl SignUp {
    async fn handle(&self, ctx: &impl user::sign_up::Context, new: NewUser) -> Result<u32, Error<SignUpRejected>> {
        let id = u32::try_from(new.email.len())?;
        let user = User { id, email: new.email.clone() };
        ctx.state(state::Users)
            .try_update(&new.email, |old| match old {
                Some(_) => Err(Error::Rejected(SignUpRejected::EmailTaken)),
                None => Ok(user.clone()),
            })
            .await?;
        ctx.invoke(email::SendWelcome, new.email).await?;
        ctx.emit(event::UserSignedUp, UserSignedUp { id }).await?;
        ctx.enqueue_with(queue::Invoices, Invoice { user: id }, JobOptions::new()).await?;
        Ok(id)
    }
}
