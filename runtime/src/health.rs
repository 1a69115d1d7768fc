//! How an adapter is: whether what is asked of it can be done.

/// How an adapter is.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Health {
    /// It can do what is asked of it.
    Ready,
    /// It cannot, or not all of it, for this reason. It goes on trying by itself, and is ready again when it succeeds.
    Degraded(String),
}
