//! How far a message spreads: how many deliveries it causes in the end, and how long the longest chain of them is.

use petgraph::algo::kosaraju_scc;
use petgraph::graph::{EdgeIndex, NodeIndex};
use petgraph::visit::EdgeRef;

use super::{Graph, Node, Step};
use crate::topology::Handler;

/// What one run of a handler, one event or one job causes, if everybody on the way does all that they declare, once.
pub struct Spread<'g> {
    graph: &'g Graph,
    far: Vec<Far>,
}

#[derive(Clone, Copy, Default)]
struct Far {
    deliveries: u64,
    depth: u32,
    /// The first step of the longest chain.
    next: Option<EdgeIndex>,
}

impl Graph {
    /// How far every message spreads. What goes round a loop is counted once.
    pub fn spread(&self) -> Spread<'_> {
        let mut far = vec![Far::default(); self.causes.node_count()];
        // Callees come before their callers; within a knot, whoever has no number yet counts as nothing.
        for knot in kosaraju_scc(&self.causes) {
            for node in knot {
                far[node.index()] = self.far(node, &far);
            }
        }
        Spread { graph: self, far }
    }

    fn far(&self, node: NodeIndex, known: &[Far]) -> Far {
        let mut far = Far::default();
        // A job is worked once, whoever of the competing workers takes it; an event goes to every subscription.
        let competing = matches!(self.causes[node], Node::Queue(_));
        let mut edges: Vec<_> = self.causes.edges(node).collect();
        edges.reverse();
        for edge in edges {
            let target = known[edge.target().index()];
            let delivery =
                matches!(self.causes[edge.target()], Node::Handler(Handler::Subscription(_) | Handler::Worker(_)));
            let deliveries = target.deliveries.saturating_add(u64::from(delivery));
            far.deliveries = match competing {
                true => far.deliveries.max(deliveries),
                false => far.deliveries.saturating_add(deliveries),
            };
            let depth = target.depth + u32::from(delivery);
            if depth > far.depth {
                far.depth = depth;
                far.next = Some(edge.id());
            }
        }
        far
    }
}

impl Spread<'_> {
    /// How many runs of subscriptions and workers it causes in the end.
    pub fn deliveries(&self, node: Node) -> u64 {
        self.far[self.graph.index(node).index()].deliveries
    }

    /// How many of them follow one from another at most.
    pub fn depth(&self, node: Node) -> u32 {
        self.far[self.graph.index(node).index()].depth
    }

    /// The longest chain: every edge on the way.
    pub fn chain(&self, node: Node) -> Vec<Step> {
        let causes = &self.graph.causes;
        let mut steps = Vec::new();
        let mut node = self.graph.index(node);
        while let Some(edge) = self.far[node.index()].next {
            let Some((from, to)) = causes.edge_endpoints(edge) else {
                break;
            };
            steps.push(Step { from: causes[from], to: causes[to], span: causes[edge].span });
            node = to;
        }
        steps
    }
}
