//! What the story can say, as data: each kind of statement with what fills it. [`crate::words`] renders them, one function for
//! each language.
//!
//! All text in them is from the traffic and already without control characters ([`crate::text::lossless`]).

use crate::evidence::Rhythm;
use contract::Words;
use model::{Addr, Interval, Timestamp, Uid};

/// A statement about a host: when, what, and what proves it.
#[derive(Clone, Debug)]
pub(crate) struct Line {
    pub(crate) at: Timestamp,
    pub(crate) statement: Statement,
    /// Ids of connections, files and findings.
    pub(crate) ids: Vec<Uid>,
}

/// A server as it is spoken of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Place {
    pub(crate) addr: Addr,
    /// The name by which the host knew it; empty if by none.
    pub(crate) name: String,
    /// Country and network, where a file knows them.
    pub(crate) whereabouts: String,
}

/// What a file is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Content {
    /// A Windows program or library.
    WindowsProgram,
    /// Another program: ELF, Mach-O, Java, Android.
    Program,
    /// A script.
    Script,
    /// A document that may carry macros.
    Document,
    /// An archive or an image of a disk.
    Archive,
    /// Text.
    Text,
    /// Bytes in which no order shows.
    Noise,
    /// Anything else.
    Other,
}

/// Why a file is not what it is given out for.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Pretence {
    /// Its name ends as that of another type.
    NamedAs(String),
    /// Its text is digits all the way: `hex` or `base64`, and whether it is written backwards and shows a program.
    Digits { base64: bool, reversed: bool, program: bool },
    /// It shows no type and its bytes no order.
    Noise { bits: f32 },
}

/// What stands out in a Windows program.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Oddity {
    /// It claims to have been made at a time that can't be: before there was such a format, or after it was fetched.
    MadeThen(Timestamp),
    /// Its time is the constant that old Delphi linkers write.
    DelphiTime,
    /// It was made within days of being fetched.
    Fresh(Timestamp),
    /// Nobody signed it.
    Unsigned,
    /// It imports nothing, as packed programs do.
    NoImports,
    /// A section is as random as what is packed or encrypted: its name and bits per byte.
    Packed(String, f64),
    /// More than half of it lies behind its last section.
    Overlay(u64),
}

/// How a host called.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Way {
    /// Requests: method and URL.
    Http(String, String),
    /// Connections: protocol, port and the service that was recognised.
    Plain(&'static str, u16, String),
}

/// What can be said.
#[derive(Clone, Debug)]
pub(crate) enum Statement {
    /// A name was looked up.
    LookedUp { name: String, addrs: Vec<Addr>, server: Addr },
    /// A file was fetched or received.
    Fetched {
        content: Content,
        /// Whether more is fetched after a first file.
        again: bool,
        /// How often the same content came.
        times: u64,
        url: String,
        name: String,
        from: Place,
        protocol: String,
        bytes: u64,
        missing: u64,
        referrer: String,
        agent: String,
        sha256: String,
    },
    /// What its headers say.
    Oddities(Vec<Oddity>),
    /// It is not what it is given out for.
    Pretends { pretence: Pretence, content: Content, bytes: u64 },
    /// A host called another, again and again or for long.
    Called {
        way: Way,
        to: Place,
        count: u64,
        answered: u64,
        last: Timestamp,
        rhythm: Option<Rhythm>,
        sent: u64,
        received: u64,
        longest: Interval,
        agent: String,
        /// The issuer, where the server's certificate was signed by itself.
        self_signed: Option<String>,
    },
    /// A finding, by its definition's words.
    Found {
        title: Words,
        subject: String,
        peers: Vec<Addr>,
        count: u64,
        last: Timestamp,
        measures: Vec<(String, String)>,
        quotes: Vec<String>,
    },
    /// Something was given away.
    Gave { by: &'static str, account: String, what: String, subject: String, to: Place, times: u64 },
    /// Another host attacked it before.
    Struck { title: Words, by: Addr, quotes: Vec<String> },
    /// Another host that is accused passed it on.
    CameFrom { host: Addr, since: Timestamp },
    /// It passed it on to others that are accused.
    PassedOn { hosts: Vec<Addr> },
    /// The host of this incident was attacked.
    WasAttacked {
        title: Words,
        by: Vec<Addr>,
        more: usize,
        subject: String,
        count: u64,
        last: Timestamp,
        measures: Vec<(String, String)>,
        quotes: Vec<String>,
    },
    /// What the host did after an attack shows that it succeeded.
    ActedAfter { title: Words },
    /// Nothing of the kind was seen.
    NothingAfter,
}

impl Statement {
    /// Its kind, in data.
    pub(crate) const fn name(&self) -> &'static str {
        match self {
            Self::LookedUp { .. } => "lookup",
            Self::Fetched { .. } => "download",
            Self::Oddities(_) => "program",
            Self::Pretends { .. } => "disguise",
            Self::Called { .. } => "calls_home",
            Self::Found { .. } => "finding",
            Self::Gave { .. } => "sent",
            Self::Struck { .. } => "struck",
            Self::CameFrom { .. } => "came_from",
            Self::PassedOn { .. } => "passed_on",
            Self::WasAttacked { .. } => "attacked",
            Self::ActedAfter { .. } => "succeeded",
            Self::NothingAfter => "no_success_seen",
        }
    }

    /// Its place among statements of the same time: causes first.
    pub(crate) const fn order(&self) -> u8 {
        match self {
            Self::WasAttacked { .. } | Self::Struck { .. } => 0,
            Self::CameFrom { .. } => 1,
            Self::LookedUp { .. } => 2,
            Self::Fetched { .. } => 3,
            Self::Pretends { .. } => 4,
            Self::Oddities(_) => 5,
            Self::Called { .. } => 6,
            Self::Found { .. } => 7,
            Self::Gave { .. } => 8,
            Self::PassedOn { .. } => 9,
            Self::ActedAfter { .. } => 10,
            Self::NothingAfter => 11,
        }
    }
}
