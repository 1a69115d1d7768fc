//! Circles: of calls, and of messages that cause themselves.

use std::collections::VecDeque;

use petgraph::algo::kosaraju_scc;
use petgraph::graph::{DiGraph, EdgeIndex, NodeIndex};
use petgraph::visit::EdgeRef;

use super::{Cause, Graph, Node, Step};

/// From so many places of a knot the shortest way round is looked for: of small ones all, of large ones the first.
const STARTS: usize = 64;

impl Graph {
    /// Commands that wait for themselves: of each knot of calls a shortest circle, which begins with its first command
    /// in the order of the file.
    pub fn invoke_cycles(&self) -> Vec<Vec<Step>> {
        circles(&self.part(|node| matches!(node, Node::Handler(_)), |cause| cause.waits), |_| true)
    }

    /// Events and jobs that cause themselves: of each knot a shortest circle, which begins with a message. Nodes for
    /// which `ends` holds count as the end of whatever reaches them.
    pub fn loops(&self, ends: impl Fn(Node) -> bool) -> Vec<Vec<Step>> {
        circles(&self.part(|node| !ends(node), |_| true), |node| !matches!(node, Node::Handler(_)))
    }
}

/// A shortest circle of each knot, through a node for which `starts` holds, in the order of their first nodes.
fn circles(graph: &DiGraph<Node, Cause>, starts: impl Fn(Node) -> bool) -> Vec<Vec<Step>> {
    let knots = kosaraju_scc(graph);
    let mut knot_of = vec![0_usize; graph.node_count()];
    for (number, knot) in knots.iter().enumerate() {
        for node in knot {
            knot_of[node.index()] = number;
        }
    }
    let mut search = Search { graph, knot_of, reached: vec![None; graph.node_count()], round: 0 };
    let mut circles: Vec<(NodeIndex, Vec<Step>)> = Vec::new();
    for mut knot in knots {
        if let [one] = knot.as_slice()
            && !graph.contains_edge(*one, *one)
        {
            continue;
        }
        knot.sort_unstable();
        let starts = knot.iter().filter(|node| starts(graph[**node])).take(STARTS);
        let found = starts.filter_map(|start| Some((*start, search.way_round(*start)?)));
        circles.extend(found.min_by_key(|(_, circle)| circle.len()));
    }
    circles.sort_by_key(|(start, _)| *start);
    circles.into_iter().map(|(_, circle)| circle).collect()
}

/// Breadth-first searches, one after another.
struct Search<'g> {
    graph: &'g DiGraph<Node, Cause>,
    knot_of: Vec<usize>,
    /// The search in which a node was reached last, and by which edge.
    reached: Vec<Option<(usize, EdgeIndex)>>,
    round: usize,
}

impl Search<'_> {
    /// A shortest way from a node back to itself.
    fn way_round(&mut self, start: NodeIndex) -> Option<Vec<Step>> {
        self.round += 1;
        let mut open = VecDeque::from([start]);
        while let Some(node) = open.pop_front() {
            for edge in self.graph.edges(node) {
                let next = edge.target();
                let seen = self.reached[next.index()].is_some_and(|(round, _)| round == self.round);
                if seen || self.knot_of[next.index()] != self.knot_of[start.index()] {
                    continue;
                }
                self.reached[next.index()] = Some((self.round, edge.id()));
                if next == start {
                    return Some(self.steps_to(start));
                }
                open.push_back(next);
            }
        }
        None
    }

    fn steps_to(&self, start: NodeIndex) -> Vec<Step> {
        let mut steps = Vec::new();
        let mut node = start;
        while let Some((_, edge)) = self.reached[node.index()] {
            let Some((from, to)) = self.graph.edge_endpoints(edge) else {
                break;
            };
            steps.push(Step { from: self.graph[from], to: self.graph[to], span: self.graph[edge].span });
            node = from;
            if node == start {
                break;
            }
        }
        steps.reverse();
        steps
    }
}
