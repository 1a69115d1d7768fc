//! What the services say to each other: plain data, named in topology.yaml.

use std::fmt;

use serde::{Deserialize, Serialize};

/// What somebody fills in to get an account.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct NewUser {
    /// How they want to be called.
    pub name: String,
    /// Where their mail goes; an address can have one account.
    pub email: String,
}

/// Names a user: the mail address, in lower case.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct UserId(pub String);

impl fmt::Display for UserId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A user as `state::Users` keeps them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct User {
    /// How they want to be called.
    pub name: String,
    /// Where their mail goes.
    pub email: String,
}

/// Why somebody was not signed up. This is not an error: the caller gets it as a value of this type.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum SignUpRejected {
    /// The address has an account already.
    EmailTaken,
    /// The address is not one.
    NotAnAddress,
}

impl fmt::Display for SignUpRejected {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::EmailTaken => "this address has an account already",
            Self::NotAnAddress => "this is not a mail address",
        })
    }
}

impl std::error::Error for SignUpRejected {}

/// The fact that somebody new has an account.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct UserSignedUp {
    /// Who.
    pub id: UserId,
    /// How they want to be called.
    pub name: String,
}

/// What the welcome mail needs.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Welcome {
    /// The address it goes to.
    pub to: String,
    /// How to address them.
    pub name: String,
}

/// A bill to be written.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Invoice {
    /// Unique: the worker's `idempotency` is by this field.
    pub number: String,
    /// Who pays.
    pub user: UserId,
    /// In cents of a euro.
    pub amount: u32,
}
