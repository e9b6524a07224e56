//! What shows in names: a tunnel, names that a program invents, a name whose addresses flow, a zone that somebody copies, a
//! name server outside that one machine prefers, a name that moves from home to home.

use super::Cast;
use crate::campus::agenda::Agenda;
use crate::campus::deeds::{self, Exchange, Server};
use crate::campus::ground::{Ground, Lookup};
use crate::campus::people;
use crate::campus::sites;
use crate::campus::space::{bad, mix, outside};
use crate::scene::dns::{self, Answer, Record};
use model::{Addr, Interval};
use testkit::dice::Dice;
use testkit::network::Path;

pub(super) fn plant(agenda: &mut Agenda, ground: &mut Ground, cast: &mut Cast<'_>) {
    tunnel(agenda, ground, cast, dns::TXT);
    tunnel(agenda, ground, cast, dns::NULL);
    invented(agenda, ground, cast);
    flux(agenda, ground, cast);
    copied_zone(agenda, ground, cast);
    foreign_resolver(agenda, ground, cast);
    moving_home(agenda, ground, cast);
}

/// So many random letters and digits.
fn letters(dice: &mut Dice, count: usize, alphabet: &[u8]) -> String {
    (0..count).map(|_| char::from(*dice.pick(alphabet))).collect()
}

const BASE32: &[u8] = b"abcdefghijklmnopqrstuvwxyz234567";

/// Data in names below one domain, answers in records of the given type: some forty kilobytes an hour.
pub(super) fn tunnel(agenda: &mut Agenda, ground: &mut Ground, cast: &mut Cast<'_>, kind: u16) {
    let Some(desk) = cast.desk() else { return };
    let length = (cast.day.secs() / 4).clamp(1800, 4500);
    let Some(at) = cast.day.spot(ground.dice(), length) else { return };
    let host = desk.host;
    let note = if kind == dns::TXT { "data in names, answers in TXT" } else { "data in names, answers in NULL" };
    let deed = ground.truth.infect("dns_tunnel", host.addr, note);
    let until = at + Interval::from_secs(length);
    let domain = if kind == dns::TXT { "t.cellar-door.example" } else { "n.back-stairs.example" };
    let mut number = 0u32;
    agenda.add(at, move |now, ground| {
        let head = letters(ground.dice(), 50, BASE32);
        let name = format!("{head}.{}{number:x}.{domain}", letters(ground.dice(), 24, BASE32));
        let bytes = 40 + ground.dice().below(60);
        let data = ground.dice().bytes(bytes);
        let record = if kind == dns::TXT {
            Record::text(0, letters(ground.dice(), bytes, BASE32).as_bytes())
        } else {
            Record { owner: None, kind, ttl: 0, data }
        };
        ground.resolve(now, &Lookup { client: host, name: &name, kind }, 0, Some(&Answer::Records(vec![record])));
        ground.truth.seen(deed, now, host.addr);
        number += 1;
        let next = now + ground.about_ms(if kind == dns::TXT { 6000 } else { 8000 });
        (next < until).then_some(next)
    });
}

/// Names that a program invents, until one of them exists.
fn invented(agenda: &mut Agenda, ground: &mut Ground, cast: &mut Cast<'_>) {
    let Some(desk) = cast.desk() else { return };
    let Some(at) = cast.day.spot(ground.dice(), 3600) else { return };
    let (host, server) = (desk.host, bad(50));
    let deed = ground.truth.infect("dns_ids", host.addr, "names that a program invents (DGA)");
    let mut number = 0;
    agenda.add(at, move |now, ground| {
        let count = 12 + ground.dice().below(8);
        let name = format!("{}.example", letters(ground.dice(), count, b"abcdefghijklmnopqrstuvwxyz"));
        number += 1;
        if number == 80 {
            let start = ground.find(now, host, &name, server.addr);
            let exchange = Exchange::get(&name, "/s/", "Mozilla/5.0", "text/html", b"ok\n");
            deeds::http(ground, start, host, Server { host: server, port: 80, name: &name, round_trip_ms: 90 }, &[exchange]);
            return None;
        }
        ground.resolve(now, &Lookup { client: host, name: &name, kind: dns::A }, 60, None);
        ground.truth.seen(deed, now, host.addr);
        Some(now + ground.about_ms(30_000))
    });
}

/// A name with five addresses at a time out of hundreds, in as many networks.
fn flux(agenda: &mut Agenda, ground: &mut Ground, cast: &mut Cast<'_>) {
    let Some(desk) = cast.desk() else { return };
    let length = cast.day.secs() / 3;
    // It takes a while until enough of it has flowed by.
    let Some(at) = cast.day.spot(ground.dice(), length).filter(|_| length >= 7200) else { return };
    let host = desk.host;
    let deed = ground.truth.infect("dns_ids", host.addr, "a name whose addresses flow (fast flux)");
    let also = ground.truth.follow("beacon", host.addr, "it is asked for again and again");
    let until = at + Interval::from_secs(length);
    let mut number = 0u64;
    agenda.add(at, move |now, ground| {
        let name = "login.lucky-parcels.example";
        let addrs: Vec<Addr> = (0..5).map(|n| ground.space.spread(mix(0xf1 ^ ((number * 3 + n) % 240)))).collect();
        let answer = Answer::Records(addrs.iter().map(|addr| Record::address(180, *addr)).collect());
        let start = ground.resolve(now, &Lookup { client: host, name, kind: dns::A }, 180, Some(&answer));
        let exchange = Exchange::get(name, "/account/verify", desk_agent(), "text/html", b"<html>moment</html>\n");
        deeds::http(ground, start, host, Server { host: outside(addrs[0]), port: 80, name, round_trip_ms: 140 }, &[exchange]);
        ground.truth.seen(deed, now, addrs[0]);
        ground.truth.seen(also, now, addrs[0]);
        number += 1;
        let next = now + ground.about_ms(420_000);
        (next < until).then_some(next)
    });
}

const fn desk_agent() -> &'static str {
    crate::scene::web::agent(testkit::network::System::Windows)
}

/// A desk copies the campus's zone.
fn copied_zone(agenda: &mut Agenda, ground: &mut Ground, cast: &mut Cast<'_>) {
    let Some(desk) = cast.desk() else { return };
    let Some(at) = cast.day.spot(ground.dice(), 60) else { return };
    let host = desk.host;
    let deed = ground.truth.plant("dns_ids", host.addr, "a zone transfer by a desk");
    agenda.add(at, move |now, ground| {
        people::transfer_zone(ground, now, host, Path::LOCAL);
        ground.truth.seen(deed, now, crate::campus::cast::RESOLVERS[0].addr);
        None
    });
}

/// A machine whose name server somebody has changed: it asks outside, around the campus's own.
fn foreign_resolver(agenda: &mut Agenda, ground: &mut Ground, cast: &mut Cast<'_>) {
    let Some(desk) = cast.desk() else { return };
    let (host, leaves, server) = (desk.host, desk.shift.1, bad(51));
    let deed = ground.truth.plant("dns_ids", host.addr, "asks a name server outside, around the campus's own");
    agenda.add(desk.shift.0 + Interval::from_secs(600), move |now, ground| {
        let name = sites::domain(ground.dice().roll() % 1500);
        let answer = Answer::Records(vec![Record::address(300, ground.space.spread(mix(now.nanos() as u64) % 5000))]);
        let lookup = Lookup { client: host, name: &name, kind: dns::A };
        let (port, id) = (ground.port(host), ground.dice().roll() as u16);
        let question = dns::Question { name: lookup.name, kind: lookup.kind };
        let answered = now + ground.about_ms(40);
        ground.network.udp(now, (host, port), (server, 53), &question.flagged(id, dns::WANTED, None));
        ground.network.udp(answered, (server, 53), (host, port), &question.flagged(id, [0x81, 0x80], Some(&answer)));
        ground.truth.seen(deed, now, server.addr);
        let next = now + ground.by_chance(400);
        (next < leaves).then_some(next)
    });
}

/// A name that has another home address every hour or two.
fn moving_home(agenda: &mut Agenda, ground: &mut Ground, cast: &mut Cast<'_>) {
    let Some(desk) = cast.desk() else { return };
    let (host, leaves) = (desk.host, desk.shift.1);
    let deed = ground.truth.follow("dns_ids", host.addr, "a name whose address changes each hour (dynamic DNS)");
    let also = ground.truth.follow("odd_port", host.addr, "a port that nobody else uses");
    let mut number = 0u64;
    agenda.add(desk.shift.0 + Interval::from_secs(900), move |now, ground| {
        let (name, addr) = ("warehouse7.dyn-home.example", ground.space.spread(mix(0xdd ^ (number / 3))));
        let answer = Answer::Records(vec![Record::address(60, addr)]);
        let start = ground.resolve(now, &Lookup { client: host, name, kind: dns::A }, 60, Some(&answer));
        let exchange = Exchange::get(name, "/status", desk_agent(), "text/plain", b"idle\n");
        deeds::http(ground, start, host, Server { host: outside(addr), port: 8080, name, round_trip_ms: 60 }, &[exchange]);
        ground.truth.seen(deed, now, addr);
        ground.truth.seen(also, now, addr);
        number += 1;
        let next = now + ground.by_chance(1500);
        (next < leaves).then_some(next)
    });
}
