//! One connection: its stream, its framing, and how long it has been silent.

use super::stream::Stream;
use crate::Sender;
use crate::framing::Framing;
use crate::settings::ConnectionLimits;
use model::Addr;
use std::time::Instant;

#[derive(Debug)]
pub(super) struct Connection {
    pub(super) stream: Stream,
    /// Which of the server's entrances it came through.
    pub(super) entrance: usize,
    pub(super) from: Option<Addr>,
    pub(super) framing: Framing,
    /// Not to be read until there is room for its records.
    pub(super) paused: bool,
    /// Whether the system tells when there is something to read; of a file it does not, there always is.
    pub(super) polled: bool,
    opened: Instant,
    pub(super) heard: Instant,
    begun: Option<Instant>,
    records: bool,
}

impl Connection {
    pub(super) fn new(stream: Stream, entrance: usize, from: Option<Addr>, framing: Framing, now: Instant) -> Self {
        Self { stream, entrance, from, framing, paused: false, polled: true, opened: now, heard: now, begun: None, records: false }
    }

    pub(super) fn sender(&self) -> Sender {
        self.from.map_or(Sender::Local, Sender::Host)
    }

    /// Bytes have come, and so many records ended in them.
    pub(super) fn note(&mut self, records: usize, now: Instant) {
        self.heard = now;
        self.records |= records > 0;
        if records > 0 || self.framing.unended_bytes() == 0 {
            self.begun = None;
        }
        if self.framing.unended_bytes() > 0 {
            self.begun.get_or_insert(now);
        }
    }

    /// Whether it has gone beyond what a connection may take.
    pub(super) fn is_over(&self, limits: &ConnectionLimits, now: Instant) -> bool {
        // A pipe has one writer, who was started for it.
        if matches!(self.stream, Stream::Pipe(_)) || self.paused {
            return false;
        }
        let silent = now.duration_since(self.heard);
        let first = !self.records && now.duration_since(self.opened) > limits.first;
        let slow = self.begun.is_some_and(|begun| now.duration_since(begun) > limits.record);
        silent > limits.idle || first || slow
    }

    /// Whether it has begun a record that it does not end. Asked at each piece: a fast sender does not wait for a clock.
    pub(super) fn is_endless(&self, limits: &ConnectionLimits) -> bool {
        !matches!(self.stream, Stream::Pipe(_)) && self.framing.unended_bytes() > limits.unended_bytes
    }
}
