//! Whom a match accuses: the host that a row is about.

use crate::source::Source;
use contract::{Known, Part};
use model::{Addr, Event, Uid, Value};

/// The host of a finding.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Who {
    pub(crate) host: Addr,
    /// The other side, where there is one.
    pub(crate) peer: Option<Addr>,
    pub(crate) part: Part,
}

/// The host that a row of a source is about; `None` where no address is known.
pub(crate) fn who(source: Option<&Source>, event: &Event, known: &dyn Known) -> Option<Who> {
    let addr = |name: &str| event.kind().find(name).and_then(|column| event.get(column).as_addr());
    // A host may be named by its address, as some devices do.
    let named = |name: &str| {
        let text = event.kind().find(name).and_then(|column| event.get(column).as_bytes())?;
        std::str::from_utf8(text).ok()?.parse::<std::net::IpAddr>().ok().map(Addr::from)
    };
    let actor = |host, peer| Some(Who { host, peer, part: Part::Actor });
    if let Some(host) = addr("address") {
        return actor(host, None);
    }
    match (addr("id.orig_h"), addr("id.resp_h")) {
        (Some(client), Some(server)) if source == Some(&Source::Webserver) && known.is_inside(server) && !known.is_inside(client) => {
            Some(Who { host: server, peer: Some(client), part: Part::Target })
        }
        (Some(client), server) => actor(client, server),
        (None, Some(server)) => Some(Who { host: server, peer: None, part: Part::Target }),
        (None, None) => {
            let host = addr("source").or_else(|| named("host")).or_else(|| named("device")).or_else(|| addr("src"))?;
            actor(host, addr("destination").or_else(|| addr("dst")))
        }
    }
}

/// The id by which a row can be found again: its connection's or file's.
pub(crate) fn proof(event: &Event) -> Option<Uid> {
    event.cells().iter().take(PROOF_COLUMNS_MAX).find_map(|cell| match cell {
        Value::Uid(uid) => Some(*uid),
        _ => None,
    })
}

/// Ids stand among the first columns.
const PROOF_COLUMNS_MAX: usize = 8;
