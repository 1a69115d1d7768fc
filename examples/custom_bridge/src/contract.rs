//! What the services say to each other.

use serde::{Deserialize, Serialize};

/// What a guest wants.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Order {
    /// The name of the dish.
    pub dish: String,
}

/// What a guest gets.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
pub struct Dish {
    /// Its name.
    pub name: String,
}
