//! Community ID, version 1 (the public specification "Community ID Flow Hashing"): a name for a flow that other tools give too.
//!
//! `1:` and the base64 of SHA-1 over seed 2, lower address, higher address, protocol 1, zero 1, lower port 2, higher port 2.

use contract::FlowInfo;
use sha1::{Digest, Sha1};

/// The id of a flow.
pub(crate) fn id(info: &FlowInfo, protocol: u8) -> String {
    let (mut first, mut second) = (info.orig, info.resp);
    let one_way =
        matches!(protocol, flow::Protocol::ICMP | flow::Protocol::ICMPV6) && flow::icmp_counterpart(protocol, first.1 as u8).is_none();
    if !one_way && (first.0.as_slice(), first.1) > (second.0.as_slice(), second.1) {
        std::mem::swap(&mut first, &mut second);
    }
    let mut hash = Sha1::new();
    hash.update([0, 0]);
    hash.update(first.0.as_slice());
    hash.update(second.0.as_slice());
    hash.update([protocol, 0]);
    hash.update(first.1.to_be_bytes());
    hash.update(second.1.to_be_bytes());
    let digest: [u8; 20] = hash.finalize().into();
    let mut text = String::with_capacity(30);
    text.push_str("1:");
    base64(&digest, &mut text);
    text
}

fn base64(bytes: &[u8], out: &mut String) {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    for chunk in bytes.chunks(3) {
        let word = (u32::from(chunk[0]) << 16)
            | (u32::from(chunk.get(1).copied().unwrap_or(0)) << 8)
            | u32::from(chunk.get(2).copied().unwrap_or(0));
        for place in 0..4 {
            let letter = LETTERS[(word >> (18 - 6 * place)) as usize & 63];
            out.push(if place > chunk.len() { '=' } else { letter as char });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use contract::Transport;
    use model::{Addr, Timestamp, Uid};

    #[test]
    fn the_examples_of_the_specification() {
        // The specification's baseline: 128.232.110.120:34855 -> 66.35.250.204:80/tcp.
        let (a, b) = ((Addr::v4([128, 232, 110, 120]), 34855), (Addr::v4([66, 35, 250, 204]), 80));
        for (orig, resp) in [(a, b), (b, a)] {
            let info = FlowInfo {
                uid: Uid::connection(&[]),
                orig,
                resp,
                transport: Transport::Tcp,
                start: Timestamp::default(),
                midstream: false,
                note: Box::default(),
            };
            assert_eq!(id(&info, 6), "1:LQU9qZlK+B5F3KDmev6m5PMibrg=");
        }
    }
}
