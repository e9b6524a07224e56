//! Dialogues out of captures, so that the laws can be tried on what real programs said, and fuzzing starts from it.
//!
//! This is no engine: what comes out of order is a gap, and connections without their beginning are taken as they come.

use crate::dialogue::{Dialogue, Piece};
use capture::Source;
use contract::{Side, Transport};
use flow::{Decoder, FragmentLimits, Hears, IpPacket, Protocol, Tcp, Tunnel, Tunnels, Udp};
use model::{Addr, Timestamp, Uid};
use std::collections::HashMap;
use std::path::Path;

/// What is kept of one dialogue, in bytes: laws repeat it hundreds of times.
const DIALOGUE_BYTES_MAX: usize = 48 * 1024;

/// How many pieces are kept of one dialogue, for the same reason.
const PIECES_MAX: usize = 200;

/// How many dialogues are kept of one capture: a scan has thousands that are all the same.
const DIALOGUES_MAX: usize = 300;

/// A hole up to this is a gap; past it the numbers make no sense.
const GAP_BYTES_MAX: u32 = 1 << 20;

type End = (Addr, u16);

/// The dialogues of a capture, in the order in which they begin; none where it cannot be opened.
pub fn dialogues(path: &Path) -> Vec<Dialogue> {
    let Ok(mut source) = Source::open(&[path.to_owned()]) else { return Vec::new() };
    let mut decoder = Decoder::new(false, FragmentLimits::default());
    let mut harvest = Harvest { name: path.display().to_string(), talks: Vec::new(), places: HashMap::new() };
    while let Some(frame) = source.next() {
        decoder.frame(frame.at, frame.link, frame.data, frame.wire_bytes, &mut harvest);
    }
    harvest.talks.into_iter().map(|talk| talk.dialogue).filter(|dialogue| !dialogue.pieces.is_empty()).collect()
}

struct Harvest {
    name: String,
    talks: Vec<Talk>,
    places: HashMap<(End, End, u8), (usize, Side)>,
}

struct Talk {
    dialogue: Dialogue,
    bytes: usize,
    /// The next sequence number of each side.
    next: [Option<u32>; 2],
}

impl Harvest {
    /// The dialogue that a packet belongs to, and its side.
    fn talk(&mut self, src: End, dst: End, protocol: u8) -> Option<(&mut Talk, Side)> {
        if let Some(&(place, side)) = self.places.get(&(src, dst, protocol)) {
            return self.talks.get_mut(place).map(|talk| (talk, side));
        }
        if self.talks.len() >= DIALOGUES_MAX {
            return None;
        }
        let transport = if protocol == Protocol::TCP { Transport::Tcp } else { Transport::Udp };
        let name = format!("{} {transport:?} {}:{} > {}:{}", self.name, src.0, src.1, dst.0, dst.1);
        let place = self.talks.len();
        self.talks.push(Talk { dialogue: Dialogue::new(name, transport, src.1, dst.1), bytes: 0, next: [None; 2] });
        self.places.insert((src, dst, protocol), (place, Side::Orig));
        self.places.insert((dst, src, protocol), (place, Side::Resp));
        self.talks.last_mut().map(|talk| (talk, Side::Orig))
    }
}

impl Talk {
    fn add(&mut self, side: Side, piece: Piece) {
        if self.bytes < DIALOGUE_BYTES_MAX && self.dialogue.pieces.len() < PIECES_MAX {
            self.bytes += if let Piece::Data(data) = &piece { data.len() } else { 0 };
            self.dialogue.pieces.push((side, piece));
        }
    }

    fn segment(&mut self, side: Side, tcp: &Tcp<'_>) {
        let seq = if tcp.flags.syn() { tcp.seq.wrapping_add(1) } else { tcp.seq };
        let next = *self.next[side.index()].get_or_insert(seq);
        let ahead = seq.wrapping_sub(next);
        let fresh = if ahead == 0 {
            tcp.payload
        } else if ahead < GAP_BYTES_MAX {
            if tcp.payload.is_empty() {
                return;
            }
            self.add(side, Piece::Gap(ahead.into()));
            tcp.payload
        } else {
            tcp.payload.get(next.wrapping_sub(seq) as usize..).unwrap_or(&[])
        };
        if !fresh.is_empty() {
            self.add(side, Piece::Data(fresh.to_vec()));
            self.next[side.index()] = Some(seq.wrapping_add(tcp.payload.len() as u32));
        }
        if tcp.flags.fin() {
            self.add(side, Piece::End);
        }
    }
}

impl Hears for Harvest {
    fn weird(&mut self, _name: &'static str, _addl: &str, _source: &'static str, _ends: Option<(Addr, Addr)>, _tunnels: &Tunnels) {}

    fn ip_tunnel(&mut self, kind: &'static str, src: Addr, dst: Addr) -> Tunnel {
        Tunnel { uid: Uid::connection(&[src.octets(), dst.octets()]), kind, orig: (src, 0), resp: (dst, 0), is_flow: false }
    }

    fn packet(&mut self, _decoder: &mut Decoder, _at: Timestamp, packet: &IpPacket<'_>, _tunnels: &Tunnels) {
        if packet.protocol == Protocol::TCP
            && let Ok(tcp) = Tcp::parse(packet)
            && let Some((talk, side)) = self.talk((packet.src, tcp.src_port), (packet.dst, tcp.dst_port), packet.protocol)
        {
            talk.segment(side, &tcp);
        }
        if packet.protocol == Protocol::UDP
            && let Ok(udp) = Udp::parse(packet)
            && let Some((talk, side)) = self.talk((packet.src, udp.src_port), (packet.dst, udp.dst_port), packet.protocol)
        {
            talk.add(side, Piece::Data(packet.payload.get(8..).unwrap_or(&[]).to_vec()));
        }
    }
}
