//! Who does something next, and what the sensor sees next: two heaps. An actor does one thing at a time (a session, a look-up,
//! a second of a flood), says when it wants to go on, and puts its frames into the second heap; frames that lie before
//! everybody's next deed are final and go out. So memory holds the frames of sessions under way, whatever the day is long.

use super::ground::Ground;
use model::Timestamp;
use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::io;

/// Does one thing at the given time, and says when the next one is due. No frame of it may lie before that time.
pub(crate) type Actor = Box<dyn FnMut(Timestamp, &mut Ground) -> Option<Timestamp>>;

/// Where frames go, in the order of time.
pub type FrameSink<'a> = dyn FnMut(Timestamp, &[u8]) -> io::Result<()> + 'a;

/// How much was made.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Frames.
    pub frames: u64,
    /// Bytes of the frames.
    pub bytes: u64,
    /// The most frames that were held at once.
    pub held_frames_max: usize,
}

/// The actors by when they are due.
#[derive(Default)]
pub(crate) struct Agenda {
    due: BinaryHeap<Reverse<(Timestamp, usize)>>,
    actors: Vec<Option<Actor>>,
    /// Frames by their times, and among equals by when they were made.
    frames: BinaryHeap<Reverse<(Timestamp, u64, Vec<u8>)>>,
    made: u64,
    tally: Tally,
}

impl Agenda {
    pub(crate) fn add(&mut self, at: Timestamp, actor: impl FnMut(Timestamp, &mut Ground) -> Option<Timestamp> + 'static) {
        self.due.push(Reverse((at, self.actors.len())));
        self.actors.push(Some(Box::new(actor)));
    }

    /// Lets everybody act until the end.
    pub(crate) fn run(mut self, ground: &mut Ground, end: Timestamp, sink: &mut FrameSink<'_>) -> io::Result<Tally> {
        while let Some(Reverse((at, number))) = self.due.pop() {
            if at >= end {
                break;
            }
            self.flush(at, sink)?;
            let Some(mut actor) = self.actors[number].take() else { continue };
            let next = actor(at, ground);
            for (time, frame) in ground.network.take_frames() {
                if time < end {
                    self.made += 1;
                    self.frames.push(Reverse((time.max(at), self.made, frame)));
                }
            }
            self.tally.held_frames_max = self.tally.held_frames_max.max(self.frames.len());
            if let Some(next) = next.filter(|next| *next < end) {
                self.due.push(Reverse((next.max(at), number)));
                self.actors[number] = Some(actor);
            }
        }
        self.flush(end, sink)?;
        Ok(self.tally)
    }

    fn flush(&mut self, before: Timestamp, sink: &mut FrameSink<'_>) -> io::Result<()> {
        while let Some(Reverse((at, ..))) = self.frames.peek()
            && *at < before
            && let Some(Reverse((at, _, frame))) = self.frames.pop()
        {
            self.tally.frames += 1;
            self.tally.bytes += frame.len() as u64;
            sink(at, &frame)?;
        }
        Ok(())
    }
}
