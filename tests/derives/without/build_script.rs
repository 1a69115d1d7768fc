use pontoon::CommandHandler;

fn main() {}

#[derive(CommandHandler)]
#[command(user.sign_up)]
pub struct SignUp;

// The same is not said twice.
#[derive(CommandHandler)]
#[command(user.find)]
pub struct Find;
