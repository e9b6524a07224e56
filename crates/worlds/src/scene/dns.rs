//! DNS messages (RFC 1035).

use crate::stage::REMEMBERED_SECS;
use model::Addr;

/// What is asked.
pub(crate) struct Question<'a> {
    pub(crate) name: &'a str,
    pub(crate) kind: u16,
}

/// What is answered.
#[derive(Clone, Debug)]
pub(crate) enum Answer {
    /// An address.
    Address(Addr),
    /// The name stands for another one, which has this address.
    Alias(&'static str, Addr),
    /// The mail server.
    Mail(&'static str),
    /// Records as they come: the name that each belongs to (none for that of the question), its type, how long it may be
    /// remembered in seconds, and its data.
    Records(Vec<Record>),
}

/// A record of an answer.
#[derive(Clone, Debug)]
pub(crate) struct Record {
    pub(crate) owner: Option<String>,
    pub(crate) kind: u16,
    pub(crate) ttl: u32,
    pub(crate) data: Vec<u8>,
}

impl Record {
    /// An address of the name that was asked for.
    pub(crate) fn address(ttl: u32, addr: Addr) -> Self {
        Self { owner: None, kind: if addr.is_v4() { A } else { AAAA }, ttl, data: addr.as_slice().to_vec() }
    }

    /// The name that was asked for is another one's.
    pub(crate) fn alias(ttl: u32, target: &str) -> Self {
        Self { owner: None, kind: CNAME, ttl, data: name(target) }
    }

    /// Where mail for a domain goes.
    pub(crate) fn mail(ttl: u32, server: &str) -> Self {
        Self { owner: None, kind: MX, ttl, data: [&[0, 10][..], &name(server)].concat() }
    }

    /// Text, in pieces of at most 255 bytes.
    pub(crate) fn text(ttl: u32, text: &[u8]) -> Self {
        let data = text.chunks(255).flat_map(|chunk| [&[chunk.len() as u8][..], chunk].concat()).collect();
        Self { owner: None, kind: TXT, ttl, data }
    }

    /// For another name than the one that was asked for.
    pub(crate) fn of(self, owner: &str) -> Self {
        Self { owner: Some(owner.to_owned()), ..self }
    }
}

/// Types of records, by their numbers.
pub(crate) const A: u16 = 1;
pub(crate) const NS: u16 = 2;
pub(crate) const CNAME: u16 = 5;
pub(crate) const SOA: u16 = 6;
pub(crate) const NULL: u16 = 10;
pub(crate) const MX: u16 = 15;
pub(crate) const TXT: u16 = 16;
pub(crate) const AAAA: u16 = 28;
pub(crate) const AXFR: u16 = 252;

/// Flags of a question: recursion is wanted, or not.
pub(crate) const WANTED: [u8; 2] = [0x01, 0];
pub(crate) const UNWANTED: [u8; 2] = [0, 0];

/// Internet class.
const IN: [u8; 2] = [0, 1];
/// Where the question's name stands in every message.
const QUESTION_NAME: [u8; 2] = [0xc0, 12];

impl Answer {
    pub(crate) fn kind(&self) -> u16 {
        match self {
            Self::Address(_) | Self::Alias(..) => 1,
            Self::Mail(_) => 15,
            Self::Records(records) => match records.last() {
                Some(record) => record.kind,
                None => A,
            },
        }
    }

    /// Its records and how many.
    fn records(&self) -> (u16, Vec<u8>) {
        match self {
            Self::Address(addr) => (1, record(&QUESTION_NAME, 1, addr.as_slice())),
            Self::Alias(canonical, addr) => {
                let canonical = name(canonical);
                (2, [record(&QUESTION_NAME, 5, &canonical), record(&canonical, 1, addr.as_slice())].concat())
            }
            Self::Mail(server) => (1, record(&QUESTION_NAME, 15, &[&[0, 10][..], &name(server)].concat())),
            Self::Records(records) => {
                let bytes = records.iter().flat_map(|record| {
                    let owner = record.owner.as_deref().map_or_else(|| QUESTION_NAME.to_vec(), name);
                    lasting(&owner, record.kind, record.ttl, &record.data)
                });
                (records.len() as u16, bytes.collect())
            }
        }
    }
}

impl Question<'_> {
    /// The message that asks.
    pub(crate) fn query(&self, id: u16) -> Vec<u8> {
        self.message(id, [0x01, 0x00], 0, &[])
    }

    /// The reply; without an answer the name does not exist.
    pub(crate) fn reply(&self, id: u16, answer: Option<&Answer>) -> Vec<u8> {
        match answer {
            Some(answer) => {
                let (count, records) = answer.records();
                self.message(id, [0x81, 0x80], count, &records)
            }
            None => self.message(id, [0x81, 0x83], 0, &[]),
        }
    }

    /// A question or a reply with flags of one's own; the response code is in the last four bits.
    pub(crate) fn flagged(&self, id: u16, flags: [u8; 2], answer: Option<&Answer>) -> Vec<u8> {
        let (count, records) = answer.map_or((0, Vec::new()), Answer::records);
        self.message(id, flags, count, &records)
    }

    fn message(&self, id: u16, flags: [u8; 2], answers: u16, records: &[u8]) -> Vec<u8> {
        let header = [&id.to_be_bytes()[..], &flags, &[0, 1], &answers.to_be_bytes(), &[0; 4]].concat();
        [&header[..], &name(self.name), &self.kind.to_be_bytes(), &IN, records].concat()
    }
}

/// A name as messages write it.
pub(crate) fn name(text: &str) -> Vec<u8> {
    let mut bytes = Vec::new();
    for label in text.split('.').filter(|label| !label.is_empty()) {
        bytes.push(label.len() as u8);
        bytes.extend(label.as_bytes());
    }
    bytes.push(0);
    bytes
}

fn record(owner: &[u8], kind: u16, data: &[u8]) -> Vec<u8> {
    lasting(owner, kind, REMEMBERED_SECS, data)
}

fn lasting(owner: &[u8], kind: u16, ttl: u32, data: &[u8]) -> Vec<u8> {
    [owner, &kind.to_be_bytes(), &IN, &ttl.to_be_bytes(), &(data.len() as u16).to_be_bytes(), data].concat()
}
