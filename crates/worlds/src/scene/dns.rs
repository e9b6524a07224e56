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
}

/// Internet class.
const IN: [u8; 2] = [0, 1];
/// Where the question's name stands in every message.
const QUESTION_NAME: [u8; 2] = [0xc0, 12];

impl Answer {
    pub(crate) const fn kind(&self) -> u16 {
        match self {
            Self::Address(_) | Self::Alias(..) => 1,
            Self::Mail(_) => 15,
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

    fn message(&self, id: u16, flags: [u8; 2], answers: u16, records: &[u8]) -> Vec<u8> {
        let header = [&id.to_be_bytes()[..], &flags, &[0, 1], &answers.to_be_bytes(), &[0; 4]].concat();
        [&header[..], &name(self.name), &self.kind.to_be_bytes(), &IN, records].concat()
    }
}

fn name(text: &str) -> Vec<u8> {
    let mut bytes = Vec::new();
    for label in text.split('.') {
        bytes.push(label.len() as u8);
        bytes.extend(label.as_bytes());
    }
    bytes.push(0);
    bytes
}

fn record(owner: &[u8], kind: u16, data: &[u8]) -> Vec<u8> {
    [owner, &kind.to_be_bytes(), &IN, &REMEMBERED_SECS.to_be_bytes(), &(data.len() as u16).to_be_bytes(), data].concat()
}
