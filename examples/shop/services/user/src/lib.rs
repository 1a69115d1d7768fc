//! The service `user`: who has an account. It knows the contract, and neither the service it calls nor who hears its
//! event.

use pontoon::{CommandHandler, Error, Resources};
use shop_contract::topology::{email, event, state, user};
use shop_contract::{NewUser, SignUpRejected, User, UserId, UserSignedUp, Welcome};

/// This service needs nothing but the topology: no pool, no client.
#[derive(Resources)]
pub struct Resources;

/// The handler of the command `user.sign_up`.
#[derive(CommandHandler)]
#[command(user.sign_up)]
pub struct SignUp;

impl SignUp {
    async fn handle(&self, ctx: &impl user::sign_up::Context, new: NewUser) -> Result<UserId, Error<SignUpRejected>> {
        let id = UserId(new.email.to_lowercase());
        let user = User { name: new.name.clone(), email: new.email.clone() };
        let sign_up = |there: Option<User>| match there {
            Some(_) => Err(Error::from(SignUpRejected::EmailTaken)),
            None => Ok(user.clone()),
        };
        ctx.state(state::Users).try_update(&id, sign_up).await?;
        // In the monolith a plain async call; in microservices one request to the unit `mail`. Decided when it was
        // compiled.
        ctx.invoke(email::SendWelcome, Welcome { to: new.email, name: new.name }).await?;
        ctx.emit(event::UserSignedUp, UserSignedUp { id: id.clone() }).await?;
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

#[cfg(test)]
mod tests {
    use pontoon::testing::Stub;

    use super::*;

    fn ada() -> NewUser {
        NewUser { name: "Ada".into(), email: "Ada@example.com".into() }
    }

    #[tokio::test]
    async fn signing_up_welcomes_and_tells() {
        let ctx = Stub::new().answer(email::SendWelcome, |_| Ok(()));
        let id = SignUp.handle(&ctx, ada()).await.expect("Ada can sign up");
        assert_eq!(id, UserId("ada@example.com".into()));
        assert_eq!(ctx.invocations(email::SendWelcome)[0].to, "Ada@example.com");
        assert_eq!(ctx.emitted(event::UserSignedUp)[0].id, id);
    }

    #[tokio::test]
    async fn an_address_signs_up_once() {
        let ctx = Stub::new().answer(email::SendWelcome, |_| Ok(()));
        SignUp.handle(&ctx, ada()).await.expect("Ada can sign up");
        let again = SignUp.handle(&ctx, ada()).await;
        assert!(matches!(again, Err(Error::Rejected(SignUpRejected::EmailTaken))));
        assert_eq!(ctx.emitted(event::UserSignedUp).len(), 1);
    }
}
