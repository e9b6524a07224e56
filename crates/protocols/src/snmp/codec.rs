//! SNMP messages (versions 1: RFC 1157, 2c: RFC 1901 and 3416, 3: RFC 3412) in the subset of ASN.1 that they use.
//!
//! ```text
//! SEQUENCE { version INTEGER, community OCTET STRING, PDU }                                     versions 1 and 2c
//! SEQUENCE { version INTEGER, SEQUENCE { id, max size, flags, model }, security OCTET STRING,
//!            SEQUENCE { engine OCTET STRING, context OCTET STRING, PDU } or OCTET STRING }      version 3
//! PDU ::= [tag] { id INTEGER, status INTEGER, index INTEGER, SEQUENCE { SEQUENCE { name OID, value } … } }
//! ```
//!
//! As in Zeek, the lengths of sequences are not believed: what follows is read until the datagram ends.

use crate::bounds::Reader;
use contract::Violation;

/// A message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Message<'a> {
    /// The version as it is transmitted: 0, 1 or 3.
    pub version: i64,
    /// The community of versions 1 and 2c, or the user of version 3, unless the message is encrypted.
    pub community: Option<&'a [u8]>,
    /// What is transmitted; `None` where the version is not known.
    pub pdu: Option<Pdu<'a>>,
}

/// What is asked or told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pdu<'a> {
    /// Variables of this kind.
    Variables(Request, Bindings<'a>),
    /// Something else, or encrypted.
    Other,
}

/// The kinds of PDU that are counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Request {
    /// GetRequest or GetNextRequest.
    Get,
    /// GetBulkRequest.
    GetBulk,
    /// Response.
    Response,
    /// SetRequest.
    Set,
    /// Traps, informs and reports.
    Notice,
}

/// Variables with their values, known to be well-formed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bindings<'a> {
    bytes: &'a [u8],
    /// How many there are.
    pub count: u64,
}

/// A value with its tag.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Encoded<'a> {
    /// The tag.
    pub tag: u8,
    /// The content.
    pub content: &'a [u8],
}

const INTEGER: u8 = 0x02;
const OCTET_STRING: u8 = 0x04;
const OBJECT_IDENTIFIER: u8 = 0x06;
const SEQUENCE: u8 = 0x30;
const IP_ADDRESS: u8 = 0x40;
const TIME_TICKS: u8 = 0x43;

/// The widest integer: 64 bits without a sign need nine bytes.
const INTEGER_BYTES_MAX: usize = 9;

impl<'a> Message<'a> {
    /// Reads a datagram. `told` is called once the header is read, before the PDU.
    ///
    /// # Errors
    /// Where it is not SNMP or ends too early.
    pub fn parse(datagram: &'a [u8], told: &mut dyn FnMut()) -> Result<Self, Violation> {
        let mut reader = Reader::new(datagram);
        expect(meta(&mut reader)?.0, SEQUENCE)?;
        let version = number(integer(&mut reader)?);
        let mut message = Self { version, community: None, pdu: None };
        match version {
            0 | 1 => {
                message.community = Some(octets(&mut reader)?);
                told();
            }
            3 => {
                let (user, plain) = version_3(&mut reader)?;
                message.community = user;
                told();
                if !plain {
                    message.pdu = Some(Pdu::Other);
                    return Ok(message);
                }
            }
            _ => {
                told();
                return Ok(message);
            }
        }
        message.pdu = Some(pdu(&mut reader)?);
        Ok(message)
    }
}

/// Reads the header of version 3. Returns the user, and whether a readable PDU follows.
fn version_3<'a>(reader: &mut Reader<'a>) -> Result<(Option<&'a [u8]>, bool), Violation> {
    expect(meta(reader)?.0, SEQUENCE)?;
    integer(reader)?;
    integer(reader)?;
    let flags = octets(reader)?;
    integer(reader)?;
    if flags.len() != 1 {
        return Err(Violation::new("Invalid v3 HeaderData msgFlags"));
    }
    let user = user(octets(reader)?).filter(|user| !user.is_empty());
    if meta(reader)?.0 != SEQUENCE {
        return Ok((None, false));
    }
    octets(reader)?;
    octets(reader)?;
    Ok((user, true))
}

/// The user in the parameters of the user-based security model (RFC 3414 section 2.4): engine, its boots and its time, user.
fn user(parameters: &[u8]) -> Option<&[u8]> {
    let mut reader = Reader::new(parameters);
    expect(meta(&mut reader).ok()?.0, SEQUENCE).ok()?;
    octets(&mut reader).ok()?;
    integer(&mut reader).ok()?;
    integer(&mut reader).ok()?;
    octets(&mut reader).ok()
}

fn pdu<'a>(reader: &mut Reader<'a>) -> Result<Pdu<'a>, Violation> {
    let request = match meta(reader)?.0 {
        0xa0 | 0xa1 => Request::Get,
        0xa2 => Request::Response,
        0xa3 => Request::Set,
        0xa4 => {
            expect_encoded(reader, OBJECT_IDENTIFIER)?;
            expect_encoded(reader, IP_ADDRESS)?;
            integer(reader)?;
            integer(reader)?;
            expect_encoded(reader, TIME_TICKS)?;
            return Ok(Pdu::Variables(Request::Notice, bindings(reader)?));
        }
        0xa5 => Request::GetBulk,
        0xa6..=0xa8 => Request::Notice,
        _ => return Ok(Pdu::Other),
    };
    for _ in 0..3 {
        integer(reader)?;
    }
    Ok(Pdu::Variables(request, bindings(reader)?))
}

fn bindings<'a>(reader: &mut Reader<'a>) -> Result<Bindings<'a>, Violation> {
    expect(meta(reader)?.0, SEQUENCE)?;
    let bytes = reader.rest();
    let mut count = 0;
    while reader.left() > 0 {
        binding(reader)?;
        count += 1;
    }
    Ok(Bindings { bytes, count })
}

fn binding<'a>(reader: &mut Reader<'a>) -> Result<(&'a [u8], Encoded<'a>), Violation> {
    expect(meta(reader)?.0, SEQUENCE)?;
    let name = expect_encoded(reader, OBJECT_IDENTIFIER)?;
    Ok((name, encoded(reader)?))
}

impl<'a> Bindings<'a> {
    /// The variables' names, as encoded, with their values.
    pub fn iter(&self) -> impl Iterator<Item = (&'a [u8], Encoded<'a>)> + use<'a> {
        let mut reader = Reader::new(self.bytes);
        std::iter::from_fn(move || if reader.left() == 0 { None } else { binding(&mut reader).ok() })
    }
}

impl<'a> Encoded<'a> {
    /// The value of a counter, gauge or time.
    pub fn unsigned(&self) -> Option<u64> {
        matches!(self.tag, 0x41 | 0x42 | TIME_TICKS | 0x46).then(|| number(self.content).cast_unsigned())
    }

    /// The value where it is text, or of a type that isn't known.
    pub fn octets(&self) -> Option<&'a [u8]> {
        let known = matches!(self.tag, 0x05 | 0x80..=0x82 | OBJECT_IDENTIFIER | INTEGER | IP_ADDRESS..=TIME_TICKS | 0x46);
        (!known).then_some(self.content)
    }
}

/// Tag and length.
fn meta(reader: &mut Reader<'_>) -> Result<(u8, usize), Violation> {
    let tag = reader.u8("ASN1EncodingMeta:tag")?;
    let length = reader.u8("ASN1EncodingMeta:len")?;
    if length & 0x80 == 0 {
        return Ok((tag, usize::from(length)));
    }
    let more = reader.take(usize::from(length & 0x7f), "ASN1EncodingMeta:more_len")?;
    Ok((tag, usize::try_from(number(more)).unwrap_or(usize::MAX)))
}

fn encoded<'a>(reader: &mut Reader<'a>) -> Result<Encoded<'a>, Violation> {
    let (tag, bytes) = meta(reader)?;
    Ok(Encoded { tag, content: reader.take(bytes, "ASN1Encoding:content")? })
}

fn expect(tag: u8, wanted: u8) -> Result<(), Violation> {
    if tag == wanted {
        return Ok(());
    }
    Err(Violation { reason: format!("binpac exception: Got ASN.1 tag {tag}, expect {wanted}").into() })
}

fn expect_encoded<'a>(reader: &mut Reader<'a>, wanted: u8) -> Result<&'a [u8], Violation> {
    let value = encoded(reader)?;
    expect(value.tag, wanted)?;
    Ok(value.content)
}

fn octets<'a>(reader: &mut Reader<'a>) -> Result<&'a [u8], Violation> {
    expect_encoded(reader, OCTET_STRING)
}

fn integer<'a>(reader: &mut Reader<'a>) -> Result<&'a [u8], Violation> {
    let content = expect_encoded(reader, INTEGER)?;
    if content.len() > INTEGER_BYTES_MAX {
        return Err(Violation { reason: format!("binpac exception: ASN.1 integer width overflow: {}", content.len()).into() });
    }
    Ok(content)
}

/// The last eight bytes as a number, without extending a sign, as Zeek does it.
fn number(bytes: &[u8]) -> i64 {
    bytes.iter().fold(0u64, |value, byte| value << 8 | u64::from(*byte)).cast_signed()
}
