//! DCE/RPC, the remote procedure calls of Windows (C706 "DCE 1.1: RPC", MS-RPCE), over TCP and over SMB pipes.
//!
//! Interfaces and operations are named; security tokens go to [`crate::gssapi`]. Left out: the arguments of calls, the
//! connectionless form over UDP (Zeek has neither), and RPC over HTTP.

mod analyzer;
mod calls;
mod codec;
mod interfaces;
pub mod log;
mod pipe;
#[cfg(test)]
mod tests;

pub use calls::Calls;
pub use pipe::{Pipe, Shared};

use contract::{Analyzer, FlowInfo, Heads, Protocol, Transport, Verdict};
use model::Kind;

/// The catalogue's row.
#[derive(Debug)]
pub struct DceRpc;

impl Protocol for DceRpc {
    fn name(&self) -> &'static str {
        "dce_rpc"
    }
    fn transports(&self) -> &'static [Transport] {
        &[Transport::Tcp]
    }
    fn ports(&self) -> &'static [(Transport, u16)] {
        &[(Transport::Tcp, 135)]
    }
    fn kinds(&self) -> &'static [&'static Kind] {
        &[
            &log::KIND,
            &crate::ntlm::log::KIND,
            &crate::kerberos::log::KIND,
            &crate::x509::log::KIND,
            &model::kinds::weird::KIND,
            &model::kinds::analyzer::KIND,
        ]
    }

    /// Version 5, a known type, and a first and last fragment in one (with or without signed headers), on either side.
    fn probe(&self, heads: &Heads<'_>) -> Verdict {
        let looks = |head: &[u8]| match head {
            [5, 0 | 1, 0..=0x13, 3 | 7, ..] => Verdict::Yes,
            [5] | [5, 0 | 1] | [5, 0 | 1, 0..=0x13] | [] => Verdict::Unsure,
            _ => Verdict::No,
        };
        match (looks(heads.orig), looks(heads.resp)) {
            (Verdict::Yes, _) | (_, Verdict::Yes) => Verdict::Yes,
            (Verdict::No, Verdict::No) => Verdict::No,
            _ => Verdict::Unsure,
        }
    }

    fn open(&self, _flow: &FlowInfo) -> Box<dyn Analyzer> {
        Box::new(analyzer::DceRpc::default())
    }
}
