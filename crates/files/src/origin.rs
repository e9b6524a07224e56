//! Where a file comes from: what was known of it before its first byte, and the connections that carried it.

use crate::mime;
use contract::{FileAbout, FileId, FlowInfo};
use model::{Addr, Uid};

/// Connections remembered for one file. A download in ranges uses a dozen; each gets a row of its own.
const FLOWS_MAX: usize = 256;

/// Bytes kept of a file's name: longer ones are attacks, not names (file systems stop at 255 to 4,096).
const NAME_BYTES_MAX: usize = 4096;

/// One connection that carried the file, or a part of it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Carrier {
    /// Its id.
    pub(crate) uid: Uid,
    /// The side that opened it.
    pub(crate) orig: (Addr, u16),
    /// The side that answered.
    pub(crate) resp: (Addr, u16),
}

/// What stays of a file even when its body has ended, so that the same file may begin again.
#[derive(Clone, Debug)]
pub(crate) struct Origin {
    /// The protocol.
    pub(crate) source: &'static str,
    /// Whether the sender opened the connection.
    pub(crate) is_orig: bool,
    /// Whether the sender of the latest connection is inside the network.
    pub(crate) local_orig: bool,
    /// Whether it goes on when its connection ends: several connections carry it, or its protocol says itself when a file
    /// is over (in HTTP a part of a whole never is, in SMB what isn't closed isn't) and Zeek believes nothing else.
    pub(crate) outlives_flow: bool,
    /// The nesting.
    pub(crate) depth: u64,
    /// The name.
    pub(crate) name: Option<Box<[u8]>>,
    /// The type that needs no look at the content.
    pub(crate) declared: Option<&'static str>,
    /// The containing file.
    pub(crate) parent: Option<FileId>,
    first: Carrier,
    others: Vec<Carrier>,
}

impl Origin {
    /// Of a file that `flow` begins to carry.
    pub(crate) fn new(flow: &FlowInfo, about: &FileAbout<'_>) -> Self {
        let sender = flow.end(about.side).0;
        Self {
            source: about.source,
            is_orig: about.side.is_orig(),
            local_orig: sender.is_private(),
            outlives_flow: about.shared || matches!(about.source, "HTTP" | "SMB"),
            depth: about.depth,
            name: name(about),
            declared: mime::declared(about.source, about.declared_mime),
            parent: about.parent,
            first: carrier(flow),
            others: Vec::new(),
        }
    }

    /// The file is opened again, by the same connection or another. `fresh` when a new body begins, which only the present
    /// connection carries.
    pub(crate) fn reopened(&mut self, flow: &FlowInfo, about: &FileAbout<'_>, fresh: bool) {
        if about.name.is_some() {
            self.name = name(about);
        }
        if about.parent.is_some() {
            self.parent = about.parent;
        }
        self.depth = about.depth;
        let carrier = carrier(flow);
        if fresh {
            self.is_orig = about.side.is_orig();
            self.first = carrier;
            self.others.clear();
        } else if self.carriers().any(|known| known.uid == carrier.uid) || self.others.len() >= FLOWS_MAX {
            return;
        } else {
            self.others.push(carrier);
        }
        // The side that the file was first seen from decides, even on a connection that carries it the other way: as Zeek.
        let sender = if self.is_orig { flow.orig.0 } else { flow.resp.0 };
        self.local_orig = sender.is_private();
    }

    /// The connections that carried it, in the order in which they began to.
    pub(crate) fn carriers(&self) -> impl Iterator<Item = &Carrier> {
        std::iter::once(&self.first).chain(&self.others)
    }
}

fn name(about: &FileAbout<'_>) -> Option<Box<[u8]>> {
    about.name.map(|name| name.get(..NAME_BYTES_MAX).unwrap_or(name).into())
}

fn carrier(flow: &FlowInfo) -> Carrier {
    Carrier { uid: flow.uid, orig: flow.orig, resp: flow.resp }
}
