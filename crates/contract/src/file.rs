//! How an analyzer hands over a body that it finds in its stream.

use crate::Side;
use model::{Timestamp, Uid};

/// A file being handed over. It prints as the `fuid` of the logs.
pub type FileId = Uid;

/// What is known of a file when its first byte comes.
#[derive(Clone, Debug)]
pub struct FileAbout<'a> {
    /// When it began.
    pub at: Timestamp,
    /// The protocol that carries it, as `files.log` names it: `HTTP`, `SMTP`, `FTP_DATA`, `SMB`, `IRC_DATA`, `SSL` …
    pub source: &'static str,
    /// Who sends it.
    pub side: Side,
    /// What tells this file from the others of the same flow, so that ids are stable: a request's number, a MIME part's …
    /// With `shared` set it names the file across the flows of the same originator (the ranges of one URL).
    pub key: &'a [u8],
    /// Whether several flows carry parts of this file.
    pub shared: bool,
    /// How deep it lies: the MIME part's nesting, the certificate's place in its chain.
    pub depth: u64,
    /// The name that the protocol gives.
    pub name: Option<&'a [u8]>,
    /// The type that the protocol declares, used where the type is not to be found from the content.
    pub declared_mime: Option<&'a str>,
    /// The length that the protocol announces, in bytes.
    pub total_bytes: Option<u64>,
    /// The file that contains this one.
    pub parent: Option<FileId>,
}
