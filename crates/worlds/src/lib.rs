//! Worlds to look at: captures of networks that never existed, made by a seed, so that anyone can try the program, and tests
//! know what is in them.
//!
//! There is one world: [`office`], an hour in a small office in which one machine is infected. Its outside addresses come
//! from blocks that the IANA keeps for special purposes and no organisation uses for hosts, its names end in `.example`
//! (RFC 2606), and its malware is a program of our own that does nothing.

mod calendar;
mod cast;
mod office;
mod scene;
mod stage;

pub use office::{Story, office};

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
        let mut writer = capture::write::Writer::new(to, ETHERNET, capture::write::Precision::Micros)?;
        for (at, frame) in &self.frames {
            writer.frame(*at, frame)?;
        }
        writer.finish()
    }
}

/// Ethernet's number in the pcap registry.
const ETHERNET: u32 = 1;
