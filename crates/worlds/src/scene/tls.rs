//! Handshakes of TLS 1.2 (RFC 5246) and 1.3 (RFC 8446) as a browser and a web server have them. What would be encrypted is
//! random bytes.

use super::certificate;
use crate::cast::Security;
use contract::Side;
use model::Interval;
use testkit::network::Connection;

const CHANGE_CIPHER: u8 = 20;
const HANDSHAKE: u8 = 22;
const APPLICATION: u8 = 23;

/// The largest record, in bytes.
const RECORD_BYTES: usize = 16_384;

/// What a browser offers, most wanted first.
const CIPHERS: [u16; 15] =
    [0x1301, 0x1302, 0x1303, 0xc02b, 0xc02f, 0xc02c, 0xc030, 0xcca9, 0xcca8, 0xc013, 0xc014, 0x009c, 0x009d, 0x002f, 0x0035];

/// Who is asked, and by what kind of program.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Asked<'a> {
    /// The name that is asked for, if the program says one.
    pub(crate) name: Option<&'a str>,
    /// The name in the certificate.
    pub(crate) certificate: &'a str,
    pub(crate) security: Security,
    /// What the program offers, most wanted first.
    pub(crate) ciphers: &'a [u16],
}

impl<'a> Asked<'a> {
    /// A browser asks a site.
    pub(crate) const fn browser(name: &'a str, security: Security) -> Self {
        Self { name: Some(name), certificate: name, security, ciphers: &CIPHERS }
    }
}

/// Sets up the connection, then carries `exchanges`: bytes asked and bytes answered.
pub(crate) fn talk(connection: &mut Connection<'_>, dice: &mut testkit::dice::Dice, asked: Asked<'_>, exchanges: &[(usize, usize)]) {
    greet(connection, dice, asked);
    for &(question, answer) in exchanges {
        exchange(connection, dice, question, answer);
        connection.wait(Interval::from_millis(dice.below(3000) as i64));
    }
}

/// So many bytes asked, and so many answered.
pub(crate) fn exchange(connection: &mut Connection<'_>, dice: &mut testkit::dice::Dice, asked: usize, answered: usize) {
    let (question, answer) = (application(dice, asked), application(dice, answered));
    connection.ask(&question, Interval::from_millis(15 + dice.below(60) as i64), &answer);
}

/// Sets up the connection.
pub(crate) fn greet(connection: &mut Connection<'_>, dice: &mut testkit::dice::Dice, asked: Asked<'_>) {
    let session = dice.bytes(32);
    let hello = record(HANDSHAKE, 1, &client_hello(asked, &dice.bytes(32), &session, &dice.bytes(32)));
    connection.say(Side::Orig, &hello);
    connection.wait(Interval::from_millis(1));
    match asked.security {
        Security::Tls13 => {
            let server = message(2, &server_hello(0x1301, &dice.bytes(32), &session, Some(&dice.bytes(32))));
            let sealed = 900 + dice.below(2500);
            let flight = [record(HANDSHAKE, 3, &server), record(CHANGE_CIPHER, 3, &[1]), application(dice, sealed)].concat();
            connection.say(Side::Resp, &flight);
            connection.say(Side::Orig, &[record(CHANGE_CIPHER, 3, &[1]), application(dice, 53)].concat());
        }
        Security::Tls12 | Security::None => {
            let certificates: Vec<u8> = certificate::chain(asked.certificate).iter().flat_map(|der| long(der)).collect();
            let exchange = [&[3, 0, 0x1d, 32][..], &dice.bytes(32), &[8, 4, 1, 0], &dice.bytes(256)].concat();
            let server = message(2, &server_hello(0xc02f, &dice.bytes(32), &session, None));
            let flight = [server, message(11, &long(&certificates)), message(12, &exchange), message(14, &[])].concat();
            connection.say(Side::Resp, &record(HANDSHAKE, 3, &flight));
            let key = message(16, &[&[32], &dice.bytes(32)[..]].concat());
            let finished = record(HANDSHAKE, 3, &dice.bytes(40));
            connection.say(Side::Orig, &[record(HANDSHAKE, 3, &key), record(CHANGE_CIPHER, 3, &[1]), finished].concat());
            connection.say(Side::Resp, &[record(CHANGE_CIPHER, 3, &[1]), record(HANDSHAKE, 3, &dice.bytes(40))].concat());
        }
    }
}

fn client_hello(asked: Asked<'_>, random: &[u8], session: &[u8], key: &[u8]) -> Vec<u8> {
    let ciphers: Vec<u8> = asked.ciphers.iter().flat_map(|cipher| cipher.to_be_bytes()).collect();
    let server_name = asked.name.map(|name| extension(0, &short16(&[&[0][..], &short16(name.as_bytes())].concat())));
    let protocols = [&[2][..], b"h2", &[8], b"http/1.1"].concat();
    let extensions = [
        server_name.unwrap_or_default(),
        extension(23, &[]),
        extension(0xff01, &[0]),
        extension(10, &short16(&[0, 0x1d, 0, 0x17, 0, 0x18])),
        extension(11, &[1, 0]),
        extension(35, &[]),
        extension(16, &short16(&protocols)),
        extension(5, &[1, 0, 0, 0, 0]),
        extension(13, &short16(&[4, 3, 8, 4, 4, 1, 5, 3, 8, 5, 5, 1, 8, 6, 6, 1])),
        extension(51, &short16(&[&[0, 0x1d][..], &short16(key)].concat())),
        extension(45, &[1, 1]),
        extension(43, &[4, 3, 4, 3, 3]),
    ];
    let body = [&[3, 3][..], random, &[session.len() as u8], session, &short16(&ciphers), &[1, 0], &short16(&extensions.concat())];
    message(1, &body.concat())
}

fn server_hello(cipher: u16, random: &[u8], session: &[u8], key: Option<&[u8]>) -> Vec<u8> {
    let extensions = match key {
        Some(key) => [extension(43, &[3, 4]), extension(51, &[&[0, 0x1d][..], &short16(key)].concat())].concat(),
        None => [extension(0xff01, &[0]), extension(11, &[1, 0]), extension(16, &short16(b"\x08http/1.1"))].concat(),
    };
    [&[3, 3][..], random, &[session.len() as u8], session, &cipher.to_be_bytes(), &[0], &short16(&extensions)].concat()
}

/// Records full of something encrypted.
fn application(dice: &mut testkit::dice::Dice, bytes: usize) -> Vec<u8> {
    let sealed = dice.bytes(bytes + 24);
    sealed.chunks(RECORD_BYTES).flat_map(|chunk| record(APPLICATION, 3, chunk)).collect()
}

fn record(kind: u8, minor: u8, body: &[u8]) -> Vec<u8> {
    [&[kind, 3, minor][..], &short16(body)].concat()
}

fn message(kind: u8, body: &[u8]) -> Vec<u8> {
    [&[kind][..], &long(body)].concat()
}

fn extension(kind: u16, body: &[u8]) -> Vec<u8> {
    [&kind.to_be_bytes()[..], &short16(body)].concat()
}

/// With its length in two bytes before it.
fn short16(body: &[u8]) -> Vec<u8> {
    [&(body.len() as u16).to_be_bytes()[..], body].concat()
}

/// With its length in three bytes before it.
fn long(body: &[u8]) -> Vec<u8> {
    [&(body.len() as u32).to_be_bytes()[1..], body].concat()
}
