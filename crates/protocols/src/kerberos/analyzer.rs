//! Kerberos over UDP (a message per datagram) and over TCP (RFC 4120 section 7.2.2: a length of four bytes before each).

use super::{Carrier, Session};
use contract::{Analyzer, Chunk, Emit, Next, Side, Violation};
use model::Timestamp;

/// A message over TCP that is longer than this is not one: tickets with large group lists reach some 64 kB.
const MESSAGE_BYTES_MAX: usize = 1 << 20;

const NOT_A_MESSAGE: Violation = Violation::new("not a Kerberos message");

/// Kerberos over UDP.
#[derive(Debug, Default)]
pub(crate) struct Udp {
    session: Session,
}

impl Analyzer for Udp {
    fn feed(&mut self, at: Timestamp, _side: Side, chunk: Chunk<'_>, out: &mut dyn Emit) -> Result<Next, Violation> {
        if let Chunk::Data(datagram) = chunk {
            self.session.message(at, Carrier::DATAGRAMS, datagram, out).map_err(|_| NOT_A_MESSAGE)?;
        }
        Ok(Next::Continue)
    }
    fn close(&mut self, _at: Timestamp, out: &mut dyn Emit) {
        self.session.close(out);
    }
    fn held_bytes(&self) -> usize {
        self.session.held_bytes()
    }
}

/// Kerberos over TCP.
#[derive(Debug, Default)]
pub(crate) struct Tcp {
    session: Session,
    waiting: [Vec<u8>; 2],
}

impl Analyzer for Tcp {
    fn feed(&mut self, at: Timestamp, side: Side, chunk: Chunk<'_>, out: &mut dyn Emit) -> Result<Next, Violation> {
        match chunk {
            Chunk::Data(mut data) => {
                while !data.is_empty() {
                    data = self.read(at, side, data, out)?;
                }
                Ok(Next::Continue)
            }
            // Where the next message begins is lost.
            Chunk::Gap(_) => Ok(Next::Done),
            Chunk::End => Ok(Next::Continue),
        }
    }
    fn close(&mut self, _at: Timestamp, out: &mut dyn Emit) {
        self.session.close(out);
    }
    fn held_bytes(&self) -> usize {
        self.session.held_bytes() + self.waiting.iter().map(Vec::capacity).sum::<usize>()
    }
}

impl Tcp {
    /// Takes as many bytes as the message under way needs, and reads it when it is whole. Returns what follows.
    fn read<'a>(&mut self, at: Timestamp, side: Side, data: &'a [u8], out: &mut dyn Emit) -> Result<&'a [u8], Violation> {
        let waiting = &mut self.waiting[side.index()];
        let wanted = match waiting.first_chunk::<4>() {
            Some(length) => 4 + u32::from_be_bytes(*length) as usize,
            None => 4,
        };
        if wanted > MESSAGE_BYTES_MAX {
            return Err(NOT_A_MESSAGE);
        }
        let (more, rest) = data.split_at((wanted - waiting.len()).min(data.len()));
        waiting.extend_from_slice(more);
        if waiting.len() == wanted && wanted > 4 {
            let message = std::mem::take(waiting);
            self.session.message(at, Carrier::STREAM, &message[4..], out).map_err(|_| NOT_A_MESSAGE)?;
        }
        if self.waiting[side.index()] == [0; 4] {
            return Err(NOT_A_MESSAGE);
        }
        Ok(rest)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kerberos::log;
    use contract::{FlowInfo, Recorded, Transport};
    use model::{Addr, Uid, Value};
    use proptest::prelude::*;

    fn flow(transport: Transport) -> FlowInfo {
        let (orig, resp) = ((Addr::v4([10, 0, 0, 1]), 1024), (Addr::v4([10, 0, 0, 2]), 88));
        FlowInfo {
            uid: Uid::connection(&[b"krb"]),
            orig,
            resp,
            transport,
            start: Timestamp::default(),
            midstream: false,
            note: Box::default(),
        }
    }

    fn tlv(tag: u8, parts: &[&[u8]]) -> Vec<u8> {
        let content = parts.concat();
        let mut bytes = vec![tag];
        if content.len() < 0x80 {
            bytes.push(content.len() as u8);
        } else {
            bytes.extend([0x82, (content.len() >> 8) as u8, content.len() as u8]);
        }
        bytes.extend(content);
        bytes
    }

    fn number(tag: u8, n: u8) -> Vec<u8> {
        tlv(tag, &[&[2, 1, n]])
    }

    fn name(tag: u8, parts: &[&str]) -> Vec<u8> {
        let parts: Vec<u8> = parts.iter().flat_map(|part| tlv(0x1b, &[part.as_bytes()])).collect();
        tlv(tag, &[&tlv(0x30, &[&number(0xa0, 1), &tlv(0xa1, &[&tlv(0x30, &[&parts])])])])
    }

    fn text(tag: u8, kind: u8, text: &str) -> Vec<u8> {
        tlv(tag, &[&tlv(kind, &[text.as_bytes()])])
    }

    fn as_request() -> Vec<u8> {
        let options = tlv(0xa0, &[&[3, 5, 0, 0x40, 0x80, 0, 0]]);
        let body = tlv(
            0xa4,
            &[&tlv(
                0x30,
                &[
                    &options,
                    &name(0xa1, &["ann"]),
                    &text(0xa2, 0x1b, "EX.ORG"),
                    &name(0xa3, &["krbtgt", "EX.ORG"]),
                    &text(0xa5, 0x18, "20370913024805Z"),
                ],
            )],
        );
        tlv(0x6a, &[&tlv(0x30, &[&number(0xa1, 5), &number(0xa2, 10), &body])])
    }

    fn as_reply() -> Vec<u8> {
        let secret = tlv(0xa3, &[&tlv(0x30, &[&number(0xa0, 18), &tlv(0xa2, &[&tlv(4, &[&[9; 200]])])])]);
        let ticket = tlv(
            0xa5,
            &[&tlv(0x61, &[&tlv(0x30, &[&number(0xa0, 5), &text(0xa1, 0x1b, "EX.ORG"), &name(0xa2, &["krbtgt", "EX.ORG"]), &secret])])],
        );
        tlv(0x6b, &[&tlv(0x30, &[&number(0xa0, 5), &number(0xa1, 11), &text(0xa3, 0x1b, "EX.ORG"), &name(0xa4, &["ann"]), &ticket])])
    }

    fn error(code: u8, e_text: &str) -> Vec<u8> {
        tlv(0x7e, &[&tlv(0x30, &[&number(0xa0, 5), &number(0xa1, 30), &number(0xa6, code), &text(0xab, 0x1b, e_text)])])
    }

    fn over_udp(messages: &[(Side, Vec<u8>)]) -> Recorded {
        let mut out = Recorded::new(flow(Transport::Udp));
        let mut analyzer = Udp::default();
        for (side, message) in messages {
            let _ = analyzer.feed(Timestamp::from_secs(1), *side, Chunk::Data(message), &mut out);
        }
        analyzer.close(Timestamp::from_secs(2), &mut out);
        out
    }

    #[test]
    fn a_ticket_is_granted() {
        let out = over_udp(&[(Side::Orig, as_request()), (Side::Resp, as_reply())]);
        assert_eq!((out.services.as_slice(), out.events.len()), (&["krb"][..], 1));
        let row = &out.events[0];
        assert_eq!(row.get(log::CLIENT).as_bytes(), Some(&b"ann/EX.ORG"[..]));
        assert_eq!(row.get(log::SERVICE).as_bytes(), Some(&b"krbtgt/EX.ORG"[..]));
        assert_eq!((row.get(log::CIPHER), row.get(log::SUCCESS)), (&Value::Static("aes256-cts-hmac-sha1-96"), &Value::Bool(true)));
        assert_eq!((row.get(log::FORWARDABLE), row.get(log::RENEWABLE)), (&Value::Bool(true), &Value::Bool(true)));
    }

    #[test]
    fn being_asked_for_a_password_is_no_refusal() {
        let out = over_udp(&[(Side::Orig, as_request()), (Side::Resp, error(25, "NEEDED_PREAUTH"))]);
        assert!(out.events.is_empty());
        let out = over_udp(&[(Side::Orig, as_request()), (Side::Resp, error(6, "CLIENT_NOT_FOUND"))]);
        assert_eq!(out.events[0].get(log::ERROR_MSG).as_bytes(), Some(&b"CLIENT_NOT_FOUND"[..]));
    }

    #[test]
    fn a_hole_ends_the_reading() {
        let mut out = Recorded::new(flow(Transport::Tcp));
        let mut analyzer = Tcp::default();
        assert_eq!(analyzer.feed(Timestamp::default(), Side::Orig, Chunk::Data(&[0, 0, 1]), &mut out), Ok(Next::Continue));
        assert_eq!(analyzer.feed(Timestamp::default(), Side::Orig, Chunk::Gap(7), &mut out), Ok(Next::Done));
        assert!(Tcp::default().feed(Timestamp::default(), Side::Orig, Chunk::Data(b"GET / HTTP"), &mut out).is_err());
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(24))]

        #[test]
        fn any_split_reads_the_same(cuts in prop::collection::vec(1usize..60, 1..12)) {
            let mut stream = Vec::new();
            for message in [as_request(), as_request()] {
                stream.extend((message.len() as u32).to_be_bytes());
                stream.extend(message);
            }
            let read = |cuts: &mut dyn Iterator<Item = usize>| {
                let mut out = Recorded::new(flow(Transport::Tcp));
                let mut analyzer = Tcp::default();
                let mut left = &stream[..];
                while !left.is_empty() {
                    let (now, later) = left.split_at(cuts.next().unwrap_or(usize::MAX).min(left.len()));
                    analyzer.feed(Timestamp::from_secs(1), Side::Orig, Chunk::Data(now), &mut out).expect("messages");
                    left = later;
                }
                analyzer.close(Timestamp::from_secs(1), &mut out);
                out.events
            };
            prop_assert_eq!(read(&mut cuts.iter().copied().cycle()), read(&mut std::iter::empty()));
        }

        #[test]
        fn any_bytes_are_survived(bytes in prop::collection::vec(any::<u8>(), 0..200), start in prop::sample::select(vec![0x6au8, 0x6b, 0x6e, 0x7e])) {
            let mut message = vec![start, bytes.len() as u8 & 0x7f, 0x30, 0x7f];
            message.extend(bytes);
            over_udp(&[(Side::Orig, message)]);
        }
    }
}
