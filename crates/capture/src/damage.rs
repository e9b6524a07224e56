//! What was wrong with a file, and where.

use std::fmt;

/// The place where the reading of a file had to stop before its end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Damage {
    /// The file's name as it was given.
    pub file: String,
    /// Where the broken record begins, in bytes from the start; for a packed file, of what it unpacks to.
    pub offset: u64,
    /// Whether the file is packed, so that `offset` counts unpacked bytes.
    pub packed: bool,
    /// How many frames of this file were read before.
    pub frames: u64,
    /// What is wrong.
    pub flaw: Flaw,
}

/// What is wrong with a record or a block.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Flaw {
    /// The file ends inside a record: so many bytes are there of those that it needs.
    Truncated {
        /// Bytes that are there.
        have: usize,
        /// Bytes that the record needs, as far as it was looked at.
        need: usize,
    },
    /// A frame claims more bytes than any network carries.
    FrameTooLarge(u64),
    /// A block's length is impossible, or larger than any writer makes it.
    BlockLength(u32),
    /// A block's two lengths differ.
    BlockEnds {
        /// The length at its beginning.
        first: u32,
        /// The length at its end.
        last: u32,
    },
    /// A packet's bytes do not fit into its block.
    FrameOutsideBlock,
    /// A packet names an interface that was not described.
    NoSuchInterface(u32),
    /// More interfaces than anything has.
    TooManyInterfaces,
    /// A section's byte order cannot be told.
    ByteOrder,
    /// The bytes could not be read or unpacked; the system's or the decompressor's words.
    Unreadable(String),
}

impl fmt::Display for Flaw {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Truncated { have, need } => {
                write!(f, "the file is truncated: it ends inside a record, after {have} of at least {need} bytes")
            }
            Self::FrameTooLarge(bytes) => write!(
                f,
                "the file is corrupt: a frame claims {bytes} bytes, more than the largest possible ({})",
                crate::LARGEST_FRAME_BYTES
            ),
            Self::BlockLength(bytes) => write!(f, "the file is corrupt: a block claims a length of {bytes} bytes, which none can have"),
            Self::BlockEnds { first, last } => {
                write!(f, "the file is corrupt: a block's length is {first} at its beginning and {last} at its end")
            }
            Self::FrameOutsideBlock => f.write_str("the file is corrupt: a packet is larger than the block that holds it"),
            Self::NoSuchInterface(number) => {
                write!(f, "the file is corrupt: a packet names interface {number}, which is not described before it")
            }
            Self::TooManyInterfaces => {
                write!(f, "the file is corrupt: a section describes more than {} interfaces", crate::pcapng::INTERFACES_MAX)
            }
            Self::ByteOrder => f.write_str("the file is corrupt: a section's byte order mark is neither of the two that exist"),
            Self::Unreadable(words) => write!(f, "the rest cannot be read: {words}"),
        }
    }
}

impl fmt::Display for Damage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let counted = if self.packed { " of its unpacked content" } else { "" };
        write!(
            f,
            "{}: {} (at byte {}{counted}, after frame {}); everything before was read",
            self.file, self.flaw, self.offset, self.frames
        )
    }
}
