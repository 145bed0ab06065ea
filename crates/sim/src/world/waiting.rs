//! Time that passes, and requests that wait for a worker.

use super::{Place, World, lock};
use crate::faults::Delivery;
use crate::workers::Workers;
use wire::Request;

impl World {
    /// Lets time pass for all installations.
    pub(crate) fn advance(&self, milliseconds: u64) {
        for (place, running) in lock(&self.installations).iter() {
            let mut running = lock(running);
            running.clock += milliseconds;
            self.post(place, &running);
            self.touch(place);
        }
    }

    /// The workers that a request has to wait for, and whether it holds one while it waits for another.
    pub(crate) fn workers(&self, place: &Place, request: &Request) -> Option<(Workers, bool)> {
        let running = self.running(place).ok()?;
        let running = lock(&running);
        let holds = running.workers.is_some() && running.installation.holds_worker(request);
        Some((running.workers.clone()?, holds))
    }

    /// The answer to a request that waited for a worker in vain.
    pub(crate) fn give_up(&self, place: &Place, delivery: Delivery) -> Delivery {
        match (delivery, self.running(place)) {
            (Delivery::Answer(done), Ok(running)) => {
                let mut running = lock(&running);
                let (response, waited) = running.installation.gave_up(done);
                running.clock = running.clock.saturating_add(waited);
                Delivery::Answer(response)
            }
            (delivery, _) => delivery,
        }
    }
}
