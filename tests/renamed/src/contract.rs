//! What travels between handlers.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A note.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct Note {
    /// What it says.
    pub text: String,
}

/// An empty note is refused.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct Refused;

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a note says something")
    }
}

impl std::error::Error for Refused {}
