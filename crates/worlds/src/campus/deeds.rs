//! What hosts do in one session: look at a page, fetch a file, hand over a mail, open a share. Actors string them together.

use super::cast::PROXY;
use super::ground::Ground;
use super::sites::Site;
use crate::cast::Security;
use crate::scene::{tls, web};
use contract::Side;
use model::{Addr, Interval, Timestamp};
use testkit::dice::Dice;
use testkit::network::{Connection, Host, Path};

/// An HTTP exchange: what is asked, and the reply's status, type, further header lines and body.
pub(crate) struct Exchange<'a> {
    pub(crate) request: web::Request<'a>,
    pub(crate) status: &'a str,
    pub(crate) kind: &'a str,
    pub(crate) extra: &'a str,
    pub(crate) body: &'a [u8],
}

impl<'a> Exchange<'a> {
    /// A request for something that is there.
    pub(crate) const fn get(host: &'a str, uri: &'a str, agent: &'a str, kind: &'a str, body: &'a [u8]) -> Self {
        let request = web::Request { method: "GET", host, uri, agent, referrer: None, body: b"" };
        Self { request, status: "200 OK", kind, extra: "", body }
    }
}

/// Where a web server is.
#[derive(Clone, Copy)]
pub(crate) struct Server<'a> {
    pub(crate) host: Host,
    pub(crate) port: u16,
    pub(crate) name: &'a str,
    pub(crate) round_trip_ms: i64,
}

/// HTTP exchanges on one connection, through the proxy where there must be one. The time when they are over.
pub(crate) fn http(ground: &mut Ground, at: Timestamp, client: Host, server: Server<'_>, exchanges: &[Exchange<'_>]) -> Timestamp {
    if ground.closed && client.addr != PROXY.addr {
        let mut connection = ground.connect(at, client, (PROXY, 3128), Path::LOCAL);
        for exchange in exchanges {
            let uri = format!("http://{}{}", server.name, exchange.request.uri);
            let request = web::Request { uri: &uri, ..exchange.request };
            speak(&mut connection, exchange, &request);
        }
        connection.close(Side::Orig);
        let over = connection.now();
        http(ground, at + Interval::from_millis(2), PROXY, server, exchanges);
        return over;
    }
    let mut connection = ground.connect(at, client, (server.host, server.port), Path::internet(server.round_trip_ms));
    for exchange in exchanges {
        speak(&mut connection, exchange, &exchange.request);
    }
    connection.wait(Interval::from_secs(4));
    connection.close(Side::Resp);
    connection.now()
}

fn speak(connection: &mut Connection<'_>, exchange: &Exchange<'_>, request: &web::Request<'_>) {
    let reply = web::reply(connection.now(), exchange.status, exchange.kind, exchange.extra, exchange.body);
    connection.ask(&request.bytes(), Interval::from_millis(12), &reply);
}

/// A connection on which TLS may be spoken, through the proxy where there must be one, and its dice.
pub(crate) fn secure<R>(
    ground: &mut Ground,
    at: Timestamp,
    client: Host,
    server: Server<'_>,
    asked: tls::Asked<'_>,
    talk: impl FnOnce(&mut Connection<'_>, &mut Dice) -> R,
) -> R {
    let mut dice = ground.dice().split();
    if ground.closed && client.addr != PROXY.addr {
        shadow(ground, at + Interval::from_millis(3), server, asked);
        let mut connection = ground.connect(at, client, (PROXY, 3128), Path::LOCAL);
        let connect = format!("CONNECT {0}:{1} HTTP/1.1\r\nHost: {0}:{1}\r\n\r\n", server.name, server.port);
        connection.ask(connect.as_bytes(), Interval::from_millis(server.round_trip_ms), b"HTTP/1.1 200 Connection established\r\n\r\n");
        tls::greet(&mut connection, &mut dice, asked);
        return talk(&mut connection, &mut dice);
    }
    let mut connection = ground.connect(at, client, (server.host, server.port), Path::internet(server.round_trip_ms));
    tls::greet(&mut connection, &mut dice, asked);
    talk(&mut connection, &mut dice)
}

/// The proxy's own side of a tunnelled connection.
fn shadow(ground: &mut Ground, at: Timestamp, server: Server<'_>, asked: tls::Asked<'_>) {
    let mut dice = ground.dice().split();
    let mut connection = ground.connect(at, PROXY, (server.host, server.port), Path::internet(server.round_trip_ms));
    tls::talk(&mut connection, &mut dice, asked, &[(400, 3000)]);
    connection.close(Side::Orig);
}

/// Somebody looks at something on a site.
pub(crate) fn visit(ground: &mut Ground, at: Timestamp, client: Host, agent: &str, site: &Site) {
    let turn = ground.dice().roll() % 60;
    let (lasts, answer) = site.answer(ground.space, turn);
    let asker = if ground.closed { PROXY } else { client };
    let lookup = super::ground::Lookup { client: asker, name: &site.name, kind: crate::scene::dns::A };
    let start = ground.resolve(at, &lookup, lasts, Some(&answer));
    let server = |port| Server { host: super::space::outside(site.addr), port, name: &site.name, round_trip_ms: site.round_trip_ms };
    // Now and then a site is down.
    if ground.dice().chance(12) && !ground.closed {
        let (port, refused) = (ground.port(client), ground.dice().chance(300));
        let to = (super::space::outside(site.addr), if site.security == Security::None { 80 } else { 443 });
        ground.network.attempt(start, (client, port), to, Path::internet(site.round_trip_ms), refused);
        return;
    }
    if site.security == Security::None {
        let pages = 1 + ground.dice().below(3);
        let mut uris = Vec::new();
        for _ in 0..pages {
            let bytes = 600 + ground.dice().below(5000);
            uris.push((format!("/{}/{}.html", ground.dice().below(40), ground.dice().below(4000)), page(ground.dice(), bytes)));
        }
        let exchanges: Vec<Exchange<'_>> =
            uris.iter().map(|(uri, body)| Exchange::get(&site.name, uri, agent, "text/html", body)).collect();
        http(ground, start, client, server(80), &exchanges);
    } else {
        let exchanges = 1 + ground.dice().below(2);
        secure(ground, start, client, server(443), tls::Asked::browser(&site.name, site.security), |connection, dice| {
            for _ in 0..exchanges {
                let (asked, answered) = (250 + dice.below(500), 800 + dice.below(6000));
                tls::exchange(connection, dice, asked, answered);
                connection.wait(Interval::from_millis(dice.below(9000) as i64));
            }
            // A window that is shut breaks off.
            if dice.chance(12) {
                connection.reset(Side::Orig);
            }
            connection.close(Side::Orig);
        });
    }
}

/// A page of about so many bytes.
pub(crate) fn page(dice: &mut Dice, bytes: usize) -> Vec<u8> {
    let mut text = String::from("<!DOCTYPE html>\n<html><head><title>page</title></head><body>\n");
    let words = super::words::SECOND;
    while text.len() < bytes {
        let start = dice.below(words.len() - 200);
        let from = words[start..].find(' ').map_or(start, |space| start + space + 1);
        let to = words[from + 90..].find(' ').map_or(from + 90, |space| from + 90 + space);
        text.push_str("<p>");
        text.push_str(&words[from..to]);
        text.push_str("</p>\n");
    }
    text.push_str("</body></html>\n");
    text.into_bytes()
}

/// A share of the file server is looked at: SMB 2.1 as far as its first two messages (MS-SMB2 2.2.3, 2.2.4).
pub(crate) fn share(ground: &mut Ground, at: Timestamp, client: Host, server: Host) {
    let mut dice = ground.dice().split();
    let mut connection = ground.connect(at, client, (server, 445), Path::LOCAL);
    connection.ask(&smb_question(&mut dice), Interval::from_millis(2), &smb_answer(&mut dice, at));
    connection.wait(Interval::from_secs(1));
    connection.close(Side::Orig);
}

/// A message of SMB 2 behind its length: NEGOTIATE, number 0.
fn smb(response: bool, body: &[u8]) -> Vec<u8> {
    let mut message = b"\xfeSMB\x40\0\0\0\0\0\0\0\0\0\x01\0".to_vec();
    message.extend(u32::from(response).to_le_bytes());
    message.resize(64, 0);
    message.extend(body);
    [&(message.len() as u32).to_be_bytes()[..], &message].concat()
}

pub(crate) fn smb_question(dice: &mut Dice) -> Vec<u8> {
    // Structure size, two dialects, signing enabled, capabilities; then who asks, and 2.0.2 and 2.1.
    let head = [36, 0, 2, 0, 1, 0, 0, 0, 0x7f, 0, 0, 0];
    smb(false, &[&head[..], &dice.bytes(16), &[0; 8], &[0x02, 0x02, 0x10, 0x02]].concat())
}

fn smb_answer(dice: &mut Dice, at: Timestamp) -> Vec<u8> {
    // Times are in units of 100 ns since 1601.
    let now = (at.nanos() / 100 + 116_444_736_000_000_000).to_le_bytes();
    let head = [65, 0, 1, 0, 0x10, 0x02, 0, 0];
    let sizes = [7, 0, 0, 0, 0, 0, 0x10, 0, 0, 0, 0x10, 0, 0, 0, 0x10, 0];
    smb(true, &[&head[..], &dice.bytes(16), &sizes, &now, &[0; 8], &[128, 0, 0, 0, 0, 0, 0, 0], &[0]].concat())
}

/// The first address of a name's answer, for those who only want that.
pub(crate) fn found(ground: &mut Ground, at: Timestamp, client: Host, name: &str, addr: Addr) -> Timestamp {
    let asker = if ground.closed { PROXY } else { client };
    ground.find(at, asker, name, addr)
}
