//! The system that the suites look at: services whose handlers do what a test tells them, and write down what they saw.

pub mod back;
pub mod book;
pub mod clerk;
pub mod contract;
pub mod counts;
pub mod front;
pub mod ledger;
pub mod office;
pub mod script;
pub mod side;
pub mod steps;
pub mod till;
pub mod workshop;
