//! The steps in the order in which they are carried out.

use crate::graph::Graph;
use crate::plan::Step;

/// Puts the steps into the order found; the gates stay behind them, in their own order.
pub(super) fn renumber(
    steps: Vec<Step>,
    graph: &Graph<String>,
    gates: usize,
    order: &[usize],
) -> (Vec<Step>, Graph<String>) {
    let count = steps.len();
    let mut place: Vec<usize> = vec![0; count + gates];
    let mut next = 0;
    for &node in order {
        place[node] = if node < count {
            next += 1;
            next - 1
        } else {
            node
        };
    }
    let mut renumbered = Graph::new(count + gates);
    for node in 0..count + gates {
        for (first, why) in graph.after(node) {
            renumbered.add(place[node], place[first], why.clone());
        }
    }
    let mut sorted: Vec<(usize, Step)> = steps.into_iter().enumerate().map(|(n, step)| (place[n], step)).collect();
    sorted.sort_by_key(|(at, _)| *at);
    (sorted.into_iter().map(|(_, step)| step).collect(), renumbered)
}
