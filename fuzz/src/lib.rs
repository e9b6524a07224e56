//! What the fuzz targets share: whole reads with every event checked, and dialogues as bytes.

use contract::{Side, Sink, Transport};
use model::Event;
use testkit::dialogue::{Dialogue, Piece};
use testkit::laws::event_fits;

/// Checks every event against its kind.
#[derive(Debug, Default)]
pub struct Strict;

impl Sink for Strict {
    fn event(&mut self, event: &Event) {
        if let Err(breach) = event_fits(event) {
            panic!("{breach}");
        }
    }
}

/// Reads a capture, whatever the bytes are, all the way to events.
pub fn read_all(bytes: Vec<u8>) {
    let Ok(mut source) = capture::Source::from_reader(Box::new(std::io::Cursor::new(bytes)), "fuzz") else { return };
    let options = pipeline::Options {
        verify_checksums: false,
        workers: 1,
        extract_to: None,
        understand: true,
        settings: pipeline::Settings::default(),
        given: Default::default(),
    };
    pipeline::read(&mut source, &options, &mut Strict, &mut |_| {});
}

/// Takes bytes from the front of fuzzing input.
#[derive(Debug)]
pub struct Input<'a>(pub &'a [u8]);

impl<'a> Input<'a> {
    /// One byte; 0 at the end.
    pub fn byte(&mut self) -> u8 {
        self.0.split_off_first().copied().unwrap_or(0)
    }

    /// A number of two bytes.
    pub fn word(&mut self) -> u16 {
        u16::from_le_bytes([self.byte(), self.byte()])
    }

    /// So many bytes, or as many as there are.
    pub fn bytes(&mut self, count: usize) -> &'a [u8] {
        let (first, rest) = self.0.split_at(count.min(self.0.len()));
        self.0 = rest;
        first
    }
}

/// A dialogue from bytes: its protocol's place in the catalogue, its port, and its pieces, each with a head of two bytes (side and
/// what it is; how long).
pub fn dialogue(input: &mut Input<'_>, transport: Transport, resp_port: u16) -> Dialogue {
    let mut dialogue = Dialogue::new("fuzz", transport, 40_000, resp_port);
    while !input.0.is_empty() {
        let (head, length) = (input.byte(), usize::from(input.byte()));
        let side = if head & 1 == 0 { Side::Orig } else { Side::Resp };
        let piece = match head >> 4 {
            14 if transport == Transport::Tcp => Piece::Gap(1 + length as u64),
            15 if transport == Transport::Tcp => Piece::End,
            high => Piece::Data(input.bytes(length | usize::from(high) << 8).to_vec()),
        };
        dialogue.pieces.push((side, piece));
    }
    dialogue
}

/// The bytes that [`dialogue`] turns into this dialogue.
pub fn dialogue_bytes(dialogue: &Dialogue) -> Vec<u8> {
    let mut bytes = Vec::new();
    for (side, piece) in &dialogue.pieces {
        let own = u8::from(!side.is_orig());
        match piece {
            Piece::Gap(gap) => bytes.extend([0xe0 | own, (gap.saturating_sub(1)).min(255) as u8]),
            Piece::End => bytes.extend([0xf0 | own, 0]),
            Piece::Data(data) => {
                for chunk in data.chunks(0xdff) {
                    bytes.extend([((chunk.len() >> 8) as u8) << 4 | own, chunk.len() as u8]);
                    bytes.extend(chunk);
                }
            }
        }
    }
    bytes
}
