//! Gateways: what stands before an API and waits for it only so long.

use std::time::Duration;

use super::faults::Delivery;
use wire::Response;

/// A gateway that answers by itself when the API takes too long. What was asked for is done all the same.
#[derive(Debug, Clone, Copy)]
pub struct Gateway {
    /// How long it waits.
    pub patience: Duration,
    /// Its answer then.
    pub gives_up: fn() -> Response,
}

impl Gateway {
    /// The part that reaches the client of something that travels for so long, and after how long.
    pub(super) fn pass(&self, delivery: Delivery, time: Duration) -> (Delivery, Duration) {
        match delivery {
            Delivery::Answer(_) | Delivery::Cut(..) if time >= self.patience => {
                (Delivery::Answer((self.gives_up)()), self.patience)
            }
            other => (other, time),
        }
    }
}
