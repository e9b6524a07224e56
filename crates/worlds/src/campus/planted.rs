//! What is planted, each with its truth: who did it, when, to whom, and by which detector it should be found.

mod attacks;
mod bots;
mod names;
mod tunnels;

use super::agenda::Agenda;
use super::cast::{Day, Desk};
use super::ground::Ground;

/// The desks that have no part yet.
pub(crate) struct Cast<'a> {
    pub(crate) day: Day,
    pub(crate) desks: std::slice::Iter<'a, Desk>,
}

impl<'a> Cast<'a> {
    /// The next desk without a part; `None` where the campus is too small for all parts.
    pub(crate) fn desk(&mut self) -> Option<&'a Desk> {
        self.desks.next()
    }
}

/// Plants everything that an open campus has.
pub(crate) fn plant(agenda: &mut Agenda, ground: &mut Ground, cast: &mut Cast<'_>) {
    bots::plant(agenda, ground, cast);
    attacks::plant(agenda, ground, cast);
    names::plant(agenda, ground, cast);
    tunnels::plant(agenda, ground, cast);
}

/// Plants what a closed network has: one machine that goes around the proxy, and one that hides in names.
pub(crate) fn plant_closed(agenda: &mut Agenda, ground: &mut Ground, cast: &mut Cast<'_>) {
    tunnels::around_the_proxy(agenda, ground, cast);
    names::tunnel(agenda, ground, cast, crate::scene::dns::TXT);
}
