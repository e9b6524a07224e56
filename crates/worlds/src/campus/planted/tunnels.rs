//! Ways out that nobody allowed: long connections that carry more than pages, logins at servers outside, packets of ICMP with
//! something in them, virtual networks, a router that hides machines, a machine that goes around the proxy, an odd port.

use super::Cast;
use crate::campus::agenda::Agenda;
use crate::campus::cast::LABORATORY;
use crate::campus::deeds::{self, Server};
use crate::campus::ground::Ground;
use crate::campus::services::{echo, shell};
use crate::campus::sites;
use crate::campus::space::{bad, inside};
use crate::cast::Security;
use crate::scene::{tls, web};
use crate::truth::Deed;
use contract::Side;
use model::{Interval, Timestamp};
use testkit::network::{Host, Path, System};

pub(super) fn plant(agenda: &mut Agenda, ground: &mut Ground, cast: &mut Cast<'_>) {
    long_https(agenda, ground, cast);
    ssh_outside(agenda, ground, cast);
    icmp(agenda, ground, cast);
    keep_alive(agenda, ground, cast);
    ipsec(agenda, ground, cast);
    hidden(agenda, ground, cast);
    odd_port(agenda, ground, cast);
}

/// How long a tunnel stays open, and when it opens; nothing where the day is too short for an hour.
fn opening(ground: &mut Ground, cast: &Cast<'_>, secs: i64) -> Option<(Timestamp, Timestamp)> {
    let at = cast.day.spot(ground.dice(), secs)?;
    Some((at, at + Interval::from_secs(secs)))
}

/// One connection by TLS for two hours, with more going out than coming in.
fn long_https(agenda: &mut Agenda, ground: &mut Ground, cast: &mut Cast<'_>) {
    let Some(desk) = cast.desk() else { return };
    let Some((at, until)) = opening(ground, cast, 7500) else { return };
    let (host, server) = (desk.host, bad(20));
    let deed = ground.truth.plant("tunnel", host.addr, "an HTTPS connection of two hours that steadily carries data out");
    agenda.add(at, move |now, ground| {
        let name = "files.quiet-harbour.example";
        let start = deeds::found(ground, now, host, name, server.addr);
        let to = Server { host: server, port: 443, name, round_trip_ms: 90 };
        deeds::secure(ground, start, host, to, tls::Asked::browser(name, Security::Tls13), |connection, dice| {
            while connection.now() < until {
                connection.wait(Interval::from_millis(12_000 + dice.below(16_000) as i64));
                let asked = 3200 + dice.below(900);
                tls::exchange(connection, dice, asked, 120);
            }
            connection.close(Side::Orig);
        });
        ground.truth.seen(deed, start, server.addr);
        ground.truth.seen(deed, until, server.addr);
        None
    });
}

/// A login by ssh outside that stays for more than an hour.
fn ssh_outside(agenda: &mut Agenda, ground: &mut Ground, cast: &mut Cast<'_>) {
    let Some(desk) = cast.desk() else { return };
    let Some((at, until)) = opening(ground, cast, 4800) else { return };
    let (host, server) = (desk.host, bad(21));
    let deed = ground.truth.plant("tunnel", host.addr, "ssh to a server outside for more than an hour");
    agenda.add(at, move |now, ground| {
        let mut dice = ground.dice().split();
        let mut connection = ground.connect(now, host, (server, 22), Path::internet(70));
        shell(&mut connection, &mut dice, server.addr, until.since(now).nanos() / 1_000_000_000);
        ground.truth.seen(deed, now, server.addr);
        ground.truth.seen(deed, until, server.addr);
        None
    });
}

/// Echo requests with something in them, another thing each time.
fn icmp(agenda: &mut Agenda, ground: &mut Ground, cast: &mut Cast<'_>) {
    let Some(desk) = cast.desk() else { return };
    let Some((at, until)) = opening(ground, cast, 1800) else { return };
    let (host, server) = (desk.host, bad(22));
    let deed = ground.truth.plant("tunnel", host.addr, "data in the payload of pings");
    let also = ground.truth.follow("beacon", host.addr, "the pings come again and again");
    let mut number = 0u16;
    agenda.add(at, move |now, ground| {
        let bytes = 200 + ground.dice().below(1000);
        let payload = ground.dice().bytes(bytes);
        echo(ground, now, host, server, number, &payload);
        let bytes = 40 + ground.dice().below(600);
        let back = ground.dice().bytes(bytes);
        answer(ground, now + Interval::from_millis(70), server, host, number, &back);
        ground.truth.seen(also, now, server.addr);
        ground.truth.seen(deed, now, server.addr);
        number += 1;
        let next = now + ground.about_ms(3000);
        (next < until).then_some(next)
    });
}

/// An echo reply with a payload of its own.
fn answer(ground: &mut Ground, at: Timestamp, from: Host, to: Host, sequence: u16, payload: &[u8]) {
    use testkit::packet;
    let [high, low] = sequence.to_be_bytes();
    let header = packet::Ip { src: from.addr, dst: to.addr, ttl: from.system.ttl() - from.hops, id: ground.dice().roll() as u16 };
    let message = packet::icmp(header, 0, 0, [0, 1, high, low], payload);
    ground.network.frame(at, packet::ethernet_ip(from.mac, to.mac, &packet::ip(header, packet::ICMP, &message)));
}

/// A virtual network that keeps its way open by a datagram each fifty seconds (as SoftEther does), beside its connection by TLS.
fn keep_alive(agenda: &mut Agenda, ground: &mut Ground, cast: &mut Cast<'_>) {
    let Some(desk) = cast.desk() else { return };
    let Some((at, until)) = opening(ground, cast, 9000) else { return };
    let (host, server, keeper) = (desk.host, bad(23), bad(24));
    let deed = ground.truth.plant("tunnel", host.addr, "a virtual network with a keep-alive each 50 s");
    let also = ground.truth.follow("beacon", host.addr, "the keep-alive itself");
    let port = ground.port(host);
    agenda.add(at, move |now, ground| {
        let name = "public-hub.soft-tunnel.example";
        let start = deeds::found(ground, now, host, name, server.addr);
        let to = Server { host: server, port: 443, name, round_trip_ms: 30 };
        let asked = tls::Asked { name: None, ..tls::Asked::browser(name, Security::Tls12) };
        deeds::secure(ground, start, host, to, asked, |connection, dice| {
            while connection.now() < until {
                connection.wait(Interval::from_millis(14_000 + dice.below(4000) as i64));
                let (asked, answered) = (200 + dice.below(900), 200 + dice.below(900));
                tls::exchange(connection, dice, asked, answered);
            }
            connection.close(Side::Orig);
        });
        ground.truth.seen(deed, start, server.addr);
        ground.truth.seen(deed, until, server.addr);
        None
    });
    agenda.add(at + Interval::from_secs(5), move |now, ground| {
        let name = "keepalive.soft-tunnel.example";
        let start = deeds::found(ground, now, host, name, keeper.addr);
        let bytes = 20 + ground.dice().below(200);
        let payload = ground.dice().bytes(bytes);
        ground.network.udp(start, (host, port), (keeper, 80), &payload);
        ground.truth.seen(deed, now, keeper.addr);
        ground.truth.seen(also, now, keeper.addr);
        let next = now + Interval::from_millis(49_500 + ground.dice().below(1000) as i64);
        (next < until).then_some(next)
    });
}

/// IPsec through UDP (RFC 3948): an exchange of keys on 500 and 4500, then sealed packets on 4500.
fn ipsec(agenda: &mut Agenda, ground: &mut Ground, cast: &mut Cast<'_>) {
    let Some(desk) = cast.desk() else { return };
    let Some((at, until)) = opening(ground, cast, 3600) else { return };
    let (host, server) = (desk.host, bad(25));
    let deed = ground.truth.plant("tunnel", host.addr, "IPsec through UDP");
    let odd = ground.truth.follow("odd_port", host.addr, "ports that nobody else uses");
    let (cookies, mut number) = (ground.dice().bytes(16), 0u32);
    agenda.add(at, move |now, ground| {
        let ports = if number == 0 { 500 } else { 4500 };
        let ike = |response: u8, exchange: u8, body: &[u8]| {
            let length = (28 + body.len() as u32).to_be_bytes();
            [&cookies[..], &[if exchange == 34 { 33 } else { 46 }, 0x20, exchange, 0x08 | response], &number.to_be_bytes(), &length, body]
                .concat()
        };
        let bytes = 60 + ground.dice().below(400);
        let body = ground.dice().bytes(bytes);
        let (asks, answers) = match number {
            0 => (ike(0, 34, &body), ike(0x20, 34, &body)),
            1 => ([&[0; 4][..], &ike(0, 35, &body)].concat(), [&[0; 4][..], &ike(0x20, 35, &body)].concat()),
            _ => {
                let sealed = |security: u32| [&security.to_be_bytes()[..], &number.to_be_bytes(), &body].concat();
                (sealed(0xc0ff_ee01), sealed(0xc0ff_ee02))
            }
        };
        ground.truth.seen(odd, now, server.addr);
        ground.network.udp(now, (host, ports), (server, ports), &asks);
        ground.network.udp(now + Interval::from_millis(40), (server, ports), (host, ports), &answers);
        ground.truth.seen(deed, now, server.addr);
        number += 1;
        let next = now + if number < 3 { Interval::from_millis(200) } else { ground.about_ms(14_000) };
        (next < until).then_some(next)
    });
}

/// Routers that hide machines behind one address; and the laboratory's, which is known to.
fn hidden(agenda: &mut Agenda, ground: &mut Ground, cast: &Cast<'_>) {
    let notes = [
        "one address, three systems, hop counts one too low, two clocks, three browsers",
        "one address, two systems, hop counts one too low",
    ];
    let three = [System::Windows, System::Mac, System::LinuxOld];
    for (net, last, note, systems) in
        [(4, 99, Some(notes[0]), &three[..]), (4, 101, Some(notes[1]), &[System::Windows7, System::Mac]), (5, LABORATORY, None, &three)]
    {
        let deed = note.map(|note| ground.truth.plant("hidden_nat", inside(net, last, System::Windows).addr, note));
        for (number, &system) in systems.iter().enumerate() {
            let host = Host { hops: 1, ..inside(net, last, system) };
            behind(agenda, cast, host, number as i64 * 50, deed);
        }
    }
}

/// A machine behind a router: somebody looks at pages, every second of them without TLS, so that its browser shows.
fn behind(agenda: &mut Agenda, cast: &Cast<'_>, host: Host, late_secs: i64, deed: Option<Deed>) {
    let from = cast.day.start + Interval::from_secs(if cast.day.secs() >= 72_000 { 33_000 } else { 300 } + late_secs);
    let until = cast.day.end.min(from + Interval::from_secs(28_000));
    agenda.add(from, move |now, ground| {
        let (space, agent) = (ground.space, web::agent(host.system));
        let site = sites::pick(space, ground.dice());
        deeds::visit(ground, now, host, agent, &site);
        if ground.dice().chance(500) {
            let plain = sites::site(space, 12 + ground.dice().roll() % 60).in_the_open();
            deeds::visit(ground, now + Interval::from_secs(5), host, agent, &plain);
        }
        if let Some(deed) = deed {
            ground.truth.seen(deed, now, site.addr);
        }
        let next = now + ground.by_chance(300);
        (next < until).then_some(next)
    });
}

/// Three connections to a port that nobody else uses, in a protocol that nobody knows.
fn odd_port(agenda: &mut Agenda, ground: &mut Ground, cast: &mut Cast<'_>) {
    let Some(desk) = cast.desk() else { return };
    let Some(at) = cast.day.spot(ground.dice(), 900) else { return };
    let (host, server) = (desk.host, bad(26));
    let deed = ground.truth.plant("odd_port", host.addr, "connections to port 31337, which nobody else uses");
    let mut number = 0;
    agenda.add(at, move |now, ground| {
        let mut dice = ground.dice().split();
        let mut connection = ground.connect(now, host, (server, 31_337), Path::internet(100));
        for _ in 0..6 {
            connection.ask(&dice.bytes(80), Interval::from_millis(20), &dice.bytes(300));
        }
        connection.close(Side::Orig);
        ground.truth.seen(deed, now, server.addr);
        number += 1;
        (number < 3).then(|| now + ground.about_ms(250_000))
    });
}

/// In a closed network, one machine connects to sites outside by itself.
pub(super) fn around_the_proxy(agenda: &mut Agenda, ground: &mut Ground, cast: &mut Cast<'_>) {
    let Some(desk) = cast.desk() else { return };
    let (host, agent, leaves) = (desk.host, desk.agent, desk.shift.1);
    let deed = ground.truth.plant("proxy_bypass", host.addr, "connects to sites outside by itself, not through the proxy");
    agenda.add(desk.shift.0 + Interval::from_secs(1200), move |now, ground| {
        let space = ground.space;
        let site = sites::pick(space, ground.dice());
        ground.closed = false;
        deeds::visit(ground, now, host, agent, &site);
        ground.closed = true;
        ground.truth.seen(deed, now, site.addr);
        let next = now + ground.by_chance(1500);
        (next < leaves).then_some(next)
    });
}
