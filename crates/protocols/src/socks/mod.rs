//! SOCKS (version 5: RFC 1928 and 1929; version 4 and 4a: the notes of NEC and of Ying-Da Lee): a proxy's handshake.
//!
//! Behind the handshake the stream carries what the client wants of the host that it named; that is recognised by its
//! content. As in Zeek a version 4 reply ends the reading, since its first byte is 0 and not a version; the request has
//! been told as a tunnel by then. Left out: the datagrams of `UDP ASSOCIATE`, and GSSAPI (RFC 1961).

mod analyzer;
pub mod codec;
pub mod log;
mod tunnels;

pub use tunnels::ProxyTunnels;

use contract::{Analyzer, FlowInfo, Heads, Protocol, Transport, Verdict};
use model::{Kind, kinds::tunnel};

/// SOCKS.
#[derive(Debug)]
pub struct Socks;

/// The longest user name of version 4 by which it is recognised, in bytes.
const PROBE_USER_BYTES: usize = 32;

impl Protocol for Socks {
    fn name(&self) -> &'static str {
        "socks"
    }

    fn transports(&self) -> &'static [Transport] {
        &[Transport::Tcp]
    }

    fn ports(&self) -> &'static [(Transport, u16)] {
        &[(Transport::Tcp, 1080)]
    }

    fn kinds(&self) -> &'static [&'static Kind] {
        &[&log::KIND, &tunnel::KIND]
    }

    fn probe(&self, heads: &Heads<'_>) -> Verdict {
        match heads.orig {
            [] => Verdict::Unsure,
            [5] | [5, _] => Verdict::Unsure,
            [5, _, 0..=2, ..] => match heads.resp {
                [] | [5] | [5, 1] => Verdict::Unsure,
                [5, 0, ..] | [5, 1, 0..=2, ..] => Verdict::Yes,
                _ => Verdict::No,
            },
            [4] => Verdict::Unsure,
            [4, 1 | 2, rest @ ..] => match heads.resp {
                _ if !rest.iter().take(PROBE_USER_BYTES + 1).any(|byte| *byte == 0) => {
                    if rest.len() > PROBE_USER_BYTES {
                        Verdict::No
                    } else {
                        Verdict::Unsure
                    }
                }
                [] | [0] => Verdict::Unsure,
                [0, 0x5a..=0x5d, ..] => Verdict::Yes,
                _ => Verdict::No,
            },
            _ => Verdict::No,
        }
    }

    fn open(&self, flow: &FlowInfo) -> Box<dyn Analyzer> {
        Box::new(analyzer::SocksAnalyzer::new(flow.midstream))
    }
}
