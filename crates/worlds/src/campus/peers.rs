//! Machines that talk to machines at home: two kinds that nobody forbade and everybody mistakes for worms. One looks for
//! others by UDP from one port, then by TCP, then on 443 and 80 (as S2 describes Skype); one shares files (BitTorrent's
//! handshake and its table of nodes, BEP 3 and 5); one shares files by a protocol of its own, all of it random bytes.

use super::agenda::Agenda;
use super::deeds::{self, Exchange, Server};
use super::ground::Ground;
use super::planted::Cast;
use super::space::{bad, mix};
use contract::Side;
use model::{Interval, Timestamp};
use testkit::network::{Host, Knock, Path};

/// How many others each talks to in a day.
const PEERS: u64 = 240;

pub(crate) fn share(agenda: &mut Agenda, ground: &mut Ground, cast: &mut Cast<'_>) {
    for number in 0..3 {
        if let Some(desk) = cast.desk() {
            call(agenda, ground, desk.host, desk.shift, number);
        }
    }
    if let Some(desk) = cast.desk() {
        swarm(agenda, ground, desk.host, desk.shift);
    }
    if let Some(desk) = cast.desk() {
        cache(agenda, ground, desk.host, desk.shift);
    }
}

/// Somebody at home, and the port that the program listens on there.
fn peer(ground: &Ground, key: u64) -> (Host, u16) {
    (ground.space.host(mix(key ^ 0x9ee4)), 2000 + (mix(key) % 60_000) as u16)
}

/// Looks for others all day.
fn call(agenda: &mut Agenda, ground: &mut Ground, host: Host, shift: (Timestamp, Timestamp), number: u64) {
    let deed = ground.truth.plant("skype", host.addr, "looks for others by UDP, TCP, 443 and 80, and asks for its newest version");
    let also = ground.truth.follow("p2p", host.addr, "the same looks like sharing files");
    let odd = ground.truth.follow("odd_port", host.addr, "its peers' ports");
    let (own, step) = (20_000 + (mix(number) % 30_000) as u16, spread(shift, PEERS));
    let mut count = 0u64;
    agenda.add(shift.0 + Interval::from_secs(90), move |now, ground| {
        if count == 0 {
            ask_version(ground, now, host);
        }
        // The first hundred within some minutes, the others over the day.
        let (other, port) = peer(ground, number << 32 | count);
        let path = Path::internet(20 + (count % 150) as i64);
        let question = [&(count as u16).to_be_bytes()[..], &[0x02], &ground.dice().bytes(20)].concat();
        let luck = ground.dice().below(100);
        match luck {
            0..45 => {
                ground.network.udp(now, (host, own), (other, port), &question);
                let reply = [&(count as u16).to_be_bytes()[..], &[0x17], &ground.dice().bytes(8)].concat();
                ground.network.udp(now + path.round_trip, (other, port), (host, own), &reply);
            }
            45..60 => ground.network.udp_unreachable(now, (host, own), (other, port), path, &question),
            _ => ground.network.udp(now, (host, own), (other, port), &question),
        }
        if luck.is_multiple_of(3) {
            ladder(ground, now + Interval::from_secs(2), host, (other, port), path, luck);
        }
        ground.truth.seen(deed, now, other.addr);
        ground.truth.seen(also, now, other.addr);
        ground.truth.seen(odd, now, other.addr);
        count += 1;
        let pause = if count < 100 { ground.about_ms(2500) } else { step };
        (count < PEERS && now < shift.1).then(|| now + pause)
    });
}

/// The same one by TCP: on its own port, then on 443, then on 80.
fn ladder(ground: &mut Ground, at: Timestamp, host: Host, peer: (Host, u16), path: Path, luck: usize) {
    let mut at = at;
    for port in [peer.1, 443, 80] {
        if luck.is_multiple_of(2) {
            let mut dice = ground.dice().split();
            let mut connection = ground.connect(at, host, (peer.0, port), path);
            connection.ask(&dice.bytes(14), Interval::from_millis(5), &dice.bytes(14));
            connection.ask(&dice.bytes(60), Interval::from_millis(5), &dice.bytes(90));
            connection.close(Side::Orig);
            return;
        }
        let own = ground.port(host);
        ground.network.knock(at, (host, own), (peer.0, port), path, if luck.is_multiple_of(5) { Knock::Refused } else { Knock::Silence });
        at = at + Interval::from_secs(6);
    }
}

fn ask_version(ground: &mut Ground, at: Timestamp, host: Host) {
    let (name, server) = ("ui.sky-talker.example", bad(30));
    let start = deeds::found(ground, at, host, name, server.addr);
    let uri = "/ui/0/8.9.0.1/en/getlatestversion?ver=8.9.0.1&uhash=1f0c";
    let exchange = Exchange::get(name, uri, "Skype WISPr", "text/plain", b"8.9.0.1\n");
    deeds::http(ground, start, host, Server { host: server, port: 80, name, round_trip_ms: 30 }, &[exchange]);
}

/// Seconds between two of so many in a shift.
fn spread(shift: (Timestamp, Timestamp), count: u64) -> Interval {
    Interval::from_nanos((shift.1.since(shift.0).nanos() / (count as i64 + 10)).max(1_000_000_000))
}

/// Shares files the whole day.
fn swarm(agenda: &mut Agenda, ground: &mut Ground, host: Host, shift: (Timestamp, Timestamp)) {
    let deed = ground.truth.plant("p2p", host.addr, "BitTorrent: its handshakes and its table of nodes");
    let odd = ground.truth.follow("odd_port", host.addr, "its peers' ports");
    let (own, step, id) = (51_413, spread(shift, PEERS), ground.dice().bytes(20));
    let mut count = 0u64;
    agenda.add(shift.0 + Interval::from_secs(300), move |now, ground| {
        let (other, port) = peer(ground, 7 << 40 | count);
        let path = Path::internet(20 + (count % 200) as i64);
        let question = [b"d1:ad2:id20:", &id[..], b"e1:q4:ping1:t2:", &(count as u16 | 0x6161).to_be_bytes(), b"1:y1:qe"].concat();
        let answers = ground.dice().chance(550);
        ground.network.udp(now, (host, own), (other, port), &question);
        if answers {
            let theirs = ground.dice().bytes(20);
            let reply = [b"d1:rd2:id20:", &theirs[..], b"e1:t2:", &(count as u16 | 0x6161).to_be_bytes(), b"1:y1:re"].concat();
            ground.network.udp(now + path.round_trip, (other, port), (host, own), &reply);
            let hello = |id: &[u8]| [b"\x13BitTorrent protocol\0\0\0\0\0\x10\0\x05", &[7; 20][..], id].concat();
            let mut connection = ground.connect(now + Interval::from_secs(1), host, (other, port), path);
            connection.ask(&hello(&id), Interval::from_millis(9), &hello(&theirs));
            connection.ask(b"\0\0\0\x01\x02", Interval::from_millis(9), b"\0\0\0\x01\x01");
            connection.close(Side::Orig);
        } else {
            let from = ground.port(host);
            ground.network.knock(now + Interval::from_secs(1), (host, from), (other, port), path, Knock::Silence);
        }
        ground.truth.seen(deed, now, other.addr);
        ground.truth.seen(odd, now, other.addr);
        count += 1;
        (count < PEERS && now < shift.1).then(|| now + step)
    });
}

/// A program of the shape of Winny and Share: a fixed high port, peers on ports of their own, nothing readable.
fn cache(agenda: &mut Agenda, ground: &mut Ground, host: Host, shift: (Timestamp, Timestamp)) {
    let deed = ground.truth.plant(
        "p2p",
        host.addr,
        "shares files by an unknown protocol: peers on many ports call its one port, and it calls theirs",
    );
    let odd = ground.truth.follow("odd_port", host.addr, "its peers' ports");
    let (own, step) = (27_743, spread(shift, PEERS));
    let mut count = 0u64;
    agenda.add(shift.0 + Interval::from_secs(500), move |now, ground| {
        let (other, port) = peer(ground, 9 << 40 | count);
        let path = Path::internet(8 + (count % 40) as i64);
        let mut dice = ground.dice().split();
        match dice.below(10) {
            0..4 => {
                let from = ground.port(host);
                ground.network.knock(
                    now,
                    (host, from),
                    (other, port),
                    path,
                    if count.is_multiple_of(3) { Knock::Refused } else { Knock::Silence },
                );
            }
            4..7 => {
                let mut connection = ground.connect(now, host, (other, port), path);
                connection.ask(&dice.bytes(11), Interval::from_millis(9), &dice.bytes(11));
                connection.ask(&dice.bytes(300), Interval::from_millis(9), &dice.bytes(1200));
                connection.close(Side::Orig);
            }
            _ => {
                let theirs = 1024 + (mix(count) % 60_000) as u16;
                let mut connection = ground.network.connect(now, (other, theirs), (host, own), path);
                connection.ask(&dice.bytes(11), Interval::from_millis(9), &dice.bytes(11));
                connection.ask(&dice.bytes(40), Interval::from_millis(9), &dice.bytes(2400));
                connection.close(Side::Orig);
            }
        }
        ground.truth.seen(deed, now, other.addr);
        ground.truth.seen(odd, now, other.addr);
        count += 1;
        (count < PEERS && now < shift.1).then(|| now + step)
    });
}
