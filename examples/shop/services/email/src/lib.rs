//! The service `email`: everything that is sent as mail.

use std::sync::{Arc, Mutex, PoisonError};

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

/// Stands for a mail server: prints what it would send, and knows the last of it.
#[derive(Clone, Default)]
pub struct Mailer {
    last: Arc<Mutex<Option<String>>>,
}

impl Mailer {
    fn send(&self, to: &str, subject: &str) {
        let mail = format!("{to}: {subject}");
        println!("mail → {mail}");
        *self.last.lock().unwrap_or_else(PoisonError::into_inner) = Some(mail);
    }
}

#[cfg(test)]
mod tests {
    use pontoon::testing::Stub;

    use super::*;

    #[tokio::test]
    async fn a_welcome_is_sent() {
        let (mailer, welcome) = (Mailer::default(), Welcome { to: "ada@example.com".into(), name: "Ada".into() });
        SendWelcome { mailer: mailer.clone() }.handle(&Stub::new(), welcome).await.unwrap();
        let last = mailer.last.lock().unwrap().clone();
        assert_eq!(last.as_deref(), Some("ada@example.com: Welcome, Ada!"));
    }
}
