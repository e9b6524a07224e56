//! One flow of DNS: datagrams, or messages behind their lengths in a TCP stream.

use super::codec::{self, Header, OP_NOTIFY, OP_QUERY, OP_UPDATE, Record, Visitor};
use super::log;
use super::record::{self, Data};
use super::session::Sessions;
use super::{names, netbios};
use contract::{Analyzer, Chunk, Emit, FlowInfo, Next, Side, Transport, Violation};
use model::{Timestamp, Value};

/// The port of the NetBIOS name service, whose messages differ in a few points.
const NETBIOS_PORT: u16 = 137;

/// More questions than this are taken as a sign of something else on DNS's port. Zeek's `dns_max_queries`.
const QUESTIONS_MAX: u16 = 25;

/// How many answers of one exchange are kept. A zone transfer over TCP has no end; a message of 64 KiB has at most 5,400.
const ANSWERS_MAX: usize = 20_000;

/// The weird and the violation for too many questions.
const TOO_MANY_QUESTIONS: &str = "DNS_Conn_count_too_large";

/// The state of one flow.
#[derive(Debug, Default)]
pub(super) struct Dns {
    sessions: Sessions,
    streams: [Stream; 2],
    seen_a_message: bool,
}

impl Analyzer for Dns {
    fn feed(&mut self, at: Timestamp, side: Side, chunk: Chunk<'_>, out: &mut dyn Emit) -> Result<Next, Violation> {
        let tcp = out.flow().transport == Transport::Tcp;
        match chunk {
            Chunk::Data(datagram) if !tcp => self.message(at, Some(side), datagram, out)?,
            Chunk::Data(bytes) => self.stream(at, side, bytes, out)?,
            Chunk::Gap(bytes) => self.streams[side.index()].gap(bytes),
            Chunk::End => self.ended(at, side, out)?,
        }
        Ok(Next::Continue)
    }

    fn close(&mut self, _at: Timestamp, out: &mut dyn Emit) {
        self.sessions.close(out);
    }

    fn held_bytes(&self) -> usize {
        self.sessions.held_bytes() + self.streams.iter().map(|stream| stream.buffer.capacity()).sum::<usize>()
    }
}

impl Dns {
    fn stream(&mut self, at: Timestamp, side: Side, mut bytes: &[u8], out: &mut dyn Emit) -> Result<(), Violation> {
        while !bytes.is_empty() {
            let stream = &mut self.streams[side.index()];
            stream.skip_some(&mut bytes);
            match stream.next(&mut bytes) {
                Framed::Whole(message) => self.message(at, Some(side), message, out)?,
                Framed::Buffered(message) => {
                    let result = self.message(at, Some(side), &message, out);
                    self.streams[side.index()].give_back(message);
                    result?;
                }
                Framed::Incomplete => {}
            }
        }
        Ok(())
    }

    /// When both sides are done, messages that stayed incomplete are read as far as they came.
    fn ended(&mut self, at: Timestamp, side: Side, out: &mut dyn Emit) -> Result<(), Violation> {
        self.streams[side.index()].ended = true;
        if !self.streams.iter().all(|stream| stream.ended) {
            return Ok(());
        }
        for side in Side::BOTH {
            let rest = self.streams[side.index()].rest();
            if !rest.is_empty() {
                self.message(at, None, &rest, out)?;
            }
        }
        Ok(())
    }

    /// Reads one message. `side` is unknown for what was left of a stream.
    fn message(&mut self, at: Timestamp, side: Option<Side>, message: &[u8], out: &mut dyn Emit) -> Result<(), Violation> {
        let Some(header) = Header::parse(message) else {
            out.weird("DNS_truncated_len_lt_hdr_len", "", "DNS");
            return Ok(());
        };
        let multicast = to_multicast(out.flow());
        let netbios = out.flow().resp.1 == NETBIOS_PORT;
        let tracked = matches!(header.opcode(), OP_QUERY | OP_NOTIFY | OP_UPDATE);
        if !tracked && !netbios {
            out.limit_reached("DNS_unknown_opcode", &header.opcode().to_string(), "DNS");
            return Ok(());
        }
        if !self.seen_a_message && header.response() && side == Some(Side::Orig) && !multicast {
            out.flip();
            self.streams.swap(0, 1);
        }
        self.seen_a_message = true;
        if tracked {
            self.begin(at, header, netbios, multicast, out);
        }
        let questions = header.counts[0];
        if questions > QUESTIONS_MAX {
            out.limit_reached(TOO_MANY_QUESTIONS, &format!("{questions} > {QUESTIONS_MAX}"), "DNS");
            self.sessions.end(header.response(), out);
            return Err(Violation::new(TOO_MANY_QUESTIONS));
        }
        let netbios = out.flow().resp.1 == NETBIOS_PORT;
        let walked = codec::walk(header, message, netbios, &mut Reader { at, header, netbios, tracked, sessions: &mut self.sessions, out });
        if walked.is_ok() {
            out.confirm("dns");
        }
        self.sessions.end(header.response(), out);
        Ok(())
    }

    fn begin(&mut self, at: Timestamp, header: Header, netbios: bool, multicast: bool, out: &mut dyn Emit) {
        let Some(exchange) = self.sessions.begin(at, header.id, header.response(), multicast, out) else { return };
        let row = &mut exchange.row;
        if header.response() {
            row.set(log::RCODE, header.rcode());
            row.set(log::RCODE_NAME, names::rcode(header.rcode()));
            if header.rcode() != 0 && header.counts[0] == 0 {
                row.set(log::REJECTED, true);
            }
        }
        row.set(log::OPCODE, header.opcode());
        row.set(log::OPCODE_NAME, names::opcode(header.opcode(), netbios));
    }
}

fn to_multicast(flow: &FlowInfo) -> bool {
    let addr = flow.resp.0;
    match addr.as_slice() {
        [first, _, _, _] => (224..240).contains(first),
        bytes => bytes.first() == Some(&0xff),
    }
}

/// Puts what a message says into its exchange.
struct Reader<'a> {
    at: Timestamp,
    header: Header,
    netbios: bool,
    tracked: bool,
    sessions: &'a mut Sessions,
    out: &'a mut dyn Emit,
}

impl Visitor for Reader<'_> {
    fn weird(&mut self, name: &'static str, addl: &str) {
        self.out.weird(name, addl, "DNS");
    }

    fn question(&mut self, name: &[u8], qtype: u16, qclass: u16) {
        let header = self.header;
        if header.response() {
            // Nothing follows the questions: the server has nothing to say.
            if header.counts[1..] == [0, 0, 0]
                && let Some(exchange) = self.sessions.current()
            {
                exchange.row.set(log::REJECTED, true);
            }
            return;
        }
        self.out.inspect("dns.query", name);
        if !self.tracked {
            return;
        }
        let Some(exchange) = self.sessions.current() else { return };
        let row = &mut exchange.row;
        row.set(log::RD, header.rd());
        row.set(log::TC, header.tc());
        row.set(log::QCLASS, qclass);
        row.set(log::QCLASS_NAME, names::qclass(qclass));
        row.set(log::QTYPE, qtype);
        row.set(log::QTYPE_NAME, names::qtype(qtype));
        row.set(log::Z, header.z());
        let decoded = if self.netbios { netbios::decode(name) } else { None };
        row.set(log::QUERY, decoded.map_or_else(|| Value::from(name), Value::from));
        /// The number that NetBIOS's node status shares with SRV.
        const NODE_STATUS: u16 = 33;
        if self.netbios && qtype == NODE_STATUS {
            row.set(log::QTYPE_NAME, "NBSTAT");
        }
    }

    fn record(&mut self, record: &Record<'_>, data: Data<'_>) {
        if !self.tracked || !self.header.response() {
            return;
        }
        let Some(exchange) = self.sessions.current() else { return };
        let row = &mut exchange.row;
        if row.get(log::QUERY).is_unset() {
            row.set(log::QUERY, record.name);
        }
        row.set(log::AA, self.header.aa());
        row.set(log::RA, self.header.ra());
        let rtt = self.at.since(row.ts());
        if row.get(log::RTT).is_unset() && rtt.nanos() != 0 {
            row.set(log::RTT, rtt);
        }
        if exchange.answer_count() >= ANSWERS_MAX {
            return;
        }
        let update = self.header.opcode() == OP_UPDATE && !self.netbios;
        let text = record::write(record, data, update);
        if !text.is_empty() {
            exchange.push_answer(text, record.ttl);
        }
    }
}

/// One side of a TCP stream, cut into messages (RFC 1035 section 4.2.2: each behind its length in two bytes).
#[derive(Debug, Default)]
struct Stream {
    /// The length and the message that are not yet complete. At most 64 KiB and 2 bytes, for that is what a length can say.
    buffer: Vec<u8>,
    /// So many bytes still belong to a message of which a part is missing.
    skip: usize,
    ended: bool,
}

/// The next message of a stream.
enum Framed<'a> {
    /// It lies in the bytes at hand.
    Whole(&'a [u8]),
    /// It was put together.
    Buffered(Vec<u8>),
    /// It hasn't come yet.
    Incomplete,
}

/// Bytes of a length.
const LENGTH_BYTES: usize = 2;

impl Stream {
    fn next<'a>(&mut self, bytes: &mut &'a [u8]) -> Framed<'a> {
        if self.buffer.is_empty()
            && let [high, low, rest @ ..] = *bytes
            && let Some((message, rest)) = rest.split_at_checked(usize::from(u16::from_be_bytes([*high, *low])))
        {
            *bytes = rest;
            return Framed::Whole(message);
        }
        while self.buffer.len() < LENGTH_BYTES
            && let [byte, rest @ ..] = *bytes
        {
            self.buffer.push(*byte);
            *bytes = rest;
        }
        let Some(wanted) = self.wanted() else { return Framed::Incomplete };
        let (part, rest) = bytes.split_at(wanted.min(bytes.len()));
        self.buffer.extend_from_slice(part);
        *bytes = rest;
        if part.len() < wanted {
            return Framed::Incomplete;
        }
        let mut message = std::mem::take(&mut self.buffer);
        message.drain(..LENGTH_BYTES);
        Framed::Buffered(message)
    }

    /// How many bytes the message under way still needs; `None` where its length isn't known yet.
    fn wanted(&self) -> Option<usize> {
        let &[high, low] = self.buffer.first_chunk()?;
        Some(usize::from(u16::from_be_bytes([high, low])) + LENGTH_BYTES - self.buffer.len())
    }

    fn give_back(&mut self, mut message: Vec<u8>) {
        if self.buffer.is_empty() {
            message.clear();
            self.buffer = message;
        }
    }

    /// A gap costs the message that it tears. Behind a longer one a message begins, as a rule: whole segments get lost, and
    /// they hold whole messages.
    fn gap(&mut self, bytes: u64) {
        let wanted = self.wanted().unwrap_or(self.skip) as u64;
        self.buffer.clear();
        self.skip = wanted.saturating_sub(bytes) as usize;
    }

    fn skip_some(&mut self, bytes: &mut &[u8]) {
        let skipped = self.skip.min(bytes.len());
        self.skip -= skipped;
        *bytes = &bytes[skipped..];
    }

    fn rest(&mut self) -> Vec<u8> {
        let rest = std::mem::take(&mut self.buffer);
        rest.get(LENGTH_BYTES..).map(<[u8]>::to_vec).unwrap_or_default()
    }
}
