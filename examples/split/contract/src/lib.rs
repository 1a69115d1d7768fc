//! What the services say to each other, and the addresses that are generated from the topology.

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

/// What was said to a new user.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Greeting(pub String);
