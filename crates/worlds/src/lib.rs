//! Worlds to look at: captures of networks that never existed, made by a seed, so that anyone can try the program, and tests
//! know what is in them.
//!
//! [`office`] is an hour in a small office in which one machine is infected: short enough to look at. [`Campus`] is a day of
//! some two hundred machines with attacks of every kind and with the [`Truth`] about them: for measuring detectors. The
//! [`irc`] worlds are sessions of bots, and of people, on any port.
//!
//! Whoever does something bad outside has an address of blocks that the IANA keeps for special purposes and no organisation
//! uses for hosts; names end in `.example` (RFC 2606); malware is a program of our own that does nothing.

mod calendar;
mod campus;
mod cast;
pub mod irc;
mod office;
mod scene;
mod stage;
mod truth;

pub use campus::{Campus, FrameSink, Outside, Tally};
pub use office::{Story, office};
pub use truth::{Planted, Role, Truth};

use model::Timestamp;
use std::io::{self, Write};

/// A capture and what happens in it.
#[derive(Debug)]
pub struct World {
    /// Ethernet frames in the order of time.
    pub frames: Vec<(Timestamp, Vec<u8>)>,
    /// What there is to be found.
    pub story: Story,
}

impl World {
    /// Writes the capture as a pcap file.
    ///
    /// # Errors
    /// Where `to` cannot be written.
    pub fn write<W: Write>(&self, to: W) -> io::Result<W> {
        write(&self.frames, to)
    }
}

/// Writes frames as a pcap file.
///
/// # Errors
/// Where `to` cannot be written.
pub fn write<W: Write>(frames: &[(Timestamp, Vec<u8>)], to: W) -> io::Result<W> {
    let mut writer = capture::write::Writer::new(to, ETHERNET, capture::write::Precision::Micros)?;
    for (at, frame) in frames {
        writer.frame(*at, frame)?;
    }
    writer.finish()
}

/// Ethernet's number in the pcap registry.
const ETHERNET: u32 = 1;
