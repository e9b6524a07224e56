//! X.509 certificates (RFC 5280) that parse and say sensible things. Their keys and signatures are random numbers, since
//! nobody in this world checks them.

use crate::calendar::utc_time;
use model::{Interval, Timestamp};
use testkit::dice::Dice;

const COMMON_NAME: &[u8] = &[0x55, 4, 3];
const ORGANISATION: &[u8] = &[0x55, 4, 10];
const COUNTRY: &[u8] = &[0x55, 4, 6];
const SHA256_WITH_RSA: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 11];
const RSA: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 1];
const ALTERNATIVE_NAMES: &[u8] = &[0x55, 0x1d, 17];
const BASIC_CONSTRAINTS: &[u8] = &[0x55, 0x1d, 19];

/// When the sites' certificates were signed, or up to seventy days before: 2024-04-01.
const SIGNED: Timestamp = Timestamp::from_secs(1_711_929_600);

/// A chain of two for a site: its own, and that of who signed it.
pub(crate) fn chain(site: &str) -> [Vec<u8>; 2] {
    let seed = site.bytes().fold(17u64, |seed, byte| seed.wrapping_mul(31).wrapping_add(byte.into()));
    let mut dice = Dice::new(seed);
    let authority = [("Paper Lantern Trust", ORGANISATION), ("Paper Lantern Issuing CA 3", COMMON_NAME)];
    let root = [("Paper Lantern Trust", ORGANISATION), ("Paper Lantern Root", COMMON_NAME)];
    let names = tlv(0x30, &tlv(0x82, site.as_bytes()));
    let own = [tlv(0x30, &[oid(ALTERNATIVE_NAMES), tlv(4, &names)].concat())].concat();
    let from = SIGNED + Interval::from_secs(-86_400 * (10 + dice.below(60) as i64));
    let leaf = certificate(&mut dice, &authority, &[(site, COMMON_NAME)], from, 90, &own);
    // The authority's is the same whichever site sends it.
    let constraints = tlv(0x30, &[oid(BASIC_CONSTRAINTS), tlv(1, &[0xff]), tlv(4, &tlv(0x30, &tlv(1, &[0xff])))].concat());
    let founded = Timestamp::from_secs(1_577_836_800);
    [leaf, certificate(&mut Dice::new(4711), &root, &authority, founded, 3650, &constraints)]
}

fn certificate(
    dice: &mut Dice,
    issuer: &[(&str, &[u8])],
    subject: &[(&str, &[u8])],
    from: Timestamp,
    days: i64,
    extensions: &[u8],
) -> Vec<u8> {
    let algorithm = tlv(0x30, &[oid(SHA256_WITH_RSA), tlv(5, &[])].concat());
    let until = from + Interval::from_secs(days * 86_400);
    let validity = tlv(0x30, &[tlv(0x17, utc_time(from).as_bytes()), tlv(0x17, utc_time(until).as_bytes())].concat());
    let mut modulus = dice.bytes(256);
    modulus[0] |= 0x80;
    modulus[255] |= 1;
    let key = tlv(0x30, &[number(&modulus), number(&[1, 0, 1])].concat());
    let key_info = tlv(0x30, &[tlv(0x30, &[oid(RSA), tlv(5, &[])].concat()), bits(&key)].concat());
    let mut serial = dice.bytes(16);
    serial[0] = serial[0] & 0x7f | 0x01;
    let body = [
        tlv(0xa0, &number(&[2])),
        number(&serial),
        algorithm.clone(),
        name(issuer),
        validity,
        name(subject),
        key_info,
        tlv(0xa3, &tlv(0x30, extensions)),
    ];
    tlv(0x30, &[tlv(0x30, &body.concat()), algorithm, bits(&dice.bytes(256))].concat())
}

fn name(parts: &[(&str, &[u8])]) -> Vec<u8> {
    let part = |text: &str, kind: &[u8], tag| tlv(0x31, &tlv(0x30, &[oid(kind), tlv(tag, text.as_bytes())].concat()));
    let mut all = part("JP", COUNTRY, 0x13);
    for (text, kind) in parts {
        all.extend(part(text, kind, 0x0c));
    }
    tlv(0x30, &all)
}

fn number(bytes: &[u8]) -> Vec<u8> {
    // A first bit that is set would make it negative.
    if bytes.first().is_some_and(|&byte| byte >= 0x80) { tlv(2, &[&[0], bytes].concat()) } else { tlv(2, bytes) }
}

fn oid(bytes: &[u8]) -> Vec<u8> {
    tlv(6, bytes)
}

fn bits(bytes: &[u8]) -> Vec<u8> {
    tlv(3, &[&[0], bytes].concat())
}

fn tlv(tag: u8, value: &[u8]) -> Vec<u8> {
    let [high, low] = (value.len() as u16).to_be_bytes();
    let length: &[u8] = match value.len() {
        0..=0x7f => &[low],
        0x80..=0xff => &[0x81, low],
        _ => &[0x82, high, low],
    };
    [&[tag], length, value].concat()
}
