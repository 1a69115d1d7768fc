// The secrets of the topology `shop`.
// Generated from topology.yaml by pontoon-compiler: change it there and build again.

use pontoon::generated::Secret;

/// The secret `smtp_password`.
#[derive(Clone, Copy, Debug)]
pub struct SmtpPassword;

impl Secret for SmtpPassword {
    const NAME: &'static str = "smtp_password";
}
