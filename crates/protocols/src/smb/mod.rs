//! SMB, Windows' shares: version 1 (MS-CIFS, MS-SMB) and versions 2 and 3 (MS-SMB2), with the DCE/RPC in its pipes and the
//! logons around it.
//!
//! Left out: what is encrypted (SMB 3) or compressed, messages chained after the first (SMB 2), directory listings, locks,
//! and everything that Zeek logs in `smb_cmd.log` only, which it does not by default.

mod analyzer;
mod bodies;
pub mod log;
mod records;
mod session;
#[cfg(test)]
mod tests;
mod v1;
mod v2;

use contract::{Analyzer, FlowInfo, Heads, Protocol, Transport, Verdict};
use model::Kind;

/// The catalogue's row.
#[derive(Debug)]
pub struct Smb;

impl Protocol for Smb {
    fn name(&self) -> &'static str {
        "smb"
    }
    fn transports(&self) -> &'static [Transport] {
        &[Transport::Tcp]
    }
    fn ports(&self) -> &'static [(Transport, u16)] {
        &[(Transport::Tcp, 139), (Transport::Tcp, 445)]
    }
    fn kinds(&self) -> &'static [&'static Kind] {
        &[
            &log::files::KIND,
            &log::mapping::KIND,
            &crate::dce_rpc::log::KIND,
            &crate::ntlm::log::KIND,
            &crate::kerberos::log::KIND,
            &crate::x509::log::KIND,
            &model::kinds::weird::KIND,
            &model::kinds::analyzer::KIND,
        ]
    }

    /// Four bytes of a frame, then the mark of SMB 1 or 2, on either side.
    fn probe(&self, heads: &Heads<'_>) -> Verdict {
        let looks = |head: &[u8]| match head {
            [_, _, _, _, 0xfe | 0xff, b'S', b'M', b'B', ..] => Verdict::Yes,
            _ if head.len() >= 8 => Verdict::No,
            [_, _, _, _, mark @ ..] if !mark.is_empty() && (!matches!(mark[0], 0xfe | 0xff) || !b"SMB".starts_with(&mark[1..])) => {
                Verdict::No
            }
            _ => Verdict::Unsure,
        };
        match (looks(heads.orig), looks(heads.resp)) {
            (Verdict::Yes, _) | (_, Verdict::Yes) => Verdict::Yes,
            (Verdict::No, Verdict::No) => Verdict::No,
            _ => Verdict::Unsure,
        }
    }

    fn open(&self, _flow: &FlowInfo) -> Box<dyn Analyzer> {
        Box::new(analyzer::Smb::default())
    }
}
