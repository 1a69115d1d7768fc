//! What the services say to each other, and the addresses that are generated from the topology.

use std::fmt;

use serde::{Deserialize, Serialize};

pontoon::topology!();

/// What somebody fills in to get an account.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct NewUser {
    /// How they want to be called.
    pub name: String,
    /// Where their mail goes.
    pub email: String,
}

/// Names a user: the address, in lower case.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct UserId(pub String);

/// A user, as the service `user` keeps it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct User {
    /// How they want to be called.
    pub name: String,
    /// Where their mail goes.
    pub email: String,
}

/// Why somebody does not get an account.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum SignUpRejected {
    /// Somebody has signed up with this address before.
    EmailTaken,
}

impl fmt::Display for SignUpRejected {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::EmailTaken => f.write_str("somebody has signed up with this address before"),
        }
    }
}

impl std::error::Error for SignUpRejected {}

/// A welcome mail.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Welcome {
    /// Where it goes.
    pub to: String,
    /// Who is welcome.
    pub name: String,
}

/// Somebody new has an account.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct UserSignedUp {
    /// Who.
    pub id: UserId,
}

/// A fee to be booked.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Invoice {
    /// Who owes it.
    pub user: UserId,
}

/// What somebody owes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Account {
    /// How many fees were booked: one, or something has gone wrong.
    pub fees: u32,
    /// What they come to, in cents.
    pub cents: u32,
}
