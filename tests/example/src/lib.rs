//! The shop that the examples in the documentation of `pontoon` are about.

use std::fmt;

use serde::{Deserialize, Serialize};

pub mod email;
pub mod user;

pontoon::topology!();

/// What somebody fills in to get an account.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct NewUser {
    /// Where their mail goes; an address can have one account.
    pub email: String,
}

/// A user as `state::Users` keeps them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct User {
    /// The number of their account.
    pub id: u32,
    /// Where their mail goes.
    pub email: String,
}

/// Why somebody was not signed up.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum SignUpRejected {
    /// The address has an account already.
    EmailTaken,
}

impl fmt::Display for SignUpRejected {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("this address has an account already")
    }
}

impl std::error::Error for SignUpRejected {}

/// Somebody new has an account.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct UserSignedUp {
    /// Who.
    pub id: u32,
}

/// A bill to be written.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Invoice {
    /// Who pays.
    pub user: u32,
}

/// What the handlers are made from.
#[must_use]
pub fn resources() -> topology::monolith::Resources {
    topology::monolith::Resources { user: user::Resources::default(), email: email::Resources::default() }
}
