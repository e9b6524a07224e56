//! The frames of one side (RFC 6455 section 5.2).
//!
//! ```text
//!  0               1               2               3
//! +-+-+-+-+-------+-+-------------+-------------------------------+
//! |F|R|R|R| opcode|M| Payload len |  Extended length (16 or 64)   |
//! +-+-+-+-+-------+-+-------------+-------------------------------+
//! |          Masking key, if M      |        Payload …            |
//! +---------------------------------+-----------------------------+
//! ```

/// The longest head of a frame in bytes.
const HEAD_BYTES_MAX: usize = 14;
/// The most that a control frame may carry in bytes.
pub(super) const CONTROL_BYTES_MAX: u64 = 125;

/// Where one side's stream is.
#[derive(Debug, Default)]
pub(super) struct Frames {
    head: [u8; HEAD_BYTES_MAX],
    held: usize,
    payload: u64,
}

/// What a frame's head says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Head {
    pub(super) opcode: u8,
    pub(super) payload: u64,
}

impl Head {
    /// Whether this is a control frame that carries too much.
    pub(super) const fn is_oversized(self) -> bool {
        self.opcode & 0x08 != 0 && self.payload > CONTROL_BYTES_MAX
    }
}

/// How long a head is, as far as its first bytes tell.
const fn head_bytes(head: &[u8]) -> usize {
    if head.len() < 2 {
        return 2;
    }
    let length = match head[1] & 0x7f {
        126 => 2,
        127 => 8,
        _ => 0,
    };
    2 + length + if head[1] & 0x80 != 0 { 4 } else { 0 }
}

impl Frames {
    /// Takes bytes, and tells of each head that is complete.
    pub(super) fn feed(&mut self, mut data: &[u8], tell: &mut dyn FnMut(Head)) {
        while !data.is_empty() {
            if self.payload > 0 {
                let skip = usize::try_from(self.payload).unwrap_or(usize::MAX).min(data.len());
                self.payload -= skip as u64;
                data = &data[skip..];
                continue;
            }
            self.head[self.held] = data[0];
            self.held += 1;
            data = &data[1..];
            if self.held >= head_bytes(&self.head[..self.held]) {
                let head = self.read();
                self.held = 0;
                self.payload = head.payload;
                tell(head);
            }
        }
    }

    fn read(&self) -> Head {
        let payload = match self.head[1] & 0x7f {
            126 => u64::from(u16::from_be_bytes([self.head[2], self.head[3]])),
            127 => self.head[2..10].iter().fold(0, |length, &byte| length << 8 | u64::from(byte)),
            length => u64::from(length),
        };
        Head { opcode: self.head[0] & 0x0f, payload }
    }

    /// Bytes are missing. Returns whether they lie within a payload.
    pub(super) const fn gap(&mut self, bytes: u64) -> bool {
        if bytes > self.payload {
            return false;
        }
        self.payload -= bytes;
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn heads_of_all_lengths_are_read() {
        let mut stream = vec![0x81, 0x82, 1, 2, 3, 4, 9, 9, 0x82, 126, 1, 0];
        stream.extend([0; 256]);
        stream.extend([0x88, 127, 0, 0, 0, 0, 0, 0, 0, 126]);
        stream.extend([0; 126]);
        for split in [1, 7, 1000] {
            let mut heads = Vec::new();
            let mut frames = Frames::default();
            stream.chunks(split).for_each(|chunk| frames.feed(chunk, &mut |head| heads.push(head)));
            assert_eq!(heads, [Head { opcode: 1, payload: 2 }, Head { opcode: 2, payload: 256 }, Head { opcode: 8, payload: 126 }]);
            assert!(heads[2].is_oversized() && !heads[1].is_oversized());
        }
    }

    #[test]
    fn gaps_are_borne_within_payloads_only() {
        let mut frames = Frames::default();
        frames.feed(&[0x82, 100, 1], &mut |_| {});
        assert!(frames.gap(99));
        assert!(!frames.gap(1));
    }
}
