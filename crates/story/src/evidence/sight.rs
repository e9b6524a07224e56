//! How much of what was sent could be seen: what the story must admit not to know.

use contract::seen::{Conn, Proto};

/// Sums over all flows.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Sight {
    pub(crate) flows: u64,
    /// TCP connections.
    pub(crate) tcp: u64,
    /// Those whose beginning is not in the capture.
    pub(crate) begun_before: u64,
    /// Those of which packets of one side alone were seen though bytes went both ways.
    pub(crate) one_sided: u64,
    /// Those with bytes missing.
    pub(crate) gapped: u64,
    pub(crate) missed_bytes: u64,
    pub(crate) payload_bytes: u64,
    /// Payload of protocols that encrypt.
    pub(crate) encrypted_bytes: u64,
    /// Questions to name servers.
    pub(crate) lookups: u64,
    /// Connections to outside by TCP.
    pub(crate) outward: u64,
}

impl Sight {
    pub(crate) fn flow(&mut self, conn: &Conn<'_>) {
        self.flows += 1;
        let bytes = conn.orig_bytes().unwrap_or_default().saturating_add(conn.resp_bytes().unwrap_or_default());
        self.payload_bytes = self.payload_bytes.saturating_add(bytes);
        if is_encrypted(conn.service()) {
            self.encrypted_bytes = self.encrypted_bytes.saturating_add(bytes);
        }
        let missed = conn.missed_bytes().unwrap_or_default();
        self.missed_bytes = self.missed_bytes.saturating_add(missed);
        self.gapped += u64::from(missed > 0);
        if conn.proto() != Proto::Tcp {
            return;
        }
        self.tcp += 1;
        let outward = conn.orig().zip(conn.resp()).is_some_and(|(orig, resp)| orig.0.is_private() && !resp.0.is_private());
        self.outward += u64::from(outward);
        let history = conn.history();
        // A connection that begins with anything but a SYN began before the capture, or its SYN was lost.
        let begun = history.iter().find(|letter| **letter != b'^').is_none_or(|letter| matches!(letter, b'S' | b's' | b'H' | b'h'));
        self.begun_before += u64::from(!begun);
        let letters = || history.iter().filter(|letter| letter.is_ascii_alphabetic());
        let one = letters().all(u8::is_ascii_uppercase) || letters().all(u8::is_ascii_lowercase);
        // An unanswered SYN is nobody's fault; data that nobody answers is.
        self.one_sided += u64::from(one && history.iter().any(|letter| letter.eq_ignore_ascii_case(&b'd')));
    }
}

fn is_encrypted(service: &[u8]) -> bool {
    const ENCRYPTED: [&[u8]; 5] = [b"ssl", b"quic", b"ssh", b"dtls", b"wireguard"];
    service.split(|byte| *byte == b',').any(|word| ENCRYPTED.contains(&word))
}
