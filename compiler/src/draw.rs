//! The topology as a picture: boxes in groups and arrows between them, as data, and that data as Mermaid or DOT.
//!
//! Without a deployment the groups are services; with one they are its units, and calls that leave a unit are dashed.

mod assemble;
mod dot;
mod mermaid;

use crate::topology::{DeploymentId, Topology};

/// A picture of a topology, or of one deployment of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Drawing {
    /// `shop`, or `shop: microservices`.
    title: String,
    groups: Vec<Group>,
    /// What belongs to no group: events, queues, state.
    shared: Vec<Node>,
    arrows: Vec<Arrow>,
}

impl Drawing {
    /// The whole topology, grouped by service.
    pub fn topology(topology: &Topology) -> Self {
        assemble::topology(topology)
    }

    /// One deployment of it, grouped by unit.
    pub fn deployment(topology: &Topology, deployment: DeploymentId) -> Self {
        assemble::deployment(topology, deployment)
    }

    /// As a Mermaid flow chart, ready for a fenced block in Markdown.
    pub fn to_mermaid(&self) -> String {
        mermaid::print(self)
    }

    /// In the language of Graphviz.
    pub fn to_dot(&self) -> String {
        dot::print(self)
    }
}

/// A box around boxes: a unit around its services, a service around its handlers.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Group {
    id: String,
    label: String,
    groups: Vec<Group>,
    nodes: Vec<Node>,
}

/// A handler, or something that handlers share. Ids and labels consist of checked names, which no language quotes.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Node {
    id: String,
    label: String,
    shape: Shape,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Shape {
    Command,
    Subscription,
    Worker,
    Schedule,
    Event,
    Queue,
    State,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Arrow {
    from: String,
    to: String,
    label: &'static str,
    /// Whether it is a call that crosses from one unit to another.
    crosses: bool,
}
