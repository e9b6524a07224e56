//! One conversation in DCE/RPC: a TCP connection, or a pipe inside SMB.

use super::calls::Calls;
use super::codec::{Body, HEADER_BYTES, Header, Verifier, body, split};
use crate::gssapi::Security;
use contract::{Emit, Side};
use model::Timestamp;

/// Calls whose fragments are being collected, per side (Zeek's `max_cmd_reassembly`).
const FRAGMENTED_CALLS_MAX: usize = 20;

/// Bytes of fragments collected for one call: what matters stands at its beginning, the rest is not kept.
const FRAGMENT_BYTES_MAX: usize = 30_000;

/// Contexts whose last operation is remembered.
const CONTEXTS_MAX: usize = 256;

/// The state of one conversation.
#[derive(Debug, Default)]
pub struct Pipe {
    id: u64,
    /// The beginning of a PDU, per side; never longer than a PDU, whose length has 16 bits.
    waiting: [Vec<u8>; 2],
    /// Fragments by call, per side.
    fragments: [Vec<(u32, Vec<u8>)>; 2],
    /// The last operation by context.
    opnums: Vec<(u16, u16)>,
    stopped: bool,
}

/// What a conversation writes into: shared by the pipes of one connection.
#[derive(Debug)]
pub struct Shared<'a> {
    /// The rows.
    pub calls: &'a mut Calls,
    /// Who logs on.
    pub security: &'a mut Security,
}

impl Pipe {
    /// A pipe with an id of its own; a TCP connection is pipe 0.
    pub fn new(id: u64) -> Self {
        Self { id, ..Self::default() }
    }

    /// Whether nothing more is read.
    pub const fn is_stopped(&self) -> bool {
        self.stopped
    }

    /// Reads no more.
    pub fn stop(&mut self) {
        *self = Self { id: self.id, stopped: true, ..Self::default() };
    }

    /// Reads the next bytes of one side.
    pub fn feed(&mut self, at: Timestamp, side: Side, mut data: &[u8], shared: &mut Shared<'_>, out: &mut dyn Emit) {
        while !self.stopped && !data.is_empty() {
            let waiting = std::mem::take(&mut self.waiting[side.index()]);
            if waiting.is_empty() {
                data = self.read(at, side, data, shared, out);
            } else {
                data = self.read_on(at, side, waiting, data, shared, out);
            }
        }
    }

    /// Reads a PDU at the front of `data`, or keeps its beginning. Returns what follows it.
    fn read<'a>(&mut self, at: Timestamp, side: Side, data: &'a [u8], shared: &mut Shared<'_>, out: &mut dyn Emit) -> &'a [u8] {
        match whole_pdu(data) {
            Extent::Needs(_) => {
                self.waiting[side.index()] = data.to_vec();
                &[]
            }
            Extent::Broken => {
                self.stop();
                &[]
            }
            Extent::Whole(header, length) => {
                let (pdu, rest) = data.split_at(length);
                self.pdu(at, side, &header, pdu, shared, out);
                rest
            }
        }
    }

    /// Adds just as much as the waiting PDU needs.
    fn read_on<'a>(
        &mut self,
        at: Timestamp,
        side: Side,
        mut waiting: Vec<u8>,
        mut data: &'a [u8],
        shared: &mut Shared<'_>,
        out: &mut dyn Emit,
    ) -> &'a [u8] {
        loop {
            match whole_pdu(&waiting) {
                Extent::Needs(_) if data.is_empty() => {
                    self.waiting[side.index()] = waiting;
                    return data;
                }
                Extent::Needs(bytes) => {
                    let (more, rest) = data.split_at(bytes.min(data.len()));
                    waiting.extend_from_slice(more);
                    data = rest;
                }
                Extent::Broken => {
                    self.stop();
                    return &[];
                }
                Extent::Whole(header, _) => {
                    self.pdu(at, side, &header, &waiting, shared, out);
                    return data;
                }
            }
        }
    }

    fn pdu(&mut self, at: Timestamp, side: Side, header: &Header, pdu: &[u8], shared: &mut Shared<'_>, out: &mut dyn Emit) {
        let Some((stub, verifier)) = split(header, pdu) else {
            self.stop();
            return;
        };
        if let Some(verifier) = verifier {
            authenticate(at, verifier, shared, out);
        }
        match self.collect(side, header, stub, out) {
            Collected::Alone => self.body(at, header, stub, shared, out),
            Collected::Last(whole) => self.body(at, header, &whole, shared, out),
            Collected::Waiting => {}
        }
        if !self.stopped {
            out.confirm("dce_rpc");
        }
    }

    fn collect(&mut self, side: Side, header: &Header, stub: &[u8], out: &mut dyn Emit) -> Collected {
        let calls = &mut self.fragments[side.index()];
        let known = calls.iter().position(|(call, _)| *call == header.call_id);
        let weird = match (header.is_first(), known) {
            (true, Some(_)) => Some("multiple_first_fragments_in_dce_rpc_reassembly"),
            (true, None) if header.is_last() => return Collected::Alone,
            (true, None) => {
                calls.push((header.call_id, stub.to_vec()));
                (calls.len() > FRAGMENTED_CALLS_MAX).then_some("too_many_dce_rpc_msgs_in_reassembly")
            }
            (false, Some(call)) => {
                let collected = &mut calls[call].1;
                let room = FRAGMENT_BYTES_MAX.saturating_sub(collected.len());
                collected.extend_from_slice(&stub[..stub.len().min(room)]);
                if header.is_last() {
                    return Collected::Last(calls.swap_remove(call).1);
                }
                None
            }
            (false, None) => None,
        };
        if let Some(weird) = weird {
            out.weird(weird, "", "DCE_RPC");
            out.confirm("dce_rpc");
            self.stop();
        }
        Collected::Waiting
    }

    fn body(&mut self, at: Timestamp, header: &Header, bytes: &[u8], shared: &mut Shared<'_>, out: &mut dyn Emit) {
        let (body, whole) = body(header, bytes);
        let calls = &mut *shared.calls;
        match body {
            Body::Bind(contexts) => contexts.into_iter().for_each(|(context, interface)| calls.bound(at, self.id, context, interface)),
            Body::BindAck(address) => calls.agreed(at, self.id, address),
            Body::AlterAck => calls.agreed(at, self.id, &[]),
            Body::Request { context, opnum } => {
                self.remember(context, opnum);
                calls.asked(at, self.id);
            }
            Body::Response { context } => calls.answered(at, self.id, context, self.opnum(context).unwrap_or(0), out),
            Body::Fault { context } => {
                if let Some(opnum) = self.opnum(context) {
                    calls.refused(at, self.id, context, opnum, out);
                }
            }
            Body::Other => {}
        }
        if !whole {
            self.stop();
        }
    }

    /// The operation that was asked for last in a context.
    fn opnum(&self, context: u16) -> Option<u16> {
        self.opnums.iter().find(|(id, _)| *id == context).map(|(_, opnum)| *opnum)
    }

    fn remember(&mut self, context: u16, opnum: u16) {
        if let Some(known) = self.opnums.iter_mut().find(|(id, _)| *id == context) {
            known.1 = opnum;
        } else if self.opnums.len() < CONTEXTS_MAX {
            self.opnums.push((context, opnum));
        }
    }

    /// Bytes held.
    pub fn held_bytes(&self) -> usize {
        let fragments = self.fragments.iter().flatten().map(|(_, bytes)| bytes.capacity() + size_of::<(u32, Vec<u8>)>()).sum::<usize>();
        self.waiting.iter().map(Vec::capacity).sum::<usize>() + fragments + self.opnums.capacity() * 4
    }
}

enum Extent {
    /// So many bytes are missing.
    Needs(usize),
    /// A PDU of this length.
    Whole(Header, usize),
    Broken,
}

enum Collected {
    /// The fragment is the whole call.
    Alone,
    /// The fragments of a call, this one included.
    Last(Vec<u8>),
    Waiting,
}

fn whole_pdu(data: &[u8]) -> Extent {
    let Some(header) = Header::parse(data) else {
        return if data.len() < HEADER_BYTES && data.first().is_none_or(|version| *version == 5) {
            Extent::Needs(HEADER_BYTES - data.len())
        } else {
            Extent::Broken
        };
    };
    let length = usize::from(header.fragment_bytes);
    match length.checked_sub(data.len()) {
        _ if length < HEADER_BYTES => Extent::Broken,
        Some(missing) if missing > 0 => Extent::Needs(missing),
        _ => Extent::Whole(header, length),
    }
}

/// Hands a token to its provider. Zeek counts every token as the originator's.
fn authenticate(at: Timestamp, verifier: Verifier<'_>, shared: &mut Shared<'_>, out: &mut dyn Emit) {
    match verifier.provider {
        0x09 => shared.security.gssapi(at, verifier.blob, out),
        0x0a => shared.security.ntlm(at, verifier.blob, out),
        0x10 => shared.security.kerberos(at, verifier.blob, out),
        0x0e => out.weird("tls_dce_rpc_auth_type", "14", "DCE_RPC"),
        0x44 => out.weird("netlogon_dce_rpc_auth_type", "68", "DCE_RPC"),
        other => out.weird("unknown_dce_rpc_auth_type", &other.to_string(), "DCE_RPC"),
    }
}
