//! One entity of a message: what its headers say of its body, and where in the body the stream is.

use super::codec::Range;
use super::inflate::{Inflate, Packing};
use crate::mime::Part;
use contract::FileId;

/// Whether a message may have a body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Body {
    /// Never (an answer to HEAD, 204 …).
    Never,
    /// If its headers say so (a request).
    IfDeclared,
    /// Always, up to the end of the connection if nothing else is said (a reply).
    Always,
}

/// Where in a chunked body (RFC 9112 section 7.1) the stream is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Chunked {
    /// The body is not chunked.
    No,
    /// The headers said that it will be.
    Declared,
    /// At a chunk's size.
    Size,
    /// In a chunk.
    Data,
    /// At the line end behind a chunk.
    DataEnd,
    /// In the headers behind the last chunk.
    Trailer,
    /// Behind them.
    Over,
}

/// An entity.
#[derive(Debug)]
pub(super) struct Entity {
    /// Its headers and transfer encoding.
    pub part: Part,
    /// Whether it may have a body.
    pub body: Body,
    /// How far its chunks are.
    pub chunked: Chunked,
    /// The length that its headers declare, in bytes.
    pub content_length: Option<u64>,
    /// How many bytes of the body, or of the chunk, are still to come.
    pub expected: i64,
    /// Bytes of its body so far, unpacked.
    pub body_bytes: u64,
    /// How its body is packed, if it is.
    pub packed: Option<Packing>,
    /// The unpacking.
    pub inflate: Option<Inflate>,
    /// The part of a whole that it is.
    pub range: Option<Range>,
    /// Where in the whole its next byte lies.
    pub offset: u64,
    /// Whether its client waits for a 100 before it sends the body.
    pub expect_continue: bool,
    /// Its body as a file.
    pub file: Option<FileId>,
    /// The key under which that file was opened, and whether it is shared.
    pub key: Option<(Vec<u8>, bool)>,
    /// Whether the type of that file was asked for with success.
    pub typed: bool,
    /// Its body as an OCSP response, as long as it may be one.
    pub ocsp: crate::ocsp::Collector,
}

impl Entity {
    /// An entity within `parent`, or a message.
    pub(super) fn new(parent: Option<&Part>, body: Body) -> Self {
        Self {
            part: Part::new(parent),
            body,
            chunked: Chunked::No,
            content_length: None,
            expected: 0,
            body_bytes: 0,
            packed: None,
            inflate: None,
            range: None,
            offset: 0,
            expect_continue: false,
            file: None,
            key: None,
            typed: false,
            ocsp: crate::ocsp::Collector::default(),
        }
    }

    /// Begins a new message, keeping buffers.
    pub(super) fn reset(&mut self, body: Body) {
        self.part.reset();
        let part = std::mem::replace(&mut self.part, Part::new(None));
        *self = Self { part, ..Self::new(None, body) };
    }

    /// Bytes held on the heap.
    pub(super) fn held_bytes(&self) -> usize {
        self.part.held_bytes() + self.inflate.as_ref().map_or(0, Inflate::held_bytes) + self.ocsp.held_bytes()
    }
}
