//! A directed graph whose edges say why. It knows nothing of what its nodes are.

use std::collections::{BTreeMap, BTreeSet};

/// Nodes `0..len`, edges from a node to those that it has to wait for, each with a reason.
#[derive(Debug, Clone)]
pub struct Graph<W> {
    after: Vec<BTreeMap<usize, W>>,
}

impl<W: Clone> Graph<W> {
    /// A graph of that many nodes without edges.
    pub fn new(len: usize) -> Graph<W> {
        Graph { after: (0..len).map(|_| BTreeMap::new()).collect() }
    }

    /// Says that `node` has to wait for `first`. The first reason given stays; a node never waits for itself.
    pub fn add(&mut self, node: usize, first: usize, why: W) {
        if node != first
            && let Some(edges) = self.after.get_mut(node)
        {
            edges.entry(first).or_insert(why);
        }
    }

    /// The nodes that a node has to wait for, in order.
    pub fn after(&self, node: usize) -> impl Iterator<Item = (usize, &W)> {
        self.after.get(node).into_iter().flatten().map(|(first, why)| (*first, why))
    }

    /// For each node those that wait for it.
    pub fn then(&self) -> Vec<Vec<usize>> {
        let mut then: Vec<Vec<usize>> = vec![Vec::new(); self.after.len()];
        for (node, edges) in self.after.iter().enumerate() {
            edges.keys().for_each(|&first| then[first].push(node));
        }
        then
    }

    /// An order in which every node stands after what it waits for. Among those that could be next, the smallest number
    /// comes first, so the order is a function of the graph alone.
    ///
    /// # Errors
    /// A cycle: each node waits for the next one, the last for the first.
    pub fn order(&self) -> Result<Vec<usize>, Vec<usize>> {
        let mut waiting: Vec<usize> = self.after.iter().map(BTreeMap::len).collect();
        let then = self.then();
        let mut ready: BTreeSet<usize> = (0..waiting.len()).filter(|&node| waiting[node] == 0).collect();
        let mut order = Vec::with_capacity(waiting.len());
        while let Some(node) = ready.pop_first() {
            order.push(node);
            for &next in &then[node] {
                waiting[next] -= 1;
                if waiting[next] == 0 {
                    ready.insert(next);
                }
            }
        }
        if order.len() == waiting.len() { Ok(order) } else { Err(self.cycle(&waiting)) }
    }

    /// A cycle among the nodes that still wait: following any edge among them must come back in the end.
    fn cycle(&self, waiting: &[usize]) -> Vec<usize> {
        let stuck = |node: &usize| waiting.get(*node).is_some_and(|&count| count > 0);
        let Some(start) = (0..waiting.len()).find(stuck) else { return Vec::new() };
        let mut path = vec![start];
        let mut seen = BTreeMap::from([(start, 0)]);
        let mut node = start;
        while let Some(next) = self.after(node).map(|(first, _)| first).find(stuck) {
            if let Some(&from) = seen.get(&next) {
                return path.split_off(from);
            }
            seen.insert(next, path.len());
            path.push(next);
            node = next;
        }
        path
    }
}

/// A node and all that come after it. `next` gives those that come right after a node.
pub(crate) fn reach<I: IntoIterator<Item = usize>>(node: usize, next: impl Fn(usize) -> I) -> BTreeSet<usize> {
    let (mut reached, mut open) = (BTreeSet::from([node]), vec![node]);
    while let Some(node) = open.pop() {
        open.extend(next(node).into_iter().filter(|next| reached.insert(*next)));
    }
    reached
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn order_is_stable_and_respects_edges() {
        let mut graph = Graph::new(4);
        graph.add(0, 3, "a");
        graph.add(1, 0, "b");
        assert_eq!(graph.order(), Ok(vec![2, 3, 0, 1]));
    }

    #[test]
    fn a_cycle_is_named() {
        let mut graph = Graph::new(4);
        graph.add(0, 1, ());
        graph.add(1, 2, ());
        graph.add(2, 1, ());
        graph.add(3, 3, ());
        assert_eq!(graph.order(), Err(vec![1, 2]));
    }

    proptest! {
        #[test]
        fn any_order_respects_every_edge(edges in prop::collection::vec((0usize..20, 0usize..20), 0..60)) {
            let mut graph = Graph::new(20);
            for (a, b) in edges {
                graph.add(a, b, ());
            }
            match graph.order() {
                Ok(order) => {
                    let at: BTreeMap<usize, usize> = order.iter().enumerate().map(|(n, &node)| (node, n)).collect();
                    for node in 0..20 {
                        for (first, ()) in graph.after(node) {
                            prop_assert!(at[&first] < at[&node]);
                        }
                    }
                }
                Err(cycle) => {
                    for (n, node) in cycle.iter().enumerate() {
                        let next = cycle[(n + 1) % cycle.len()];
                        prop_assert!(graph.after(*node).any(|(first, ())| first == next));
                    }
                }
            }
        }
    }
}
