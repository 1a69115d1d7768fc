//! What the rules look at.

use super::placement::Placement;
use crate::code::Code;
use crate::graph::Graph;
use crate::read::Tree;
use crate::topology::{Connection, Date, Environment, Topology, UnitId};

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
    /// The crate that code is generated for, where it is known what that was built with.
    pub built: Option<Built<'a>>,
    /// Which handlers every deployment runs, and where.
    pub(super) placements: Vec<Placement<'a>>,
}

impl<'a> Input<'a> {
    /// All that the rules need to know.
    pub fn new(topology: &'a Topology, graph: &'a Graph, text: &'a Tree, today: Date) -> Self {
        let placements = topology.deployments.ids().map(|id| Placement::of(topology, id)).collect();
        Self { topology, graph, text, today, built: None, placements }
    }

    /// The same, in a crate of which this much is known.
    #[must_use]
    pub fn built(self, built: Option<Built<'a>>) -> Self {
        Self { built, ..self }
    }
}

/// What the code that is generated for a crate opens and names, and what the crate has of that.
pub struct Built<'a> {
    /// The features of its `pontoon`, where they are known.
    pub features: Option<&'a [String]>,
    /// The bridges and stores that are opened, each with the environment that has it.
    pub opened: Vec<(&'a Environment, &'a Connection)>,
    /// The code of the crate, where it can be read.
    pub code: Option<&'a Code<'a>>,
    /// The name of the crate.
    pub krate: Option<&'a str>,
    /// Whether the contract is generated for it, which names what moves.
    pub contract: bool,
    /// The services of which it has the handlers.
    pub services: &'a [String],
    /// The units that are generated for it.
    pub units: Vec<UnitId>,
}

impl Built<'_> {
    /// Whether `pontoon` was built without a feature.
    pub fn lacks(&self, feature: &str) -> bool {
        self.features.is_some_and(|features| features.iter().all(|known| known != feature))
    }
}
