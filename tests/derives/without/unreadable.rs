use pontoon::CommandHandler;

fn main() {}

#[derive(CommandHandler)]
#[command(user.sign_up)]
pub struct SignUp;
