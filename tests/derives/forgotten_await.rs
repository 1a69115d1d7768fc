#![deny(unused_must_use)]

include!("shop/mod.rs");

fn main() {}

mod user {
    use pontoon::{CommandHandler, Error, Resources};

    use crate::contract::{Invoice, Mailer, NewUser, SignUpRejected, UserId};
    use crate::topology::{event, queue, secret, state, user};

    #[derive(Resources)]
    pub struct Resources {
        mailer: Mailer,
    }

    #[derive(CommandHandler)]
    #[command(user.sign_up)]
    pub struct SignUp {
        mailer: Mailer,
    }

    impl SignUp {
        async fn handle(&self, ctx: &impl user::sign_up::Context, _: NewUser) -> Result<UserId, Error<SignUpRejected>> {
            ctx.emit(event::SignedUp, UserId(1));
            ctx.enqueue(queue::Invoices, Invoice { number: 1 });
            ctx.state(state::Users).get("a");
            Ok(UserId(1))
        }
    }

    async fn find(ctx: &impl user::find::Context, user: NewUser) {
        let users = ctx.state(state::Users);
        users.set("a", &user);
        users.insert("a", &user);
        users.delete("a");
        users.batch().delete("a");
        users.batch().delete("a").commit();
        ctx.secret(secret::Password);
    }
}
