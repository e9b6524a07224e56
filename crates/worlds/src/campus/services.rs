//! What the campus's servers do all day. Much of it looks like something bad to who does not know their roles: mail to hundreds
//! of servers, a crawler that fails at every third site, a monitor that knocks at every door.

use super::agenda::Agenda;
use super::cast::{BUILD, CRAWLER, Day, Desk, LIST_MAILER, MAIL_SERVERS, MONITOR, SECURITY_SCANNER, SERVERS};
use super::deeds::{self, Exchange, Server};
use super::ground::{Ground, Lookup};
use super::people::person;
use super::sites;
use super::space::{key, mix};
use crate::scene::dns::{self, Answer, Record};
use crate::scene::{mail, ssh};
use contract::Side;
use model::{Interval, Timestamp};
use testkit::network::{Host, Knock, Path};

/// How often mail comes and goes, in seconds, for each server at noon; at night a fifth of it.
const MAIL_SECS: u64 = 450;
const CRAWL_SECS: u64 = 75;
/// To how many servers the newsletter goes.
const NEWSLETTER_SERVERS: u64 = 260;

pub(crate) fn serve(agenda: &mut Agenda, ground: &mut Ground, day: Day, desks: &[Desk]) {
    for (number, server) in MAIL_SERVERS.into_iter().enumerate() {
        agenda.add(day.start + Interval::from_secs(60 + number as i64), move |now, ground| {
            let key = ground.dice().roll() % 900;
            send(ground, now, server, "mail.campus.example", key, 1);
            Some(now + pause(ground, now, MAIL_SECS))
        });
        agenda.add(day.start + Interval::from_secs(95 + number as i64), move |now, ground| {
            receive(ground, now, server);
            Some(now + pause(ground, now, MAIL_SECS))
        });
    }
    if !ground.closed {
        if let Some(at) = day.spot(ground.dice(), 2400) {
            newsletter(agenda, at);
        }
        crawl(agenda, day);
    }
    watch(agenda, day, desks);
    if day.secs() >= 3600 {
        audit(agenda, day, desks);
    }
    administer(agenda, ground, day, desks);
}

/// Seconds to the next one: longer at night.
fn pause(ground: &mut Ground, now: Timestamp, secs: u64) -> Interval {
    let hour = now.nanos().rem_euclid(86_400_000_000_000) / 3_600_000_000_000;
    let slower = if (8..19).contains(&hour) { 1 } else { 5 };
    ground.by_chance(secs * slower)
}

/// The MX of a domain and its server's address are looked up, and a mail is handed over to it.
pub(crate) fn send(ground: &mut Ground, at: Timestamp, from: Host, own_name: &str, key: u64, letters: usize) -> Host {
    let domain = sites::domain(key ^ 0x3a11);
    let exchange = format!("mx.{domain}");
    let server = ground.space.host(mix(key) ^ 25);
    let answer = Answer::Records(vec![Record::mail(3600, &exchange)]);
    let asked = ground.resolve(at, &Lookup { client: from, name: &domain, kind: dns::MX }, 3600, Some(&answer));
    let start = ground.find(asked, from, &exchange, server.addr);
    if ground.dice().chance(40) {
        let port = ground.port(from);
        let refused = ground.dice().chance(500);
        ground.network.attempt(start, (from, port), (server, 25), Path::internet(90), refused);
        return server;
    }
    let (sender, to) = (person(ground.dice().below(200)), format!("post@{domain}"));
    let away = 10 + (key % 150) as i64;
    for _ in 0..letters {
        let letter =
            mail::Letter { from: &sender, to: &to, subject: "Your letter", text: "Thank you.\r\n\r\nThe office", attachment: None };
        let id = ground.dice().roll();
        mail::transfer(&mut ground.connect(start, from, (server, 25), Path::internet(away)), own_name, id, &letter);
    }
    server
}

/// A mail comes in; the server asks lists of senders of spam about it, and what the sender's domain says of itself.
fn receive(ground: &mut Ground, at: Timestamp, server: Host) {
    let key = ground.dice().roll() % 1200;
    let from = ground.space.host(mix(key) ^ 26);
    let domain = sites::domain(key ^ 0x3a11);
    let octets = from.addr.octets();
    for zone in ["bl.spam-watch.example", "dnsbl.clean-post.example"] {
        let name = format!("{}.{}.{}.{}.{zone}", octets[15], octets[14], octets[13], octets[12]);
        ground.resolve(at + Interval::from_millis(30), &Lookup { client: server, name: &name, kind: dns::A }, 300, None);
    }
    let policy = Answer::Records(vec![Record::text(3600, b"v=spf1 mx -all")]);
    ground.resolve(at + Interval::from_millis(60), &Lookup { client: server, name: &domain, kind: dns::TXT }, 3600, Some(&policy));
    let (sender, to) = (format!("info@{domain}"), person(ground.dice().below(200)));
    let letter = mail::Letter { from: &sender, to: &to, subject: "News from us", text: "Please see.\r\n\r\nYours", attachment: None };
    let id = ground.dice().roll();
    mail::transfer(&mut ground.connect(at, from, (server, 25), Path::internet(70)), &format!("mx.{domain}"), id, &letter);
}

/// The newsletter goes out: hundreds of servers within forty minutes.
fn newsletter(agenda: &mut Agenda, at: Timestamp) {
    let mut number = 0;
    agenda.add(at, move |now, ground| {
        send(ground, now, LIST_MAILER, "lists.campus.example", 5000 + number, 1);
        number += 1;
        (number < NEWSLETTER_SERVERS).then(|| now + ground.about_ms(9000))
    });
}

/// The crawler: a site at a time, some of which are gone, and some never answer.
fn crawl(agenda: &mut Agenda, day: Day) {
    let mut number = 0u64;
    agenda.add(day.start + Interval::from_secs(30), move |now, ground| {
        number += 1;
        let mixed = mix(number ^ 0xc4a1);
        let name = format!("www.{}", sites::domain(20_000 + number));
        let next = now + ground.by_chance(CRAWL_SECS);
        if mixed.is_multiple_of(11) {
            ground.resolve(now, &Lookup { client: CRAWLER, name: &name, kind: dns::A }, 300, None);
            return Some(next);
        }
        let host = ground.space.host(key(&name));
        let start = ground.find(now, CRAWLER, &name, host.addr);
        if mixed % 10 < 3 {
            let port = ground.port(CRAWLER);
            ground.network.attempt(start, (CRAWLER, port), (host, 80), Path::internet(120), mixed % 20 < 3);
            return Some(next);
        }
        let bytes = 400 + ground.dice().below(3000);
        let body = deeds::page(ground.dice(), bytes);
        let robots = Exchange { status: "404 Not Found", ..Exchange::get(&name, "/robots.txt", AGENT, "text/html", b"<html>no</html>\n") };
        let exchanges = [robots, Exchange::get(&name, "/", AGENT, "text/html", &body)];
        deeds::http(ground, start, CRAWLER, Server { host, port: 80, name: &name, round_trip_ms: 60 }, &exchanges);
        Some(next)
    });
}

/// What the crawler calls itself.
const AGENT: &str = "LibraryBot/2.1 (+http://library.campus.example/bot)";

/// The monitor asks every machine whether it is there, one after the other, and servers whether they serve.
fn watch(agenda: &mut Agenda, day: Day, desks: &[Desk]) {
    let mut hosts: Vec<(Host, (Timestamp, Timestamp))> = SERVERS.iter().map(|host| (*host, (day.start, day.end))).collect();
    hosts.extend(desks.iter().map(|desk| (desk.host, desk.shift)));
    let (mut at_host, mut round) = (0, 0u16);
    agenda.add(day.start + Interval::from_secs(200), move |now, ground| {
        let (host, (from, to)) = hosts[at_host];
        let up = now >= from && now < to;
        let servers = at_host < SERVERS.len();
        if up {
            ground.network.ping(now, MONITOR, host, Path::LOCAL, round, &[0x5a; 24]);
        } else {
            ping_in_vain(ground, now, host, round);
        }
        if servers || round.is_multiple_of(4) {
            let port = ground.port(MONITOR);
            let answer = match (up, servers || mix(at_host as u64).is_multiple_of(5)) {
                (false, _) => Knock::Silence,
                (true, true) => Knock::Open,
                (true, false) => Knock::Refused,
            };
            ground.network.knock(now + Interval::from_millis(40), (MONITOR, port), (host, 22), Path::LOCAL, answer);
        }
        at_host += 1;
        if at_host == hosts.len() {
            at_host = 0;
            round += 1;
            return Some(now + Interval::from_secs(3000) + ground.about_ms(20_000));
        }
        Some(now + Interval::from_millis(900))
    });
}

/// An echo request that nobody answers.
pub(crate) fn ping_in_vain(ground: &mut Ground, at: Timestamp, to: Host, round: u16) {
    echo(ground, at, MONITOR, to, round, &[0x5a; 24]);
}

/// An echo request alone.
pub(crate) fn echo(ground: &mut Ground, at: Timestamp, from: Host, to: Host, sequence: u16, payload: &[u8]) {
    use testkit::packet;
    let [high, low] = sequence.to_be_bytes();
    let header = packet::Ip { src: from.addr, dst: to.addr, ttl: from.system.ttl() - from.hops, id: ground.dice().roll() as u16 };
    let message = packet::icmp(header, 8, 0, [0, 1, high, low], payload);
    ground.network.frame(at, packet::ethernet_ip(from.mac, to.mac, &packet::ip(header, packet::ICMP, &message)));
}

/// The network's office looks for open ports at night: allowed, and it looks like any other scan.
fn audit(agenda: &mut Agenda, day: Day, desks: &[Desk]) {
    let hosts: Vec<Host> = SERVERS.iter().copied().chain(desks.iter().take(60).map(|desk| desk.host)).collect();
    let night = if day.secs() >= 72_000 { 10_800 } else { 1500 };
    let mut number = 0;
    const PORTS: [u16; 12] = [21, 22, 23, 25, 80, 110, 135, 139, 443, 445, 3306, 3389];
    agenda.add(day.start + Interval::from_secs(night), move |now, ground| {
        let (host, port) = (hosts[number / PORTS.len()], PORTS[number % PORTS.len()]);
        let own = ground.port(SECURITY_SCANNER);
        let answer = match mix(number as u64) % 10 {
            0 => Knock::Open,
            1..6 => Knock::Refused,
            _ => Knock::Silence,
        };
        ground.network.knock(now, (SECURITY_SCANNER, own), (host, port), Path::LOCAL, answer);
        number += 1;
        (number < hosts.len() * PORTS.len()).then(|| now + Interval::from_millis(150))
    });
}

/// The administrator logs in to servers and stays for an hour or two: ordinary, since it stays inside.
fn administer(agenda: &mut Agenda, ground: &mut Ground, day: Day, desks: &[Desk]) {
    let Some(desk) = desks.last() else { return };
    let (host, length_secs) = (desk.host, (day.secs() / 3).min(5400));
    ground.truth.harmless.push((host.addr, "an administrator with long ssh sessions to inside servers"));
    for _ in 0..3 {
        let Some(at) = day.spot(ground.dice(), length_secs) else { continue };
        agenda.add(at, move |now, ground| {
            let mut dice = ground.dice().split();
            let mut connection = ground.connect(now, host, (BUILD, 22), Path::LOCAL);
            shell(&mut connection, &mut dice, BUILD.addr, length_secs);
            None
        });
    }
}

/// A login by ssh, and work by keyboard for so many seconds.
pub(crate) fn shell(connection: &mut testkit::network::Connection<'_>, dice: &mut testkit::dice::Dice, server: model::Addr, secs: i64) {
    let until = connection.now() + Interval::from_secs(secs);
    ssh::negotiate(connection, dice, server.octets()[15].into());
    for (asked, answered) in [(44, 44), (68, 60), (372, 324), (612, 28), (112, 500), (400, 108)] {
        connection.ask(&dice.bytes(asked), Interval::from_millis(4), &dice.bytes(answered));
    }
    while connection.now() < until {
        connection.wait(Interval::from_millis(dice.between(8_000, 90_000) as i64));
        let answered = 36 + 8 * dice.below(100);
        connection.ask(&dice.bytes(36), Interval::from_millis(3), &dice.bytes(answered));
    }
    connection.close(Side::Orig);
}
