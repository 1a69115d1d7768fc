//! Paths of calls, and the attempts that multiply along them.

use petgraph::Direction;
use petgraph::algo::kosaraju_scc;
use petgraph::graph::EdgeIndex;
use petgraph::visit::EdgeRef;

use super::{Graph, Node, Step};
use crate::topology::{CommandId, Handler};

/// A path of calls along which attempts multiply.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Amplified {
    /// How often the last command may run for one message that starts the first handler.
    pub attempts: u64,
    /// The calls, from the first handler to the last command; none where the command alone is tried that often.
    pub calls: Vec<Step>,
    /// The last command.
    pub command: CommandId,
}

impl Graph {
    /// Commands that may run more than `limit` times because those who call them are tried again too: for each the path
    /// with the most attempts. Commands further down the same path are left out. `attempts` says how often a handler is
    /// tried, the first time included.
    pub fn amplified(&self, limit: u64, attempts: impl Fn(Handler) -> u32) -> Vec<Amplified> {
        let calls = self.part(|node| matches!(node, Node::Handler(_)), |cause| cause.waits);
        let mut knots = kosaraju_scc(&calls);
        knots.reverse();
        // Callers come first. In a circle of calls, which is refused anyway, whoever has no number yet counts as one.
        let mut products = vec![1_u64; calls.node_count()];
        let mut by: Vec<Option<EdgeIndex>> = vec![None; calls.node_count()];
        let mut found = Vec::new();
        for node in knots.into_iter().flatten() {
            let Node::Handler(handler) = calls[node] else { continue };
            let mut most = 1;
            for edge in calls.edges_directed(node, Direction::Incoming) {
                let product = products[edge.source().index()];
                if product > most {
                    most = product;
                    by[node.index()] = Some(edge.id());
                }
            }
            let product = most.saturating_mul(u64::from(attempts(handler)));
            products[node.index()] = product;
            if let Handler::Command(command) = handler
                && product > limit
                && most <= limit
            {
                found.push((node, Amplified { attempts: product, calls: Vec::new(), command }));
            }
        }
        for (node, amplified) in &mut found {
            let mut node = *node;
            while let Some((from, to)) = by[node.index()].and_then(|edge| calls.edge_endpoints(edge)) {
                let span = by[node.index()].map(|edge| calls[edge].span);
                amplified.calls.extend(span.map(|span| Step { from: calls[from], to: calls[to], span }));
                if amplified.calls.len() > calls.node_count() {
                    break;
                }
                node = from;
            }
            amplified.calls.reverse();
        }
        found.sort_by_key(|(node, _)| *node);
        found.into_iter().map(|(_, amplified)| amplified).collect()
    }
}
