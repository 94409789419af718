//! A directed graph with a deterministic order. Edges point from what is needed to who needs it.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap};
use std::hash::Hash;

use foldhash::{HashMap, HashSet};
use petgraph::Direction;
use petgraph::algo::tarjan_scc;
use petgraph::graph::{DiGraph, NodeIndex};
use petgraph::visit::EdgeRef;

/// A graph of `N` with what is known of each edge.
#[derive(Debug, Clone)]
pub struct Dag<N, E> {
    graph: DiGraph<N, E>,
    /// Only looked into: what is told comes in an order of its own.
    index: HashMap<N, NodeIndex>,
    /// Pairs that have an edge: a node may have very many of them.
    joined: HashSet<(NodeIndex, NodeIndex)>,
}

/// A circle of needs: each needs the next, the last needs the first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cycle<N, E>(pub Vec<(N, E)>);

impl<N: Ord + Hash + Clone, E: Clone> Default for Dag<N, E> {
    fn default() -> Self {
        Self { graph: DiGraph::new(), index: HashMap::default(), joined: HashSet::default() }
    }
}

impl<N: Ord + Hash + Clone, E: Clone> Dag<N, E> {
    /// Nothing yet, with room for so many nodes.
    pub fn with_capacity(nodes: usize) -> Self {
        let mut dag = Self { graph: DiGraph::with_capacity(nodes, nodes), ..Self::default() };
        dag.index.reserve(nodes);
        dag.joined.reserve(nodes);
        dag
    }

    /// Adds a node; adding it again changes nothing.
    pub fn node(&mut self, node: N) {
        self.place(node);
    }

    fn place(&mut self, node: N) -> NodeIndex {
        if let Some(&at) = self.index.get(&node) {
            return at;
        }
        let at = self.graph.add_node(node.clone());
        self.index.insert(node, at);
        at
    }

    /// Says that `user` needs `needed`; the first cause of a pair stays.
    pub fn edge(&mut self, user: N, needed: N, cause: E) {
        let (user, needed) = (self.place(user), self.place(needed));
        if self.joined.insert((needed, user)) {
            self.graph.add_edge(needed, user, cause);
        }
    }

    /// What a node directly needs, sorted.
    pub fn needs(&self, node: &N) -> Vec<(&N, &E)> {
        self.neighbours(node, Direction::Incoming)
    }

    /// Who directly needs a node, sorted.
    pub fn users(&self, node: &N) -> Vec<(&N, &E)> {
        self.neighbours(node, Direction::Outgoing)
    }

    fn neighbours(&self, node: &N, direction: Direction) -> Vec<(&N, &E)> {
        let Some(&at) = self.index.get(node) else { return Vec::new() };
        let mut found: Vec<_> = self
            .graph
            .edges_directed(at, direction)
            .map(|edge| {
                let other =
                    if direction == Direction::Incoming { edge.source() } else { edge.target() };
                (&self.graph[other], edge.weight())
            })
            .collect();
        found.sort_by(|a, b| a.0.cmp(b.0));
        found
    }

    /// Whether the node is there.
    pub fn contains(&self, node: &N) -> bool {
        self.index.contains_key(node)
    }

    /// All nodes, as they were added.
    pub fn nodes(&self) -> impl Iterator<Item = &N> {
        self.graph.node_weights()
    }

    /// All nodes with what they need before them; among those that could come next, the smallest.
    ///
    /// # Errors
    /// A cycle, if there is one.
    pub fn order(&self) -> Result<Vec<N>, Cycle<N, E>> {
        // Nodes are compared once, by their place among all: from there on they are numbers.
        let all = self.graph.node_indices().map(|at| (&self.graph[at], at));
        let mut sorted: Vec<(&N, NodeIndex)> = all.collect();
        sorted.sort_unstable();
        let mut rank = vec![0; sorted.len()];
        for (place, (_, at)) in sorted.iter().enumerate() {
            rank[at.index()] = place;
        }
        let needs = |at| self.graph.edges_directed(at, Direction::Incoming).count();
        let mut waiting: Vec<usize> = self.graph.node_indices().map(needs).collect();
        let free = |(_, at): &&(&N, NodeIndex)| waiting[at.index()] == 0;
        let mut ready: BinaryHeap<Reverse<usize>> =
            sorted.iter().filter(free).map(|(_, at)| Reverse(rank[at.index()])).collect();
        let mut order = Vec::with_capacity(sorted.len());
        while let Some(Reverse(place)) = ready.pop() {
            let (node, at) = sorted[place];
            order.push(node.clone());
            for user in self.graph.neighbors_directed(at, Direction::Outgoing) {
                let needs = &mut waiting[user.index()];
                *needs -= 1;
                if *needs == 0 {
                    ready.push(Reverse(rank[user.index()]));
                }
            }
        }
        if order.len() == self.index.len() { Ok(order) } else { Err(self.cycle()) }
    }

    /// A shortest cycle through the smallest node that lies on one.
    fn cycle(&self) -> Cycle<N, E> {
        let start = tarjan_scc(&self.graph)
            .into_iter()
            .filter(|part| part.len() > 1 || self.graph.contains_edge(part[0], part[0]))
            .flatten()
            .min_by_key(|&at| self.graph[at].clone())
            .expect("invariant: an order fails only where there is a cycle");
        let mut came_from: BTreeMap<NodeIndex, NodeIndex> = BTreeMap::new();
        let mut queue = std::collections::VecDeque::from([start]);
        while let Some(at) = queue.pop_front() {
            for (needed, _) in self.needs(&self.graph[at]) {
                let needed = self.index[needed];
                if needed == start {
                    return self.walk_back(start, at, &came_from);
                }
                if let std::collections::btree_map::Entry::Vacant(e) = came_from.entry(needed) {
                    e.insert(at);
                    queue.push_back(needed);
                }
            }
        }
        Cycle(Vec::new())
    }

    fn walk_back(
        &self,
        start: NodeIndex,
        last: NodeIndex,
        from: &BTreeMap<NodeIndex, NodeIndex>,
    ) -> Cycle<N, E> {
        let mut path = vec![last];
        while let Some(&before) = path.last().and_then(|at| from.get(at)) {
            path.push(before);
        }
        path.reverse();
        let next = path.iter().skip(1).chain(std::iter::once(&start));
        let cause = |user: NodeIndex, needed: NodeIndex| {
            self.graph.find_edge(needed, user).map(|edge| self.graph[edge].clone())
        };
        Cycle(
            path.iter()
                .zip(next)
                .filter_map(|(&user, &needed)| {
                    Some((self.graph[user].clone(), cause(user, needed)?))
                })
                .collect(),
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn graph(edges: &str) -> Dag<char, ()> {
        let mut dag = Dag::default();
        for edge in edges.split(' ').filter(|e| !e.is_empty()) {
            let nodes: Vec<char> = edge.chars().collect();
            match nodes[..] {
                [one] => dag.node(one),
                [user, needed] => dag.edge(user, needed, ()),
                _ => unreachable!(),
            }
        }
        dag
    }

    #[test]
    fn orders_and_cycles() {
        for (edges, expected) in [
            ("", Ok("")),
            ("b a", Ok("ab")),
            ("ab bc", Ok("cba")),
            ("ac bc ad", Ok("cbda")),
            ("ab ba", Err("ab")),
            ("xa ab bc ca", Err("abc")),
            ("aa", Err("a")),
        ] {
            let text = |nodes: Vec<char>| nodes.into_iter().collect::<String>();
            let order = graph(edges).order().map(text);
            let order =
                order.map_err(|Cycle(path)| text(path.into_iter().map(|(n, ())| n).collect()));
            assert_eq!(order, expected.map(str::to_owned).map_err(str::to_owned), "{edges}");
        }
    }
}
