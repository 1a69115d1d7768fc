//! What the rules look at.

use super::placement::Placement;
use crate::graph::Graph;
use crate::read::Tree;
use crate::topology::{Date, Topology};

/// A topology from all sides.
pub struct Input<'a> {
    /// The resolved topology.
    pub topology: &'a Topology,
    /// Who causes what in it.
    pub graph: &'a Graph,
    /// Its text, for what is not in the model: secrets may stand anywhere.
    pub text: &'a Tree,
    /// The day of the check.
    pub today: Date,
    /// Which handlers every deployment runs, and where.
    pub(super) placements: Vec<Placement<'a>>,
}

impl<'a> Input<'a> {
    /// All that the rules need to know.
    pub fn new(topology: &'a Topology, graph: &'a Graph, text: &'a Tree, today: Date) -> Self {
        let placements = topology.deployments.ids().map(|id| Placement::of(topology, id)).collect();
        Self { topology, graph, text, today, placements }
    }
}
