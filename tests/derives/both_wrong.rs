// Two mistakes, and both are said at once.
include!("shop/mod.rs");

fn main() {}

mod user {
    use pontoon::{CommandHandler, Resources};

    use crate::contract::Mailer;

    #[derive(Resources)]
    pub struct Resources {
        mailer: Mailer,
    }

    #[derive(CommandHandler)]
    #[command(user::sign_up)]
    pub enum SignUp {
        This,
    }
}
