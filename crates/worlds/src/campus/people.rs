//! What people and their machines do all day: look at pages, fetch and send mail, keep a connection open for news, set their
//! clocks, fetch updates, use shares and printers, talk by video; and the small oddities that every campus has.

use super::agenda::Agenda;
use super::cast::{DEAD_RESOLVER, DOMAIN, Day, Desk, FILES, MAIL_SERVERS, RESOLVERS};
use super::deeds::{self, Exchange, Server};
use super::ground::{Ground, Lookup};
use super::sites;
use super::space::{self, inside, mix, outside};
use super::words::PEOPLE;
use crate::cast::Security;
use crate::scene::dns::{self, Answer, Question, Record};
use crate::scene::{dhcp, mail, ntp, tls};
use contract::Side;
use model::{Addr, Interval, Timestamp};
use testkit::network::{Host, Path, System};
use testkit::packet::Mac;

/// How often each does what, in seconds between two times: so thin that a day of 200 desks stays a handy capture.
const BROWSE_SECS: u64 = 2300;
const FETCH_MAIL_SECS: i64 = 7200;
const SEND_MAIL_SECS: u64 = 15_000;
const SHARE_SECS: u64 = 5400;
const CLOCK_SECS: i64 = 6144;
const NEWS_SECS: i64 = 250;
const CLOUD_LOOKUP_SECS: u64 = 1100;

/// Everything that all desks do.
pub(crate) fn live(agenda: &mut Agenda, ground: &mut Ground, day: Day, desks: &[Desk]) {
    for desk in desks {
        arrive(agenda, ground, desk);
        call_out(agenda, desk);
        browse(agenda, ground, desk);
        correspond(agenda, ground, desk);
        clock(agenda, desk);
        share(agenda, ground, desk);
        if !desk.number.is_multiple_of(10) {
            update(agenda, ground, desk);
        }
        if !desk.number.is_multiple_of(4) {
            news(agenda, ground, desk);
        }
        if desk.number.is_multiple_of(4) {
            cloud_antivirus(agenda, ground, desk);
        }
        if desk.number % 20 < 7 {
            weather(agenda, ground, desk);
        }
        if desk.number % 67 == 5 {
            stale_resolver(agenda, ground, desk);
        }
    }
    for pair in desks.chunks_exact(14) {
        if let Some(at) = day.spot(ground.dice(), 1800).filter(|_| !ground.closed) {
            video(agenda, at, &pair[0], &pair[1]);
        }
    }
}

/// A machine is switched on: it gets its address, looks for helpers that are not there, and some browsers ask for three random words, to see
/// whether somebody lies about names.
fn arrive(agenda: &mut Agenda, ground: &mut Ground, desk: &Desk) {
    let (host, chrome) = (desk.host, desk.agent.contains("Chrome"));
    let (words, name) = (ground.dice().split(), format!("DESK-{:03}", desk.number));
    agenda.add(desk.shift.0 + Interval::from_secs(-4), move |now, ground| {
        let network = dhcp::Network { router: RESOLVERS[0], resolver: RESOLVERS[0], domain: DOMAIN };
        let id = ground.dice().roll() as u32;
        let mut at = now;
        dhcp::exchange(&mut ground.network, id, &name, host, network, &mut || {
            let own = at;
            at = at + Interval::from_millis(3);
            own
        });
        None
    });
    agenda.add(desk.shift.0, move |now, ground| {
        let mut dice = words.clone();
        let mut at = now;
        for name in ["wpad", "isatap"] {
            let name = format!("{name}.{DOMAIN}");
            at = ground.resolve(at, &Lookup { client: host, name: &name, kind: dns::A }, 60, None) + Interval::from_millis(40);
        }
        if chrome {
            for _ in 0..3 {
                let word: String = (0..7 + dice.below(8)).map(|_| char::from(b'a' + dice.below(26) as u8)).collect();
                at = ground.resolve(at, &Lookup { client: host, name: &word, kind: dns::A }, 60, None);
            }
        }
        None
    });
}

/// A machine calls out to all around it, by whatever its system thinks of: mDNS (RFC 6762) on some, LLMNR (RFC 4795), SSDP and
/// NetBIOS names (RFC 1002) on others. Nobody answers.
fn call_out(agenda: &mut Agenda, desk: &Desk) {
    /// A question for `WORKGROUP`, as NetBIOS writes names.
    const NETBIOS: &[u8] = b"\x9a\x01\x01\x10\0\x01\0\0\0\0\0\0\x20FHEPFCELEHFCEPFFFACACACACACACABL\0\0\x20\0\x01";
    const SEARCH: &[u8] = b"M-SEARCH * HTTP/1.1\r\nHost: 239.255.255.250:1900\r\nMan: \"ssdp:discover\"\r\nMX: 1\r\nST: ssdp:all\r\n\r\n";
    let (host, leaves, name) = (desk.host, desk.shift.1, format!("desk-{:03}", desk.number));
    let windows = matches!(host.system, System::Windows | System::Windows7);
    let group = move |addr: [u8; 4], mac: [u8; 6]| Host { addr: Addr::v4(addr), mac: Mac(mac), ..host };
    agenda.add(desk.shift.0 + Interval::from_secs(7), move |now, ground| {
        let port = ground.port(host);
        if windows {
            let id = ground.dice().roll() as u16;
            let question = Question { name: &name, kind: dns::A }.flagged(id, dns::UNWANTED, None);
            ground.network.udp(now, (host, port), (group([224, 0, 0, 252], [1, 0, 0x5e, 0, 0, 0xfc]), 5355), &question);
            let later = now + Interval::from_millis(400);
            ground.network.udp(later, (host, 137), (group([10, 20, 255, 255], [0xff; 6]), 137), NETBIOS);
            let last = now + Interval::from_millis(900);
            ground.network.udp(last, (host, port + 1), (group([239, 255, 255, 250], [1, 0, 0x5e, 0x7f, 0xff, 0xfa]), 1900), SEARCH);
        } else {
            let local = format!("{name}.local");
            let question = Question { name: &local, kind: 255 }.flagged(0, dns::UNWANTED, None);
            ground.network.udp(now, (host, 5353), (group([224, 0, 0, 251], [1, 0, 0x5e, 0, 0, 0xfb]), 5353), &question);
        }
        let next = now + ground.by_chance(11_000);
        (next < leaves).then_some(next)
    });
}

fn browse(agenda: &mut Agenda, ground: &mut Ground, desk: &Desk) {
    let (host, agent, leaves) = (desk.host, desk.agent, desk.shift.1);
    let first = desk.shift.0 + ground.by_chance(BROWSE_SECS / 2);
    agenda.add(first, move |now, ground| {
        let mut at = now;
        for _ in 0..1 + ground.dice().below(2) {
            let space = ground.space;
            let site = sites::pick(space, ground.dice());
            deeds::visit(ground, at, host, agent, &site);
            at = at + ground.about_ms(3000);
        }
        if ground.dice().chance(12) {
            let typo = format!("www.{}e", sites::domain(ground.dice().roll() % 1500).trim_end_matches("example"));
            let typo = format!("{typo}xample");
            ground.resolve(at, &Lookup { client: host, name: &typo, kind: dns::A }, 60, None);
        }
        // At noon people eat.
        let noon = now.nanos().rem_euclid(86_400_000_000_000) / 3_600_000_000_000 == 12;
        let next = now + ground.by_chance(if noon { BROWSE_SECS * 3 } else { BROWSE_SECS });
        (next < leaves).then_some(next)
    });
}

fn correspond(agenda: &mut Agenda, ground: &mut Ground, desk: &Desk) {
    let (host, leaves, number) = (desk.host, desk.shift.1, desk.number);
    let server = MAIL_SERVERS[number % 2];
    let stray = ground.dice().below(FETCH_MAIL_SECS as usize) as i64;
    agenda.add(desk.shift.0 + Interval::from_secs(20 + stray / 4), move |now, ground| {
        if number.is_multiple_of(3) {
            pop3(ground, now, host, server, number);
        } else {
            let name = if number.is_multiple_of(2) { "mail1.campus.example" } else { "mail2.campus.example" };
            let start = ground.find(now, host, name, server.addr);
            let mut dice = ground.dice().split();
            let mut connection = ground.connect(start, host, (server, 993), Path::LOCAL);
            let asked = tls::Asked::browser(name, Security::Tls12);
            tls::talk(&mut connection, &mut dice, asked, &[(60, 90), (40, 600), (40, 2000)]);
            connection.close(Side::Orig);
        }
        let next = now + Interval::from_secs(FETCH_MAIL_SECS) + ground.about_ms(20_000);
        (next < leaves).then_some(next)
    });
    let first = desk.shift.0 + ground.by_chance(SEND_MAIL_SECS);
    agenda.add(first, move |now, ground| {
        let (from, to) = (person(number), person(ground.dice().below(400)));
        let letter = mail::Letter { from: &from, to: &to, subject: "Notes", text: "See below.\r\n\r\nRegards", attachment: None };
        let id = ground.dice().roll();
        mail::transfer(&mut ground.connect(now, host, (server, 25), Path::LOCAL), "[10.20.1.9]", id, &letter);
        let next = now + ground.by_chance(SEND_MAIL_SECS);
        (next < leaves).then_some(next)
    });
}

/// Somebody's mail address here.
pub(crate) fn person(number: usize) -> String {
    format!("{}.{}@{DOMAIN}", PEOPLE[number % PEOPLE.len()], number / PEOPLE.len())
}

fn pop3(ground: &mut Ground, at: Timestamp, client: Host, server: Host, number: usize) {
    let (name, mistyped) = (person(number), ground.dice().chance(25));
    let mut connection = ground.connect(at, client, (server, 110), Path::LOCAL);
    connection.say(Side::Resp, b"+OK Dovecot ready.\r\n");
    let user = format!("USER {name}\r\n");
    if mistyped {
        connection.ask(user.as_bytes(), Interval::from_millis(2), b"+OK\r\n");
        connection.ask(b"PASS two-paper-carnes\r\n", Interval::from_millis(2000), b"-ERR [AUTH] Authentication failed.\r\n");
    }
    for (question, answer) in [
        (user.as_str(), "+OK\r\n"),
        ("PASS two-paper-cranes\r\n", "+OK Logged in.\r\n"),
        ("STAT\r\n", "+OK 0 0\r\n"),
        ("QUIT\r\n", "+OK Logging out.\r\n"),
    ] {
        connection.ask(question.as_bytes(), Interval::from_millis(2), answer.as_bytes());
    }
    connection.close(Side::Resp);
}

fn clock(agenda: &mut Agenda, desk: &Desk) {
    let (host, leaves) = (desk.host, desk.shift.1);
    let outside = space::outside(Addr::v4([192, 175, 48, 120 + (desk.number % 4) as u8]));
    agenda.add(desk.shift.0 + Interval::from_secs(3), move |now, ground| {
        // A closed network has its own clock.
        let server = if ground.closed { RESOLVERS[0] } else { outside };
        let name = if ground.closed {
            "time.campus.example".to_owned()
        } else {
            format!("time{}.steady-clock.example", server.addr.octets()[15] % 4)
        };
        let at = ground.find(now, host, &name, server.addr);
        let way = ground.about_ms(9);
        let (received, answered) = (at + way, at + way + Interval::from_nanos(35_000));
        ground.network.udp(at, (host, 123), (server, 123), &ntp::question(at));
        ground.network.udp(answered + way, (server, 123), (host, 123), &ntp::reply(at, received, answered));
        let next = now + Interval::from_secs(CLOCK_SECS);
        (next < leaves).then_some(next)
    });
}

fn share(agenda: &mut Agenda, ground: &mut Ground, desk: &Desk) {
    let (host, leaves, number) = (desk.host, desk.shift.1, desk.number);
    let first = desk.shift.0 + ground.by_chance(SHARE_SECS);
    agenda.add(first, move |now, ground| {
        if ground.dice().chance(150) {
            let printer = inside(9, 10 + (number % 12) as u8, System::Embedded);
            let mut dice = ground.dice().split();
            let mut connection = ground.connect(now, host, (printer, 9100), Path::LOCAL);
            let pages = [&b"\x1b%-12345X@PJL JOB\r\n@PJL ENTER LANGUAGE=PCL\r\n"[..], &dice.bytes(9000), b"\x1b%-12345X"].concat();
            connection.say(Side::Orig, &pages);
            connection.close(Side::Orig);
        } else {
            deeds::share(ground, now, host, FILES);
        }
        let next = now + ground.by_chance(SHARE_SECS);
        (next < leaves).then_some(next)
    });
}

/// Programs fetch updates: executables over HTTP from names that everybody asks, and lists of revoked certificates.
fn update(agenda: &mut Agenda, ground: &mut Ground, desk: &Desk) {
    let (host, leaves, system) = (desk.host, desk.shift.1, desk.host.system);
    let first = desk.shift.0 + ground.by_chance(6000);
    agenda.add(first, move |now, ground| {
        let (name, uri, agent, kind, head): (_, _, _, _, &[u8]) = match system {
            System::Mac => {
                ("swcdn.orchard-systems.example", "/content/update/patch.pkg", "softwareupdated/1.0", "application/octet-stream", b"xar!")
            }
            System::Windows | System::Windows7 => {
                ("dl.delivery.window-works.example", "/msdownload/update/kb5036893-x64.exe", UPDATER, "application/octet-stream", b"")
            }
            _ => {
                ("deb.penguin-mirror.example", "/dists/stable/InRelease", "Debian APT-HTTP/1.3 (2.6.1)", "text/plain", b"Origin: Mirror\n")
            }
        };
        let program = crate::scene::pe::harmless_program(3000);
        let body = if head.is_empty() { program } else { [head, &ground.dice().bytes(2500)].concat() };
        let addr = ground.space.in_block(space::key(name), mix(now.nanos() as u64) % 9);
        let start = deeds::found(ground, now, host, name, addr);
        let server = Server { host: outside(addr), port: 80, name, round_trip_ms: 8 };
        deeds::http(ground, start, host, server, &[Exchange::get(name, uri, agent, kind, &body)]);
        let next = now + ground.by_chance(16_000);
        (next < leaves).then_some(next)
    });
}

/// What the updater of Windows calls itself.
const UPDATER: &str = "Microsoft-Delivery-Optimization/10.0";

/// A connection to who brings news (mail and messages), open for more than an hour; most desks have one now and then.
fn news(agenda: &mut Agenda, ground: &mut Ground, desk: &Desk) {
    let (host, leaves, number) = (desk.host, desk.shift.1, desk.number as u64);
    let first = desk.shift.0 + ground.by_chance(5000);
    agenda.add(first, move |now, ground| {
        let name = "push.pigeon-post.example";
        let addr = ground.space.in_block(space::key(name), number % 4);
        let start = deeds::found(ground, now, host, name, addr);
        let server = Server { host: outside(addr), port: 443, name, round_trip_ms: 14 };
        let until = start + Interval::from_secs(3900) + ground.about_ms(1_500_000);
        deeds::secure(ground, start, host, server, tls::Asked::browser(name, Security::Tls13), |connection, dice| {
            while connection.now() < until {
                connection.wait(Interval::from_secs(NEWS_SECS - 20 + dice.below(40) as i64));
                tls::exchange(connection, dice, 30, 30);
            }
            connection.close(Side::Orig);
        });
        let next = until + ground.by_chance(14_000);
        (next < leaves).then_some(next)
    });
}

/// A third of the desks has a picture of the weather, which asks for news each hour: as regular as a bot, and known by how
/// many do it.
fn weather(agenda: &mut Agenda, ground: &mut Ground, desk: &Desk) {
    let (host, leaves) = (desk.host, desk.shift.1);
    let first = desk.shift.0 + ground.about_ms(900_000);
    agenda.add(first, move |now, ground| {
        let name = "feed.weather-box.example";
        let addr = ground.space.in_block(space::key(name), 5);
        let start = deeds::found(ground, now, host, name, addr);
        let exchange = Exchange::get(name, "/v2/now?place=campus", "WeatherBox/3.1", "application/json", b"{\"rain\": 20, \"wind\": 3}\n");
        deeds::http(ground, start, host, Server { host: outside(addr), port: 80, name, round_trip_ms: 12 }, &[exchange]);
        let next = now + Interval::from_millis(3_600_000 + ground.dice().below(800) as i64);
        (next < leaves).then_some(next)
    });
}

/// An antivirus program asks its maker by DNS about each file: many names below one domain, none of which is a tunnel.
fn cloud_antivirus(agenda: &mut Agenda, ground: &mut Ground, desk: &Desk) {
    let (host, leaves) = (desk.host, desk.shift.1);
    let first = desk.shift.0 + ground.by_chance(CLOUD_LOOKUP_SECS);
    agenda.add(first, move |now, ground| {
        let hash = ground.dice().roll();
        let name = format!("{:016x}.{:08x}.avts.shield-maker.example", hash, mix(hash) as u32);
        let answer = Answer::Records(vec![Record::text(300, b"v=1;r=clean")]);
        ground.resolve(now, &Lookup { client: host, name: &name, kind: dns::TXT }, 300, Some(&answer));
        let next = now + ground.by_chance(CLOUD_LOOKUP_SECS);
        (next < leaves).then_some(next)
    });
    ground.truth.harmless.push((host.addr, "an antivirus program that asks its maker by DNS about each file"));
}

/// A machine whose settings still name a server that is gone: it asks there first, in vain, and then the right one.
fn stale_resolver(agenda: &mut Agenda, ground: &mut Ground, desk: &Desk) {
    let (host, leaves) = (desk.host, desk.shift.1);
    ground.truth.harmless.push((host.addr, "a machine that asks a name server which was switched off"));
    let first = desk.shift.0 + ground.by_chance(120);
    agenda.add(first, move |now, ground| {
        let name = sites::domain(ground.dice().roll() % 1500);
        let (port, id) = (ground.port(host), ground.dice().roll() as u16);
        let question = Question { name: &name, kind: dns::A }.flagged(id, dns::WANTED, None);
        for seconds in [0, 1, 2] {
            ground.network.udp(now + Interval::from_secs(seconds), (host, port), (DEAD_RESOLVER, 53), &question);
        }
        let addr = ground.space.spread(space::key(&name));
        ground.find(now + Interval::from_secs(4), host, &name, addr);
        let next = now + ground.by_chance(500);
        (next < leaves).then_some(next)
    });
}

/// Two people talk by video through a server that relays: RTP (RFC 3550) over UDP, thinned to a packet each few seconds.
fn video(agenda: &mut Agenda, at: Timestamp, one: &Desk, two: &Desk) {
    for (side, desk) in [one, two].into_iter().enumerate() {
        let host = desk.host;
        let (mut port, mut sequence, mut left) = (0, 0u16, 240);
        agenda.add(at + Interval::from_millis(side as i64 * 700), move |now, ground| {
            let name = "relay.face-to-face.example";
            let relay = outside(ground.space.in_block(space::key(name), 3));
            let now = if port == 0 {
                port = ground.port(host);
                ground.find(now, host, name, relay.addr)
            } else {
                now
            };
            for (from, to, source) in [((host, port), (relay, 3478), 1u8), ((relay, 3478), (host, port), 2)] {
                let bytes = 300 + ground.dice().below(700);
                let head =
                    [&[0x80, 96][..], &sequence.to_be_bytes(), &(u32::from(sequence) * 3000).to_be_bytes(), &[0, 0, source, 7]].concat();
                let payload = [head, ground.dice().bytes(bytes)].concat();
                ground.network.udp(now, from, to, &payload);
            }
            sequence += 1;
            left -= 1;
            (left > 0).then(|| now + Interval::from_millis(5_000 + i64::from(sequence % 7) * 100))
        });
    }
}

/// The resolvers keep each other's copy of the campus's zone: an ordinary transfer (RFC 5936).
pub(crate) fn copy_zone(agenda: &mut Agenda, day: Day) {
    agenda.add(day.start + Interval::from_secs(900), move |now, ground| {
        transfer_zone(ground, now, RESOLVERS[1], Path::LOCAL);
        Some(now + Interval::from_secs(21_600))
    });
}

/// The whole zone, over TCP.
pub(crate) fn transfer_zone(ground: &mut Ground, at: Timestamp, client: Host, path: Path) {
    let id = ground.dice().roll() as u16;
    let serial = [dns::name("ns1.campus.example"), dns::name("it.campus.example"), vec![0, 0, 7, 1], vec![0; 16]].concat();
    let soa = Record { owner: None, kind: dns::SOA, ttl: 3600, data: serial };
    let mut records = vec![soa.clone(), Record { owner: None, kind: dns::NS, ttl: 3600, data: dns::name("ns1.campus.example") }];
    for number in 0..30u8 {
        let owner = format!("host{number}.{DOMAIN}");
        records.push(Record::address(3600, inside(0, number, System::Linux).addr).of(&owner));
    }
    records.push(soa);
    let question = Question { name: DOMAIN, kind: dns::AXFR };
    let framed = |message: Vec<u8>| [&(message.len() as u16).to_be_bytes()[..], &message].concat();
    let (asks, answers) =
        (framed(question.flagged(id, dns::UNWANTED, None)), question.flagged(id, [0x84, 0], Some(&Answer::Records(records))));
    let mut connection = ground.connect(at, client, (RESOLVERS[0], 53), path);
    connection.ask(&asks, Interval::from_millis(1), &framed(answers));
    connection.close(Side::Orig);
}
