//! Reads a topology, checks it as a graph and generates the code that wires its services together.

pub mod diagnostic;
pub mod graph;
pub mod read;
pub mod resolve;
pub mod source;
pub mod topology;
