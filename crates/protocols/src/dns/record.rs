//! The data of resource records, as far as the log shows it, and how it is written there.
//!
//! Records are read as Zeek reads them, also where the announced length is wrong: names and addresses decide for
//! themselves how long they are, and a difference is reported.

use super::codec::{Broken, Cursor, Name, Record, Section, Visitor};
use super::names;
use model::Addr;

/// What a record says.
#[derive(Clone, Copy, Debug)]
pub enum Data<'a> {
    /// An address of type A, AAAA or A6.
    Address(Addr),
    /// A name: of NS, CNAME, PTR, MX, SRV, or the first of SOA.
    Name(&'a [u8]),
    /// The strings of TXT or SPF (the word comes first), each behind a byte with its length, all complete.
    Strings(&'static str, &'a [u8]),
    /// A record that is counted but says nothing in the log.
    Silent,
    /// Text that is ready.
    Text(&'a [u8]),
    /// The condition of an update.
    Condition,
    /// The deletion in an update.
    Deletion,
}

const A: u16 = 1;
const NS: u16 = 2;
const CNAME: u16 = 5;
const SOA: u16 = 6;
const WKS: u16 = 11;
const PTR: u16 = 12;
const HINFO: u16 = 13;
const MX: u16 = 15;
const TXT: u16 = 16;
const AAAA: u16 = 28;
const LOC: u16 = 29;
const NIMLOC: u16 = 32;
const SRV: u16 = 33;
const NAPTR: u16 = 35;
const A6: u16 = 38;
const OPT: u16 = 41;
const DS: u16 = 43;
const SSHFP: u16 = 44;
const RRSIG: u16 = 46;
const NSEC: u16 = 47;
const DNSKEY: u16 = 48;
const NSEC3: u16 = 50;
const NSEC3PARAM: u16 = 51;
const SVCB: u16 = 64;
const HTTPS: u16 = 65;
const SPF: u16 = 99;
const TKEY: u16 = 249;
const TSIG: u16 = 250;
const ANY: u16 = 255;
const CAA: u16 = 257;
const BIND_SIGNING: u16 = 65534;

/// Reads the data of a record and shows it to the visitor.
///
/// # Errors
/// Where what follows the record cannot be read any more.
pub fn read(cursor: &mut Cursor<'_>, record: &Record<'_>, rdlength: usize, visitor: &mut dyn Visitor) -> Result<(), Broken> {
    match record.rtype {
        A => address_v4(cursor, record, rdlength, visitor),
        AAAA | A6 => {
            let words = [cursor.u32(), cursor.u32(), cursor.u32(), cursor.u32()];
            visitor.record(record, Data::Address(Addr::v6(u128_of(words).to_be_bytes())));
            Ok(())
        }
        NS | CNAME | PTR | MX | SRV if !(record.rtype == SRV && cursor.netbios) => one_name(cursor, record, rdlength, visitor),
        // The node status of NetBIOS shares its number with SRV; neither it nor WKS is read, nor skipped, as in Zeek.
        SRV => Ok(()),
        WKS => {
            visitor.record(record, Data::Silent);
            Ok(())
        }
        SOA => start_of_authority(cursor, record, rdlength, visitor),
        TXT => strings(cursor, record, "TXT", rdlength, visitor),
        SPF => strings(cursor, record, "SPF", rdlength, visitor),
        NAPTR => naming_authority(cursor, record, rdlength, visitor),
        OPT => options(cursor.take(rdlength), visitor),
        TSIG => signature_of_transaction(cursor, visitor),
        SVCB | HTTPS => service_binding(cursor, rdlength, visitor),
        RRSIG | DNSKEY | NSEC | NSEC3 | NSEC3PARAM | DS => dnssec(cursor, record, rdlength, visitor),
        BIND_SIGNING | SSHFP | LOC => other_text(cursor, record, rdlength, visitor),
        HINFO | NIMLOC | CAA | TKEY => {
            cursor.take(rdlength);
            Ok(())
        }
        unknown => {
            visitor.record(record, Data::Text(format!("<unknown type={unknown}>").as_bytes()));
            visitor.weird("DNS_RR_unknown_type", &unknown.to_string());
            cursor.take(rdlength);
            Ok(())
        }
    }
}

fn u128_of([a, b, c, d]: [u32; 4]) -> u128 {
    (u128::from(a) << 96) | (u128::from(b) << 64) | (u128::from(c) << 32) | u128::from(d)
}

fn address_v4(cursor: &mut Cursor<'_>, record: &Record<'_>, rdlength: usize, visitor: &mut dyn Visitor) -> Result<(), Broken> {
    if rdlength != 4 {
        visitor.weird("DNS_RR_bad_length", "");
        return Err(Broken);
    }
    visitor.record(record, Data::Address(Addr::v4(cursor.u32().to_be_bytes())));
    Ok(())
}

fn check_length(start: usize, cursor: &Cursor<'_>, rdlength: usize, visitor: &mut dyn Visitor) {
    if cursor.at - start != rdlength {
        visitor.weird("DNS_RR_length_mismatch", "");
    }
}

fn one_name(cursor: &mut Cursor<'_>, record: &Record<'_>, rdlength: usize, visitor: &mut dyn Visitor) -> Result<(), Broken> {
    let start = cursor.at;
    let numbers = match record.rtype {
        MX => 1,
        SRV => 3,
        _ => 0,
    };
    for _ in 0..numbers {
        cursor.u16();
    }
    let mut name = Name::default();
    cursor.lower_name(&mut name, visitor)?;
    check_length(start, cursor, rdlength, visitor);
    visitor.record(record, Data::Name(name.as_bytes()));
    Ok(())
}

fn start_of_authority(cursor: &mut Cursor<'_>, record: &Record<'_>, rdlength: usize, visitor: &mut dyn Visitor) -> Result<(), Broken> {
    let start = cursor.at;
    let (mut primary, mut mailbox) = (Name::default(), Name::default());
    cursor.lower_name(&mut primary, visitor)?;
    cursor.lower_name(&mut mailbox, visitor)?;
    if cursor.left() < 20 {
        return Err(Broken);
    }
    cursor.take(20);
    check_length(start, cursor, rdlength, visitor);
    visitor.record(record, Data::Name(primary.as_bytes()));
    Ok(())
}

fn strings(
    cursor: &mut Cursor<'_>,
    record: &Record<'_>,
    word: &'static str,
    rdlength: usize,
    visitor: &mut dyn Visitor,
) -> Result<(), Broken> {
    let data = cursor.take(rdlength);
    let mut good = 0;
    while let Some(&bytes) = data.get(good) {
        let next = good + 1 + usize::from(bytes);
        if next > data.len() {
            visitor.weird("DNS_TXT_char_str_past_rdlen", "");
            visitor.record(record, Data::Strings(word, &data[..good]));
            return Err(Broken);
        }
        good = next;
    }
    visitor.record(record, Data::Strings(word, data));
    Ok(())
}

/// RFC 3403 section 4.1: order, preference, three strings and a name.
fn naming_authority(cursor: &mut Cursor<'_>, record: &Record<'_>, rdlength: usize, visitor: &mut dyn Visitor) -> Result<(), Broken> {
    let start = cursor.at;
    let (order, preference) = (cursor.u16(), cursor.u16());
    let mut texts: [&[u8]; 3] = [&[]; 3];
    for text in &mut texts {
        let bytes = cursor.take(1).first().map_or(0, |&bytes| usize::from(bytes));
        if bytes > rdlength.saturating_sub(cursor.at - start) {
            visitor.weird("DNS_TXT_char_str_past_rdlen", "");
            return Err(Broken);
        }
        *text = cursor.take(bytes);
    }
    let mut replacement = Name::default();
    cursor.lower_name(&mut replacement, visitor)?;
    check_length(start, cursor, rdlength, visitor);
    let [flags, service, regexp] = texts;
    let mut text = format!("NAPTR {order} {preference} ").into_bytes();
    text.extend_from_slice(flags);
    text.push(b' ');
    text.extend_from_slice(service);
    text.push(b' ');
    text.extend_from_slice(regexp);
    if !regexp.is_empty() && !replacement.as_bytes().is_empty() {
        text.push(b' ');
    }
    text.extend_from_slice(replacement.as_bytes());
    visitor.record(record, Data::Text(&text));
    Ok(())
}

/// RFC 6891 section 6.1.2: code (2), length (2) and data, again and again.
fn options(mut options: &[u8], visitor: &mut dyn Visitor) -> Result<(), Broken> {
    while let [_, _, high, low, rest @ ..] = options {
        match rest.get(usize::from(u16::from_be_bytes([*high, *low]))..) {
            Some(rest) => options = rest,
            None => break,
        }
    }
    if !options.is_empty() {
        visitor.weird("EDNS_truncated_option", "");
        return Err(Broken);
    }
    Ok(())
}

/// RFC 8945 section 4.2.
fn signature_of_transaction(cursor: &mut Cursor<'_>, visitor: &mut dyn Visitor) -> Result<(), Broken> {
    cursor.lower_name(&mut Name::default(), visitor)?;
    cursor.take(8);
    let mac_bytes = cursor.u16();
    cursor.take(usize::from(mac_bytes));
    cursor.take(4);
    let other_bytes = cursor.u16();
    cursor.take(usize::from(other_bytes));
    Ok(())
}

/// The parameter of a service binding that lists protocols (RFC 9460 section 7.1).
const KEY_ALPN: u16 = 1;

/// RFC 9460 section 2.2. The log shows nothing of it.
fn service_binding(cursor: &mut Cursor<'_>, rdlength: usize, visitor: &mut dyn Visitor) -> Result<(), Broken> {
    let start = cursor.at;
    cursor.u16();
    cursor.name(&mut Name::default(), visitor)?;
    let rest = cursor.take((start + rdlength).saturating_sub(cursor.at));
    let mut parameters = rest;
    while let [key0, key1, len0, len1, tail @ ..] = parameters {
        let bytes = usize::from(u16::from_be_bytes([*len0, *len1]));
        let Some((value, tail)) = tail.split_at_checked(bytes) else { break };
        if u16::from_be_bytes([*key0, *key1]) == KEY_ALPN && !protocol_list(value) {
            visitor.weird("DNS_SVCB_alpn_length_invalid", "");
            return Err(Broken);
        }
        parameters = tail;
    }
    Ok(())
}

/// Whether these bytes are a list of strings, each behind its length.
fn protocol_list(mut list: &[u8]) -> bool {
    while let [bytes, tail @ ..] = list {
        match tail.get(usize::from(*bytes)..) {
            Some(tail) => list = tail,
            None => return false,
        }
    }
    true
}

/// RFC 4034, RFC 5155.
fn dnssec(cursor: &mut Cursor<'_>, record: &Record<'_>, rdlength: usize, visitor: &mut dyn Visitor) -> Result<(), Broken> {
    let start = cursor.at;
    let least = match record.rtype {
        RRSIG => 18,
        NSEC3 => 6,
        NSEC3PARAM => 5,
        NSEC => 0,
        _ => 4,
    };
    if cursor.left() < least {
        return Err(Broken);
    }
    let text = match record.rtype {
        RRSIG => {
            let covered = cursor.u16();
            let algorithm = (cursor.u16() >> 8) as u8;
            cursor.take(14);
            let mut signer = Name::default();
            cursor.lower_name(&mut signer, visitor)?;
            algorithm_weird(algorithm, &RRSIG_WEIRDS, visitor);
            let mut text = format!("RRSIG {covered} ").into_bytes();
            text.extend_from_slice(if signer.as_bytes().is_empty() { b"<Root>" } else { signer.as_bytes() });
            text
        }
        DNSKEY => dnskey(cursor, visitor).into_bytes(),
        DS => {
            cursor.u16();
            let [algorithm, digest] = cursor.u16().to_be_bytes();
            match digest {
                0 => visitor.weird("DNSSEC_DS_ReservedDigestType", "0"),
                1..=4 => {}
                other => visitor.weird("DNSSEC_DS_unknown_DigestType", &other.to_string()),
            }
            format!("DS {algorithm} {digest}").into_bytes()
        }
        NSEC => {
            let mut next = Name::default();
            cursor.lower_name(&mut next, visitor)?;
            bitmaps(cursor, start + rdlength, "DNSSEC_NSEC_bitmapLen0", visitor);
            [b"NSEC ", record.name, b" ", next.as_bytes()].concat()
        }
        NSEC3 => {
            cursor.take(4);
            for _ in 0..2 {
                let bytes = cursor.take(1).first().map_or(0, |&bytes| usize::from(bytes));
                cursor.take(bytes);
            }
            bitmaps(cursor, start + rdlength, "DNSSEC_NSEC3_bitmapLen0", visitor);
            b"NSEC3".to_vec()
        }
        _ => b"NSEC3PARAM".to_vec(),
    };
    cursor.take((start + rdlength).saturating_sub(cursor.at));
    visitor.record(record, Data::Text(&text));
    Ok(())
}

fn bitmaps(cursor: &mut Cursor<'_>, end: usize, weird: &'static str, visitor: &mut dyn Visitor) {
    while cursor.at < end && cursor.left() > 0 {
        let [window, bytes] = cursor.u16().to_be_bytes();
        if bytes == 0 {
            visitor.weird(weird, &window.to_string());
            break;
        }
        cursor.take(usize::from(bytes));
    }
}

fn dnskey(cursor: &mut Cursor<'_>, visitor: &mut dyn Visitor) -> String {
    let flags = cursor.u16();
    let [protocol, algorithm] = cursor.u16().to_be_bytes();
    if flags & 0xfe7e != 0 {
        visitor.weird("DNSSEC_DNSKEY_Invalid_Flag", &flags.to_string());
    }
    // Zone key, revoked and secure entry point at once.
    if flags & 0x0181 == 0x0181 {
        visitor.weird("DNSSEC_DNSKEY_Revoked_KSK", &flags.to_string());
    }
    if protocol != 3 {
        visitor.weird("DNSSEC_DNSKEY_Invalid_Protocol", &protocol.to_string());
    }
    algorithm_weird(algorithm, &DNSKEY_WEIRDS, visitor);
    format!("DNSKEY {algorithm}")
}

/// Names of weirds about signing algorithms: not recommended, indirect, private by name, private by object id, unknown.
type AlgorithmWeirds = [&'static str; 5];

const RRSIG_WEIRDS: AlgorithmWeirds = [
    "DNSSEC_RRSIG_NotRecommended_ZoneSignAlgo",
    "DNSSEC_RRSIG_Indirect_ZoneSignAlgo",
    "DNSSEC_RRSIG_PrivateDNS_ZoneSignAlgo",
    "DNSSEC_RRSIG_PrivateOID_ZoneSignAlgo",
    "DNSSEC_RRSIG_unknown_ZoneSignAlgo",
];

const DNSKEY_WEIRDS: AlgorithmWeirds = [
    "DNSSEC_DNSKEY_NotRecommended_ZoneSignAlgo",
    "DNSSEC_DNSKEY_Indirect_ZoneSignAlgo",
    "DNSSEC_DNSKEY_PrivateDNS_ZoneSignAlgo",
    "DNSSEC_DNSKEY_PrivateOID_ZoneSignAlgo",
    "DNSSEC_DNSKEY_unknown_ZoneSignAlgo",
];

/// Reports algorithms of IANA's registry that should not be met.
fn algorithm_weird(algorithm: u8, names: &AlgorithmWeirds, visitor: &mut dyn Visitor) {
    let name = match algorithm {
        1 => names[0],
        252 => names[1],
        253 => names[2],
        254 => names[3],
        2..=8 | 10 | 12..=16 => return,
        _ => names[4],
    };
    visitor.weird(name, &algorithm.to_string());
}

fn other_text(cursor: &mut Cursor<'_>, record: &Record<'_>, rdlength: usize, visitor: &mut dyn Visitor) -> Result<(), Broken> {
    let least = match record.rtype {
        LOC => 15,
        SSHFP => 2,
        _ => 5,
    };
    if cursor.left() < least {
        return Err(Broken);
    }
    let data = cursor.take(rdlength.max(least));
    let text = match record.rtype {
        // RFC 1876 section 2: version, size, horizontal and vertical precision, then the place.
        LOC => {
            if data[0] != 0 {
                visitor.weird("DNS_LOC_version_unrecognized", &data[0].to_string());
            }
            format!("LOC:  {} {} {}", data[1], data[2], data[3])
        }
        // RFC 4255 section 3.1: algorithm, type of fingerprint, fingerprint.
        SSHFP => data[2..].iter().fold("SSHFP: ".to_owned(), |mut text, byte| {
            for nibble in [byte >> 4, byte & 0xf] {
                text.push(char::from_digit(u32::from(nibble), 16).unwrap_or('0'));
            }
            text
        }),
        _ => "BIND9 signing signal".to_owned(),
    };
    visitor.record(record, Data::Text(text.as_bytes()));
    Ok(())
}

/// How a record's data is written in the log. `update` says whether it is part of a dynamic update that is not NetBIOS's.
pub fn write(record: &Record<'_>, data: Data<'_>, update: bool) -> Vec<u8> {
    let mut text = match data {
        Data::Address(addr) if update => {
            let word = if record.rtype == A {
                "A "
            } else if record.rtype == AAAA {
                "AAAA "
            } else {
                "A6 "
            };
            [word.as_bytes(), record.name, b" ", addr.to_string().as_bytes()].concat()
        }
        Data::Address(addr) => addr.to_string().into_bytes(),
        Data::Name(name) | Data::Text(name) => name.to_vec(),
        Data::Strings(word, mut rest) => {
            let mut text = Vec::with_capacity(rest.len() + 8);
            while let [bytes, tail @ ..] = rest {
                let (string, tail) = tail.split_at(usize::from(*bytes).min(tail.len()));
                let gap = if text.is_empty() { "" } else { " " };
                text.extend_from_slice(format!("{gap}{word} {} ", string.len()).as_bytes());
                text.extend_from_slice(string);
                rest = tail;
            }
            text
        }
        Data::Silent => Vec::new(),
        Data::Condition => return condition(record),
        Data::Deletion => return deletion(record),
    };
    if record.section == Section::Update && !text.is_empty() && !text.starts_with(b"del:") {
        text.splice(0..0, *b"add: ");
    }
    text
}

/// RFC 2136 section 2.4.
fn condition(record: &Record<'_>) -> Vec<u8> {
    use super::codec::{CLASS_ANY, CLASS_NONE};
    let kind = names::qtype_text(record.rtype);
    let what = match (record.class, record.rtype) {
        (CLASS_NONE, ANY) => "NameNotInUse ".to_owned(),
        (CLASS_ANY, ANY) => "NameInUse ".to_owned(),
        (CLASS_NONE, _) => format!("NoRRSet {kind} "),
        _ => format!("RRSetExists {kind} "),
    };
    [b"pre: ", what.as_bytes(), record.name].concat()
}

/// RFC 2136 section 2.5.
fn deletion(record: &Record<'_>) -> Vec<u8> {
    use super::codec::{CLASS_ANY, CLASS_NONE};
    let kind = names::qtype_text(record.rtype);
    match (record.class, record.rtype) {
        (CLASS_ANY, ANY) => [b"del: RRSet * ", record.name].concat(),
        (CLASS_NONE, _) => [b"del: RR ", kind.as_bytes(), b" ", record.name].concat(),
        _ => [b"del: RRSet ", kind.as_bytes()].concat(),
    }
}
