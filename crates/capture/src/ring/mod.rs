//! Live capture: a ring of packets that is shared with the kernel (AF_PACKET, TPACKET_V3), one or several for an interface.
//!
//! The kernel lays packets down in blocks; a block that is full, or that has held something for a while, is ours until we give
//! it back. A frame is copied once, from its block into a [`FrameBatch`]. Where nobody takes blocks in time the kernel drops and counts:
//! that is the only place where frames are lost, so that frames passed by the filter = frames taken + frames dropped, exactly.
//!
//! Several sockets share an interface's frames by a program that maps both directions of a pair of hosts to one socket, and all
//! tunnels to the first ([`fanout`]). Frames of one socket are in order; between sockets they are off by what a block waits.
//!
//! Leaves out: hardware time stamps, XDP, interfaces that are no network devices of Linux.

mod block;
mod fanout;
mod live;
mod socket;

pub use live::{Counts, Live, Next};

use crate::FrameBatch;
use crate::bpf::{FilterError, Layout, Program};
use block::{OUTGOING, Packet, Packets};
use socket::{Memory, Shape, Socket};
use std::fmt;
use std::io;
use std::time::Duration;

/// The bytes of a block: the largest frame fits several times, and several blocks fit into a small ring.
const BLOCK_BYTES: u32 = 1 << 20;
/// A ring has as many blocks at least: one that is filled, one that is read, and some between.
const BLOCKS_MIN: u64 = 4;
/// A ring's bytes at most: the kernel counts blocks' pages in 32 bits, and no sensor needs more.
const RING_BYTES_MAX: u64 = 16 << 30;
/// Sockets for one interface at most: the kernel allows 256, and there are never as many workers.
const SOCKETS_MAX: usize = 64;
/// After so long a block is given out that is not full.
const RETIRE_MS: u32 = 50;
/// The most that is taken of a frame: all of it.
const WHOLE: u32 = 262_144;

/// Link types, by their numbers in the pcap registry.
const ETHERNET: u32 = 1;
const RAW_IP: u32 = 101;
const COOKED: u32 = 113;

/// What to listen on, and how.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The interface; `any` is all of them.
    pub interface: String,
    /// Which packets are taken, in the language of [`Program::compile`] (or, beginning with a number, as `tcpdump -ddd` prints
    /// programs); all if `None`.
    pub filter: Option<String>,
    /// Memory for packets that wait, over all sockets.
    pub ring_bytes: u64,
    /// Whether also what is not for this host is heard.
    pub promiscuous: bool,
    /// How many sockets share the interface, each with a thread that empties it.
    pub sockets: usize,
}

/// Why an interface cannot be listened on.
#[derive(Debug)]
pub enum RingError {
    /// There is none of that name.
    NoInterface(String),
    /// It takes the right to capture (root, or `CAP_NET_RAW`).
    NotAllowed(String),
    /// The filter is not understood.
    Filter(FilterError),
    /// The system refused a step.
    System(String, &'static str, io::Error),
}

impl fmt::Display for RingError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoInterface(name) => write!(f, "{name}: no network interface is called so"),
            Self::NotAllowed(name) => {
                write!(f, "{name}: capturing takes the right to do so: start as root, or with the capability CAP_NET_RAW")
            }
            Self::Filter(error) => write!(f, "the filter: {error}"),
            Self::System(name, step, error) => write!(f, "{name}: {step}: {error}"),
        }
    }
}

impl std::error::Error for RingError {}

/// One socket's ring.
#[derive(Debug)]
pub struct Ring {
    memory: Memory,
    socket: Socket,
    next: usize,
    link: u32,
    /// The loopback's number where all interfaces are heard: what leaves through it comes in through it, too.
    loopback: Option<u32>,
    taken: u64,
    skipped: u64,
    damaged: u64,
    counted: Counted,
    /// What is being filled.
    batch: FrameBatch,
}

/// What the kernel has counted.
#[derive(Clone, Copy, Debug, Default)]
struct Counted {
    passed: u64,
    dropped: u64,
    frozen: u64,
}

/// Opens an interface's rings: one for each socket. They take packets from now on; [`Live::start`] empties them.
///
/// # Errors
/// Where there is no such interface, or no right to it, or the filter is wrong.
pub fn open(settings: &Settings) -> Result<Vec<Ring>, RingError> {
    let name = || settings.interface.clone();
    let fail = |step: &'static str| move |error: io::Error| RingError::System(name(), step, error);
    let every = settings.interface == "any";
    let interface = if every { 0 } else { Socket::interface(&settings.interface).map_err(|_| RingError::NoInterface(name()))? };
    let (cooked, hardware) = kind(interface).map_err(|error| match error.kind() {
        io::ErrorKind::PermissionDenied => RingError::NotAllowed(name()),
        _ => RingError::System(name(), "the socket", error),
    })?;
    let layout = if cooked || hardware == HARDWARE_NONE { Layout::Network } else { Layout::Ethernet };
    let filter = program(settings.filter.as_deref(), layout).map_err(RingError::Filter)?;
    let sockets = settings.sockets.clamp(1, SOCKETS_MAX);
    let blocks = (settings.ring_bytes.min(RING_BYTES_MAX) / sockets as u64 / u64::from(BLOCK_BYTES)).max(BLOCKS_MIN);
    let shape = Shape { block_bytes: BLOCK_BYTES, blocks: u32::try_from(blocks).unwrap_or(u32::MAX), retire_ms: RETIRE_MS };
    let mut rings = Vec::with_capacity(sockets);
    let mut group = None;
    for _ in 0..sockets {
        let socket = Socket::open(cooked).map_err(fail("the socket"))?;
        // Nothing is to come before all stand ready.
        socket.filter(&Program::constant(0)).map_err(fail("the filter"))?;
        socket.stamp_early().map_err(fail("time stamps"))?;
        let memory = socket.map(shape).map_err(fail("the ring's memory"))?;
        if hardware == libc::ARPHRD_LOOPBACK && !every {
            socket.ignore_outgoing().map_err(fail("the loopback"))?;
        }
        socket.bind(interface).map_err(fail("binding"))?;
        if settings.promiscuous && !every {
            socket.promiscuous(interface).map_err(fail("promiscuous mode"))?;
        }
        if sockets > 1 {
            group = Some(socket.share(group).map_err(fail("sharing"))?);
        }
        let link = if cooked {
            COOKED
        } else if hardware == HARDWARE_NONE {
            RAW_IP
        } else {
            ETHERNET
        };
        let loopback = every.then(|| Socket::interface("lo").ok()).flatten();
        let counted = Counted::default();
        rings.push(Ring {
            memory,
            socket,
            next: 0,
            link,
            loopback,
            taken: 0,
            skipped: 0,
            damaged: 0,
            counted,
            batch: FrameBatch::with_room(),
        });
    }
    if let (true, Some(first)) = (sockets > 1, rings.first()) {
        first.socket.share_by(&fanout::program()).map_err(fail("sharing"))?;
    }
    for ring in &rings {
        ring.socket.filter(&filter).map_err(fail("the filter"))?;
    }
    Ok(rings)
}

/// Whether a filter is understood: for those who check settings without listening.
///
/// # Errors
/// Where it is not, with the place.
pub fn check_filter(filter: &str) -> Result<(), FilterError> {
    program(Some(filter), Layout::Ethernet).map(|_| ())
}

/// `ARPHRD_NONE`: bare IP, as tunnel interfaces have it.
const HARDWARE_NONE: u16 = 0xfffe;

/// Whether an interface is heard without its link layer, and its kind of hardware.
fn kind(interface: u32) -> io::Result<(bool, u16)> {
    if interface == 0 {
        Socket::open(true)?;
        return Ok((true, 0));
    }
    let socket = Socket::open(false)?;
    socket.filter(&Program::constant(0))?;
    let hardware = socket.bind(interface)?;
    Ok((!matches!(hardware, libc::ARPHRD_ETHER | libc::ARPHRD_LOOPBACK | HARDWARE_NONE), hardware))
}

fn program(filter: Option<&str>, layout: Layout) -> Result<Program, FilterError> {
    match filter.map(str::trim).filter(|text| !text.is_empty()) {
        None => Ok(Program::constant(WHOLE)),
        Some(text) if text.starts_with(|sign: char| sign.is_ascii_digit()) && text.contains(['\n', ',']) => Program::parse_compiled(text),
        Some(text) => Program::compile(text, layout),
    }
}

impl Ring {
    /// Waits at most so long for packets and copies what is there into batches: `deliver` takes a full one, or the last one of what
    /// there is, and gives an empty one back. Returns whether there was anything.
    ///
    /// # Errors
    /// Where the system refuses to wait: the socket is no good any more. (An interface that goes down is no error: it may come up.)
    pub fn read(&mut self, wait: Duration, deliver: &mut dyn FnMut(FrameBatch) -> FrameBatch) -> io::Result<bool> {
        if !self.read_block(deliver) {
            if !self.socket.wait(wait)? {
                return Ok(false);
            }
            if !self.read_block(deliver) {
                // No block, but something: an error is taken off, so that the next wait waits.
                self.socket.error()?;
                return Ok(false);
            }
        }
        // Not more than once round, so that what was read is delivered soon.
        for _ in 1..self.memory.blocks() {
            if !self.read_block(deliver) {
                break;
            }
        }
        if !self.batch.is_empty() {
            self.batch = deliver(std::mem::take(&mut self.batch));
        }
        Ok(true)
    }

    fn read_block(&mut self, deliver: &mut dyn FnMut(FrameBatch) -> FrameBatch) -> bool {
        let Self { memory, next, link, loopback, taken, skipped, damaged, batch, .. } = self;
        let seen = memory.take(*next, |block| {
            let mut packets = Packets::of(block);
            for packet in packets.by_ref() {
                if packet.from.direction == OUTGOING && *loopback == Some(packet.from.interface) {
                    *skipped += 1;
                    continue;
                }
                push(batch, *link, &packet);
                *taken += 1;
                if batch.is_full() {
                    *batch = deliver(std::mem::take(batch));
                }
            }
            *damaged += u64::from(packets.left());
        });
        if seen.is_some() {
            *next = (*next + 1) % memory.blocks();
        }
        seen.is_some()
    }

    /// Takes no more packets; what is in the ring can still be read.
    ///
    /// # Errors
    /// Where the system refuses.
    pub fn close(&self) -> io::Result<()> {
        self.socket.filter(&Program::constant(0))
    }

    /// The counters so far, of this socket.
    pub fn counts(&mut self) -> Counts {
        if let Ok(more) = self.socket.statistics() {
            self.counted.passed += u64::from(more.packets);
            self.counted.dropped += u64::from(more.dropped);
            self.counted.frozen += u64::from(more.frozen);
        }
        let Counted { passed, dropped, frozen } = self.counted;
        Counts { passed, taken: self.taken, skipped: self.skipped, damaged: self.damaged, dropped, frozen }
    }
}

/// Copies a packet, with the VLAN tag that the kernel took off put back, and a cooked header where it has none.
fn push(batch: &mut FrameBatch, link: u32, packet: &Packet<'_>) {
    const ADDRESSES: usize = 12;
    let tag = packet.vlan.map(|(tpid, tci)| {
        let ([a, b], [c, d]) = (tpid.to_be_bytes(), tci.to_be_bytes());
        [a, b, c, d]
    });
    let tag = tag.as_ref().map_or(&[][..], |tag| &tag[..]);
    let wire_bytes = packet.wire_bytes.saturating_add(tag.len() as u32);
    if link == COOKED {
        let (head, protocol) = cooked(packet);
        return batch.push_parts(packet.at, link, &[&head, tag, &protocol, packet.data], wire_bytes.saturating_add(16));
    }
    match packet.data.split_at_checked(ADDRESSES) {
        Some((addresses, rest)) if !tag.is_empty() => batch.push_parts(packet.at, link, &[addresses, tag, rest], wire_bytes),
        _ => batch.push_parts(packet.at, link, &[packet.data], packet.wire_bytes),
    }
}

/// ```text
/// | direction 2 | hardware 2 | address length 2 | address 8 | protocol 2 |   (LINKTYPE_LINUX_SLL)
/// ```
fn cooked(packet: &Packet<'_>) -> ([u8; 14], [u8; 2]) {
    let from = &packet.from;
    let mut head = [0; 14];
    head[1] = from.direction;
    head[2..4].copy_from_slice(&from.hardware.to_be_bytes());
    head[5] = from.length;
    head[6..].copy_from_slice(&from.bytes);
    (head, from.protocol.to_be_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frames(link: u32, packets: &[&[u8]]) -> Vec<(u32, Vec<u8>, u32)> {
        let block = block::tests::block(packets);
        let mut batch = FrameBatch::default();
        Packets::of(&block).for_each(|packet| push(&mut batch, link, &packet));
        batch.frames().map(|frame| (frame.link, frame.data.to_vec(), frame.wire_bytes)).collect()
    }

    #[test]
    fn a_vlan_tag_is_put_back() {
        let plain = b"DDDDDDSSSSSS\x08\x00rest";
        let seen = frames(ETHERNET, &[plain, plain]);
        assert_eq!(seen[0], (ETHERNET, plain.to_vec(), 25));
        assert_eq!(seen[1], (ETHERNET, b"DDDDDDSSSSSS\x88\xa8\x00\x4d\x08\x00rest".to_vec(), 29));
        assert_eq!(frames(ETHERNET, &[b"", b"short"])[1].1, b"short");
    }

    #[test]
    fn frames_without_a_link_layer_get_a_cooked_one() {
        let seen = frames(COOKED, &[b"E", b"E"]);
        assert_eq!(seen[0].1, b"\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x08\x00E");
        assert_eq!(seen[1].1, b"\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x88\xa8\x00\x4d\x08\x00E");
    }

    #[test]
    fn an_interface_that_is_not_there_is_said_to_be_so() {
        let settings = Settings { interface: "no-such-if".to_owned(), filter: None, ring_bytes: 0, promiscuous: false, sockets: 1 };
        assert_eq!(
            open(&settings).map(|_| ()).map_err(|error| error.to_string()).unwrap_err(),
            "no-such-if: no network interface is called so"
        );
    }
}
