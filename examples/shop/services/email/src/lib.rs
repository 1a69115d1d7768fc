//! The service `email`: everything that leaves the house as mail.

use pontoon::{CommandHandler, Error, Resources};
use shop_contract::Welcome;
use shop_contract::topology::email;

/// What the handlers of this service are made from.
#[derive(Resources)]
pub struct Resources {
    /// What sends the mails.
    pub mailer: Mailer,
}

/// The handler of the command `email.send_welcome`.
#[derive(CommandHandler)]
#[command(email.send_welcome)]
pub struct SendWelcome {
    mailer: Mailer,
}

impl SendWelcome {
    async fn handle(&self, _ctx: &impl email::send_welcome::Context, welcome: Welcome) -> Result<(), Error> {
        self.mailer.send(&welcome.to, &format!("Welcome, {}!", welcome.name));
        Ok(())
    }
}

/// Stands for a mail server: prints what it would send.
#[derive(Clone, Default)]
pub struct Mailer;

impl Mailer {
    fn send(&self, to: &str, subject: &str) {
        println!("mail → {to}: {subject}");
    }
}

#[cfg(test)]
mod tests {
    use pontoon::testing::Stub;

    use super::*;

    #[tokio::test]
    async fn a_welcome_is_sent() {
        let welcome = Welcome { to: "ada@example.com".into(), name: "Ada".into() };
        let sent = SendWelcome { mailer: Mailer }.handle(&Stub::new(), welcome).await;
        assert!(sent.is_ok());
    }
}
