//! The service `email`, in two versions that live side by side.

pub mod v1;
pub mod v2;
