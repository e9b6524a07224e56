//! Plays a dialogue to an analyzer, as the engine would, and writes down what it says.

use crate::dialogue::{Dialogue, Piece};
use contract::{Child, Chunk, Next, Protocol, Recorded, Side};

/// All that an analyzer said.
#[derive(Debug)]
pub struct Said {
    /// Events, files and the rest.
    pub recorded: Recorded,
    /// Why it gave up, if it did.
    pub violation: Option<String>,
    /// Who reads on, if anyone, and after how many bytes of each side.
    pub became: Option<(Child, [u64; 2])>,
    /// The most that it held at any time, in bytes.
    pub held_bytes_most: usize,
}

/// Weirds that say how the stream was cut into packets, as Zeek's do, and so may differ between splits.
const OF_PACKETS: [&str; 2] = ["protocol_data_with_HTTP_upgrade_reply", "protocol_data_with_HTTP_CONNECT_reply"];

/// Plays pieces of a dialogue, then closes the flow. The time stands still, so that it cannot tell splits apart.
pub fn play(protocol: &dyn Protocol, dialogue: &Dialogue, pieces: &[(Side, Piece)]) -> Said {
    let flow = dialogue.flow();
    let at = flow.start;
    let mut analyzer = protocol.open(&flow);
    let mut said = Said { recorded: Recorded::new(flow), violation: None, became: None, held_bytes_most: analyzer.held_bytes() };
    let mut passed = [0u64; 2];
    for (side, piece) in pieces {
        // An empty chunk of a stream is nothing; the engine never sends one.
        if matches!(piece, Piece::Data(data) if data.is_empty()) && dialogue.transport == contract::Transport::Tcp {
            continue;
        }
        let next = analyzer.feed(at, *side, piece.chunk(), &mut said.recorded);
        said.held_bytes_most = said.held_bytes_most.max(analyzer.held_bytes());
        match next {
            Ok(Next::Continue) => {}
            Ok(Next::Done) => break,
            Ok(Next::Become { child, consumed }) => {
                passed[side.index()] += consumed as u64;
                said.became = Some((child, passed));
                break;
            }
            Err(violation) => {
                said.violation = Some(violation.reason.into_owned());
                break;
            }
        }
        passed[side.index()] += match piece.chunk() {
            Chunk::Data(data) => data.len() as u64,
            Chunk::Gap(bytes) => bytes,
            Chunk::End => 0,
        };
    }
    analyzer.close(at, &mut said.recorded);
    said.held_bytes_most = said.held_bytes_most.max(analyzer.held_bytes());
    said
}

impl Said {
    /// The first thing in which two runs differ, in words.
    pub fn difference(&self, other: &Self) -> Option<String> {
        fn first<T: PartialEq + std::fmt::Debug>(what: &str, a: &[T], b: &[T]) -> Option<String> {
            let at = (0..a.len().max(b.len())).find(|&at| a.get(at) != b.get(at))?;
            Some(format!("{what} {at}: {:?} against {:?}", a.get(at), b.get(at)))
        }
        let (a, b) = (&self.recorded, &other.recorded);
        let weirds = |said: &Recorded| said.weirds.iter().filter(|(name, _)| !OF_PACKETS.contains(name)).cloned().collect::<Vec<_>>();
        first("event", &a.events, &b.events)
            .or_else(|| first("weird", &weirds(a), &weirds(b)))
            .or_else(|| first("service", &a.services, &b.services))
            .or_else(|| first("file", &a.files, &b.files))
            .or_else(|| first("expected flow", &a.expected, &b.expected))
            .or_else(|| first("packet", &a.packets, &b.packets))
            .or_else(|| first("violation", self.violation.as_slice(), other.violation.as_slice()))
            .or_else(|| first("successor", self.became.as_slice(), other.became.as_slice()))
    }
}
