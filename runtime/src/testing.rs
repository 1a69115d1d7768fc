//! For tests: a context for a handler alone.

mod stub;

pub use stub::Stub;
