//! DNS messages (RFC 1035 section 4): header, names with compression, and the walk over questions and records.
//!
//! ```text
//!  0  1  2  3  4  5  6  7  8  9  A  B  C  D  E  F
//! +--+--+--+--+--+--+--+--+--+--+--+--+--+--+--+--+
//! |                      ID                       |
//! |QR|   Opcode  |AA|TC|RD|RA|   Z    |   RCODE   |
//! |                    QDCOUNT                    |
//! |                    ANCOUNT                    |
//! |                    NSCOUNT                    |
//! |                    ARCOUNT                    |
//! +--+--+--+--+--+--+--+--+--+--+--+--+--+--+--+--+
//! ```
//!
//! The walk stops behind the answers: authority and additional records are not part of the log, and Zeek's default is to
//! leave them alone. In dynamic updates (RFC 2136) the answers are prerequisites and the authorities are the updates, so
//! there both are read.

use super::record::{self, Data};

/// Bytes of a header.
pub const HEADER_BYTES: usize = 12;

/// A message's header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Header {
    /// The transaction's number.
    pub id: u16,
    /// All flags and codes.
    pub flags: u16,
    /// How many questions, answers, authority and additional records are announced.
    pub counts: [u16; 4],
}

impl Header {
    /// The header of a message; `None` where the message is too short for one.
    pub fn parse(message: &[u8]) -> Option<Self> {
        let head: &[u8; HEADER_BYTES] = message.first_chunk()?;
        let word = |at: usize| u16::from_be_bytes([head[at], head[at + 1]]);
        Some(Self { id: word(0), flags: word(2), counts: [word(4), word(6), word(8), word(10)] })
    }

    /// Whether this is a response.
    pub const fn response(self) -> bool {
        self.flags & 0x8000 != 0
    }
    /// The operation, four bits.
    pub const fn opcode(self) -> u8 {
        (self.flags >> 11) as u8 & 0xf
    }
    /// Authoritative answer.
    pub const fn aa(self) -> bool {
        self.flags & 0x0400 != 0
    }
    /// Truncated.
    pub const fn tc(self) -> bool {
        self.flags & 0x0200 != 0
    }
    /// Recursion desired.
    pub const fn rd(self) -> bool {
        self.flags & 0x0100 != 0
    }
    /// Recursion available.
    pub const fn ra(self) -> bool {
        self.flags & 0x0080 != 0
    }
    /// The reserved bits, of which DNSSEC uses two.
    pub const fn z(self) -> u8 {
        (self.flags >> 4) as u8 & 0x7
    }
    /// The response code, four bits.
    pub const fn rcode(self) -> u8 {
        self.flags as u8 & 0xf
    }
}

/// The operation of a standard query.
pub const OP_QUERY: u8 = 0;
/// The operation by which a primary server announces a change (RFC 1996).
pub const OP_NOTIFY: u8 = 4;
/// The operation of a dynamic update (RFC 2136); for NetBIOS, of a registration.
pub const OP_UPDATE: u8 = 5;

/// What a record is part of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Section {
    /// The answers.
    Answer,
    /// The conditions of a dynamic update.
    Prerequisite,
    /// The changes of a dynamic update.
    Update,
}

/// A record without its data.
#[derive(Clone, Copy, Debug)]
pub struct Record<'a> {
    /// What it is part of.
    pub section: Section,
    /// Whose record it is, in lower case.
    pub name: &'a [u8],
    /// Its type.
    pub rtype: u16,
    /// Its class.
    pub class: u16,
    /// For how many seconds it may be cached.
    pub ttl: u32,
}

/// What reads along while a message is walked.
pub trait Visitor {
    /// Something breaks the rules.
    fn weird(&mut self, name: &'static str, addl: &str);
    /// A question, its name in lower case.
    fn question(&mut self, name: &[u8], qtype: u16, qclass: u16);
    /// A record.
    fn record(&mut self, record: &Record<'_>, data: Data<'_>);
}

/// The walk failed: the rest of the message makes no sense. A weird has said why, where there is one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Broken;

/// How many pointers may lead to pointers within one name. Real names use one or two; without a limit a message of
/// pointers costs quadratic time.
const POINTERS_MAX: u32 = 64;

/// Room for a name that is put together, in bytes. RFC 1035 allows 255, but longer ones are worth seeing.
const NAME_BYTES_MAX: usize = 512;

/// From this length on a name is reported as too long (RFC 1035 section 2.3.4).
const NAME_BYTES_LEGAL: usize = 255;

/// Longest label (RFC 1035 section 2.3.4).
const LABEL_BYTES_LEGAL: usize = 63;

/// A name put together from its labels, with dots between them and none at its end.
#[derive(Debug)]
pub struct Name {
    bytes: [u8; NAME_BYTES_MAX],
    len: usize,
}

impl Default for Name {
    fn default() -> Self {
        Self { bytes: [0; NAME_BYTES_MAX], len: 0 }
    }
}

impl Name {
    /// The text.
    pub fn as_bytes(&self) -> &[u8] {
        &self.bytes[..self.len]
    }
}

/// A place in a message.
#[derive(Clone, Copy, Debug)]
pub struct Cursor<'a> {
    /// The whole message, into which pointers point.
    pub message: &'a [u8],
    /// The next byte.
    pub at: usize,
    /// Where the readable part ends.
    pub end: usize,
    /// Whether this is the NetBIOS name service, which allows long labels.
    pub netbios: bool,
}

impl<'a> Cursor<'a> {
    /// Bytes that are left.
    pub const fn left(&self) -> usize {
        self.end - self.at
    }

    /// A 16-bit number; 0, without moving, where there is none: short messages read as zeros, as in Zeek.
    pub fn u16(&mut self) -> u16 {
        if self.left() < 2 {
            return 0;
        }
        let value = u16::from_be_bytes([self.message[self.at], self.message[self.at + 1]]);
        self.at += 2;
        value
    }

    /// A 32-bit number; 0, without moving, where there is none.
    pub fn u32(&mut self) -> u32 {
        if self.left() < 4 {
            return 0;
        }
        (u32::from(self.u16()) << 16) | u32::from(self.u16())
    }

    /// The next `bytes` bytes, or as many as there are.
    pub fn take(&mut self, bytes: usize) -> &'a [u8] {
        let bytes = bytes.min(self.left());
        let taken = &self.message[self.at..self.at + bytes];
        self.at += bytes;
        taken
    }

    /// A name, put into `name`.
    ///
    /// # Errors
    /// Where the name is not a name; a weird has said why.
    pub fn name(&mut self, name: &mut Name, visitor: &mut dyn Visitor) -> Result<(), Broken> {
        name.len = 0;
        self.labels(name, POINTERS_MAX, visitor)?;
        Ok(())
    }

    /// The same, in lower case.
    ///
    /// # Errors
    /// As for `name`.
    pub fn lower_name(&mut self, name: &mut Name, visitor: &mut dyn Visitor) -> Result<(), Broken> {
        self.name(name, visitor)?;
        let len = name.len;
        name.bytes[..len].make_ascii_lowercase();
        Ok(())
    }

    fn labels(&mut self, name: &mut Name, pointers_left: u32, visitor: &mut dyn Visitor) -> Result<(), Broken> {
        let start = name.len;
        while self.label(name, pointers_left, visitor)? {}
        let bytes = name.len - start;
        if bytes >= NAME_BYTES_LEGAL {
            visitor.weird("DNS_NAME_too_long", "");
        }
        if bytes >= 2 && name.bytes[name.len - 1] == b'.' {
            name.len -= 1;
        }
        Ok(())
    }

    /// Reads one label; false where the name ends.
    fn label(&mut self, name: &mut Name, pointers_left: u32, visitor: &mut dyn Visitor) -> Result<bool, Broken> {
        let label_at = self.at;
        if self.left() == 0 {
            visitor.weird("dns_invalid_name", "");
            return Err(Broken);
        }
        let first = self.message[self.at];
        self.at += 1;
        if first == 0 {
            return Ok(false);
        }
        if first & 0xc0 == 0xc0 {
            self.pointer(first, label_at, name, pointers_left, visitor)?;
            return Ok(false);
        }
        let bytes = usize::from(first);
        let room = NAME_BYTES_MAX - name.len;
        let fault = if bytes > self.left() {
            self.at = self.end;
            "DNS_label_len_gt_pkt"
        } else if bytes > LABEL_BYTES_LEGAL && !self.netbios {
            "DNS_label_too_long"
        } else if bytes >= room {
            "DNS_label_len_gt_name_len"
        } else {
            name.bytes[name.len..name.len + bytes].copy_from_slice(&self.message[self.at..self.at + bytes]);
            name.bytes[name.len + bytes] = b'.';
            name.len += bytes + 1;
            self.at += bytes;
            return Ok(true);
        };
        visitor.weird(fault, "");
        Err(Broken)
    }

    fn pointer(
        &mut self,
        first: u8,
        label_at: usize,
        name: &mut Name,
        pointers_left: u32,
        visitor: &mut dyn Visitor,
    ) -> Result<(), Broken> {
        let Some(&[low]) = self.take(1).first_chunk() else {
            visitor.weird("dns_invalid_name", "");
            return Err(Broken);
        };
        let target = usize::from(first & 0x3f) << 8 | usize::from(low);
        if target >= label_at {
            visitor.weird("DNS_label_forward_compress_offset", "");
            return Err(Broken);
        }
        let Some(pointers_left) = pointers_left.checked_sub(1) else {
            visitor.weird("dns_invalid_name", "");
            return Err(Broken);
        };
        let mut earlier = Cursor { at: target, end: label_at, ..*self };
        earlier.labels(name, pointers_left, visitor)
    }
}

/// Walks a message that has this header.
///
/// # Errors
/// Where the walk cannot go on.
pub fn walk(header: Header, message: &[u8], netbios: bool, visitor: &mut dyn Visitor) -> Result<(), Broken> {
    let update = header.opcode() == OP_UPDATE && !netbios;
    let mut cursor = Cursor { message, at: HEADER_BYTES.min(message.len()), end: message.len(), netbios };
    let [questions, answers, authorities, _] = header.counts;
    for _ in 0..questions {
        question(&mut cursor, update, visitor)?;
    }
    let section = if update { Section::Prerequisite } else { Section::Answer };
    for _ in 0..answers {
        one_record(&mut cursor, section, visitor)?;
    }
    for _ in 0..if update { authorities } else { 0 } {
        one_record(&mut cursor, Section::Update, visitor)?;
    }
    Ok(())
}

fn question(cursor: &mut Cursor<'_>, zone: bool, visitor: &mut dyn Visitor) -> Result<(), Broken> {
    let mut name = Name::default();
    cursor.lower_name(&mut name, visitor)?;
    if cursor.left() < 4 {
        visitor.weird("DNS_truncated_quest_too_short", "");
        return Err(Broken);
    }
    let (qtype, qclass) = (cursor.u16(), cursor.u16());
    if !zone {
        visitor.question(name.as_bytes(), qtype, qclass);
    }
    Ok(())
}

/// The class of a deletion of one record, and of the condition that something is absent (RFC 2136 section 2.4).
pub const CLASS_NONE: u16 = 254;
/// The class of a deletion of all records, and of the condition that something exists.
pub const CLASS_ANY: u16 = 255;

fn one_record(cursor: &mut Cursor<'_>, section: Section, visitor: &mut dyn Visitor) -> Result<(), Broken> {
    let mut name = Name::default();
    cursor.lower_name(&mut name, visitor)?;
    if cursor.left() < 4 {
        visitor.weird("DNS_truncated_ans_too_short", "");
        return Err(Broken);
    }
    let (rtype, class) = (cursor.u16(), cursor.u16());
    let ttl = cursor.u32();
    let rdlength = usize::from(cursor.u16());
    if rdlength > cursor.left() {
        visitor.weird("DNS_truncated_RR_rdlength_lt_len", "");
        return Err(Broken);
    }
    let record = Record { section, name: name.as_bytes(), rtype, class, ttl };
    let deletes = section == Section::Update && matches!(class, CLASS_NONE | CLASS_ANY);
    if section == Section::Prerequisite || deletes {
        cursor.take(rdlength);
        visitor.record(&record, if deletes { Data::Deletion } else { Data::Condition });
        return Ok(());
    }
    if rdlength == 0 && cursor.left() > 0 {
        visitor.weird("DNS_zero_rdlength", "");
        return Err(Broken);
    }
    record::read(cursor, &record, rdlength, visitor)
}
