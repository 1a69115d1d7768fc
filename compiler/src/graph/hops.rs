//! How many events and jobs lead to something, at least.

use std::collections::{HashMap, VecDeque};

use petgraph::visit::EdgeRef;

use super::{Graph, Node};

/// What can be reached, and by how few events and jobs.
pub struct Hops(HashMap<Node, (u32, Option<Node>)>);

impl Graph {
    /// The fewest events and jobs by which each node is reached from one of these, itself included where it is one.
    pub fn hops(&self, starts: impl Iterator<Item = Node>) -> Hops {
        let mut reached = HashMap::new();
        let mut open: VecDeque<(Node, u32, Option<Node>)> = starts.map(|start| (start, 0, None)).collect();
        // Those that cost nothing come first, so that each node is seen first by its fewest.
        while let Some((node, hops, before)) = open.pop_front() {
            if reached.contains_key(&node) {
                continue;
            }
            reached.insert(node, (hops, before));
            for edge in self.causes.edges(self.index(node)) {
                let to = self.causes[edge.target()];
                match to {
                    Node::Handler(_) => open.push_front((to, hops, Some(node))),
                    Node::Event(_) | Node::Queue(_) => open.push_back((to, hops + 1, Some(node))),
                }
            }
        }
        Hops(reached)
    }
}

impl Hops {
    /// By how few a node is reached; nothing where it is not.
    pub fn to(&self, node: Node) -> Option<u32> {
        self.0.get(&node).map(|(hops, _)| *hops)
    }

    /// The way there, from where it begins.
    pub fn way(&self, node: Node) -> Vec<Node> {
        let before = |node: &Node| self.0.get(node).and_then(|(_, before)| *before);
        let mut way: Vec<Node> = std::iter::successors(Some(node), before).collect();
        way.reverse();
        way
    }
}
