//! Which protocol a flow carries, by its first bytes and not by its port.

use crate::catalogue::catalogue;
use contract::{FlowInfo, Heads, Protocol, Side, Transport, Verdict};

/// So many bytes of each side are shown to probes; a protocol that can't be told by then is not recognised.
const HEAD_BYTES: usize = 2048;
/// So many datagrams of a flow are looked at.
const DATAGRAMS_MAX: u8 = 4;
/// Bytes kept to be read again by the protocol that is found: both heads, and the chunks that went beyond them.
const KEPT_BYTES_MAX: usize = 16 * 1024;

/// What came before the protocol was known, in order.
#[derive(Debug)]
pub(crate) enum Kept {
    Data(Box<[u8]>),
    Gap(u64),
    End,
}

/// The search for a flow's protocol.
#[derive(Debug, Default)]
pub(crate) struct Detection {
    heads: [Vec<u8>; 2],
    /// Sides whose head is complete: a gap came, or it is long enough.
    frozen: [bool; 2],
    kept: Vec<(Side, Kept)>,
    kept_bytes: usize,
    ruled_out: u128,
    /// Protocols that read already when a side's head spoke for them.
    spent: [u128; 2],
    datagrams: u8,
}

/// How the search stands.
pub(crate) enum Found {
    /// These are it. They read everything from the start.
    Protocols(Vec<&'static dyn Protocol>),
    /// More bytes are needed.
    NotYet,
    /// It is none of the known ones.
    None,
}

impl Detection {
    /// Takes in the next bytes. `running` knows the protocols that read the flow already, and
    /// whether they have just failed.
    pub(crate) fn data(&mut self, side: Side, data: &[u8], info: &FlowInfo, running: &dyn Fn(&str) -> Option<bool>) -> Found {
        let own = side.index();
        self.datagrams = self.datagrams.saturating_add(1);
        let datagram = info.transport != Transport::Tcp;
        let room = HEAD_BYTES.saturating_sub(self.heads[own].len());
        let first = self.heads[own].is_empty() && !self.frozen[own];
        if !first && !datagram && !self.frozen[own] {
            self.heads[own].extend_from_slice(&data[..data.len().min(room)]);
        }
        let shown = if first { &data[..data.len().min(HEAD_BYTES)] } else { &self.heads[own][..] };
        let other = &self.heads[side.other().index()][..];
        let (orig, resp) = if side.is_orig() { (shown, other) } else { (other, shown) };
        let heads = Heads { transport: info.transport, orig, resp, orig_port: info.orig.1, resp_port: info.resp.1 };
        let (found, open) = ask(&heads, &mut self.ruled_out, &mut self.spent, running);
        if first && (open || !found.is_empty()) {
            self.heads[own] = shown.to_vec();
        }
        let full = self.heads.iter().any(|head| head.len() >= HEAD_BYTES) || (datagram && self.datagrams >= DATAGRAMS_MAX);
        if found.is_empty() && (!open || full || self.kept_bytes + data.len() > KEPT_BYTES_MAX) {
            return Found::None;
        }
        self.kept_bytes += data.len();
        self.kept.push((side, Kept::Data(data.into())));
        if found.is_empty() { Found::NotYet } else { Found::Protocols(found) }
    }

    /// Bytes of a side are missing, or it ended.
    pub(crate) fn note(&mut self, side: Side, what: Kept) {
        self.frozen[side.index()] = true;
        if self.kept.len() < 64 {
            self.kept.push((side, what));
        }
    }

    /// Whether nothing has come yet.
    pub(crate) fn is_fresh(&self) -> bool {
        self.kept.is_empty()
    }

    /// Everything so far, in order.
    pub(crate) fn into_kept(self) -> Vec<(Side, Kept)> {
        self.kept
    }
}

/// Asks all that are not ruled out; says whether any is still unsure.
fn ask(
    heads: &Heads<'_>,
    ruled_out: &mut u128,
    spent: &mut [u128; 2],
    running: &dyn Fn(&str) -> Option<bool>,
) -> (Vec<&'static dyn Protocol>, bool) {
    let (mut found, mut open) = (Vec::new(), false);
    for (place, &protocol) in catalogue().over(heads.transport).iter().enumerate() {
        let bit = 1u128.checked_shl(place as u32).unwrap_or(0);
        if *ruled_out & bit != 0 {
            continue;
        }
        if let Some(failed) = running(protocol.name()) {
            // What reads already is not found a second time by the same bytes; the other side's may show it again.
            if protocol.probe(heads) == Verdict::Yes {
                spent[0] |= if heads.orig.is_empty() { 0 } else { bit };
                spent[1] |= if heads.resp.is_empty() { 0 } else { bit };
            }
            open |= failed;
            continue;
        }
        let unspent = |place: usize, head| if spent[place] & bit != 0 { &b""[..] } else { head };
        let heads = &Heads { orig: unspent(0, heads.orig), resp: unspent(1, heads.resp), ..*heads };
        match protocol.probe(heads) {
            Verdict::Yes => found.push(protocol),
            Verdict::Unsure => open = true,
            Verdict::No => *ruled_out |= bit,
        }
    }
    (found, open)
}
