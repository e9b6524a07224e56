//! Who attacks: a worm that comes in from outside and goes on from desk to desk, scanners outside and inside, guessed
//! passwords, a flood, a machine that feels for addresses where nobody is.

use super::Cast;
use crate::campus::agenda::Agenda;
use crate::campus::cast::{BUILD, FTP, MAIL_SERVERS, SERVERS};
use crate::campus::deeds;
use crate::campus::ground::Ground;
use crate::campus::services::echo;
use crate::campus::space::{bad, inside, mix, unused};
use crate::scene::ssh;
use contract::Side;
use model::{Interval, Timestamp};
use testkit::network::{Host, Knock, Path, System};

pub(super) fn plant(agenda: &mut Agenda, ground: &mut Ground, cast: &mut Cast<'_>) {
    worm(agenda, ground, cast);
    fast_scan(agenda, ground, cast);
    slow_scan(agenda, ground, cast);
    inside_scan(agenda, ground, cast);
    sweep(agenda, ground, cast);
    guess(agenda, ground, cast);
    flood(agenda, ground, cast);
    drown(agenda, ground, cast);
    feel(agenda, ground, cast);
    poll(agenda, ground, cast);
}

/// How many addresses an infected machine knocks at.
const WORM_KNOCKS: u64 = 500;

fn worm(agenda: &mut Agenda, ground: &mut Ground, cast: &mut Cast<'_>) {
    let (Some(first), Some(second)) = (cast.desk(), cast.desk()) else { return };
    let Some(at) = cast.day.spot(ground.dice(), 1500) else { return };
    let (first, second, source) = (first.host, second.host, bad(1));
    agenda.add(at, move |now, ground| {
        let mut connection = ground.connect(now, source, (first, 445), Path::internet(130));
        connection.say(Side::Orig, &deeds::smb_question(&mut testkit::dice::Dice::new(445)));
        connection.wait(Interval::from_secs(1));
        connection.reset(Side::Orig);
        None
    });
    spread(agenda, ground, first, at + Interval::from_secs(90), Some(second));
    spread(agenda, ground, second, at + Interval::from_secs(420), None);
}

/// An infected machine knocks at port 445 everywhere, and infects `victim` on the way.
fn spread(agenda: &mut Agenda, ground: &mut Ground, host: Host, at: Timestamp, victim: Option<Host>) {
    let deed = ground.truth.infect("worm", host.addr, "knocks at port 445 everywhere, after it was itself hit there");
    let scan = ground.truth.follow("scan", host.addr, "the worm's own search");
    let dark = ground.truth.follow("darknet_inside", host.addr, "the worm's search in unused space");
    let mut number = 0u64;
    agenda.add(at, move |now, ground| {
        let mixed = mix(number ^ (u64::from(host.addr.octets()[15]) << 32));
        if number == 150
            && let Some(victim) = victim
        {
            deeds::share(ground, now, host, victim);
            ground.truth.seen(deed, now, victim.addr);
        }
        let (target, answer) = match mixed % 10 {
            0..3 => (unused(mixed), Knock::Silence),
            3..6 => (inside(1 + (mixed >> 8) as u8 % 4, (mixed >> 16) as u8 % 250, System::Windows), desk_answer(mixed)),
            _ => (ground.space.host(mixed), Knock::Silence),
        };
        let port = ground.port(host);
        ground.network.knock(now, (host, port), (target, 445), Path::LOCAL, answer);
        ground.truth.seen(deed, now, target.addr);
        ground.truth.seen(scan, now, target.addr);
        if mixed % 10 < 3 {
            ground.truth.seen(dark, now, target.addr);
        }
        number += 1;
        (number < WORM_KNOCKS).then(|| now + ground.about_ms(900))
    });
}

/// What a desk's port says, if there is a desk.
const fn desk_answer(mixed: u64) -> Knock {
    match (mixed >> 24) % 4 {
        0 => Knock::Open,
        1 => Knock::Refused,
        _ => Knock::Silence,
    }
}

/// Somebody outside looks for remote desktops, fifty addresses a second, where nobody is as well.
fn fast_scan(agenda: &mut Agenda, ground: &mut Ground, cast: &mut Cast<'_>) {
    let Some(at) = cast.day.spot(ground.dice(), 60) else { return };
    let source = bad(2);
    let deed = ground.truth.plant("scan", source.addr, "from outside, port 3389, fifty addresses a second");
    let mut number = 0u64;
    agenda.add(at, move |now, ground| {
        let mixed = mix(number ^ 0x3389);
        let target = if mixed.is_multiple_of(4) {
            unused(mixed)
        } else {
            inside(1 + (number / 250) as u8, 1 + (number % 250) as u8, System::Windows)
        };
        let answer = if mixed.is_multiple_of(4) { Knock::Silence } else { desk_answer(mixed) };
        ground.network.knock(now, (source, 40_000 + (number % 20_000) as u16), (target, 3389), Path::internet(1), answer);
        ground.truth.seen(deed, now, target.addr);
        number += 1;
        (number < 500).then(|| now + ground.about_ms(20))
    });
}

/// Somebody outside looks for a web server's second port, an address each quarter of a minute.
fn slow_scan(agenda: &mut Agenda, ground: &mut Ground, cast: &mut Cast<'_>) {
    let Some(at) = cast.day.spot(ground.dice(), 3000) else { return };
    let source = bad(3);
    let deed = ground.truth.plant("scan", source.addr, "from outside, port 8443, an address each 15 s");
    let mut number = 0u64;
    agenda.add(at, move |now, ground| {
        let target = inside(1, (10 + number) as u8, System::Windows);
        let port = ground.port(source);
        let answer = if number.is_multiple_of(3) { Knock::Refused } else { Knock::Silence };
        ground.network.attempt(now, (source, port), (target, 8443), Path::internet(1), answer == Knock::Refused);
        ground.truth.seen(deed, now, target.addr);
        number += 1;
        (number < 180).then(|| now + ground.about_ms(15_000))
    });
}

/// A desk looks at all ports of three servers, and for one port everywhere.
fn inside_scan(agenda: &mut Agenda, ground: &mut Ground, cast: &mut Cast<'_>) {
    let Some(desk) = cast.desk() else { return };
    let Some(at) = cast.day.spot(ground.dice(), 400) else { return };
    let host = desk.host;
    let deed = ground.truth.plant("scan", host.addr, "a desk looks at 120 ports of three servers and at port 8080 of 200 machines");
    let mut number = 0u64;
    agenda.add(at, move |now, ground| {
        let (target, port) = if number < 360 {
            (SERVERS[8 + (number / 120) as usize], (number % 120 * 9 + 1) as u16)
        } else {
            (inside(1, (number - 360) as u8 + 10, System::Windows), 8080)
        };
        let own = ground.port(host);
        let answer = if number.is_multiple_of(37) { Knock::Open } else { Knock::Refused };
        ground.network.knock(now, (host, own), (target, port), Path::LOCAL, answer);
        ground.truth.seen(deed, now, target.addr);
        number += 1;
        (number < 560).then(|| now + ground.about_ms(300))
    });
}

/// A desk asks eighty neighbours by ping whether they are there.
fn sweep(agenda: &mut Agenda, ground: &mut Ground, cast: &mut Cast<'_>) {
    let Some(desk) = cast.desk() else { return };
    let Some(at) = cast.day.spot(ground.dice(), 120) else { return };
    let host = desk.host;
    let deed = ground.truth.plant("scan", host.addr, "a desk pings eighty neighbours");
    let mut number = 0u8;
    agenda.add(at, move |now, ground| {
        let target = inside(3, 10 + number, System::Windows);
        if number.is_multiple_of(5) {
            ground.network.ping(now, host, target, Path::LOCAL, number.into(), b"abcdefghijklmnopqrstuvwabcdefghi");
        } else {
            echo(ground, now, host, target, number.into(), b"abcdefghijklmnopqrstuvwabcdefghi");
        }
        ground.truth.seen(deed, now, target.addr);
        number += 1;
        (number < 80).then(|| now + ground.about_ms(500))
    });
}

/// Passwords are guessed, one after the other, until one is right: from outside by ssh, by FTP, by POP3, and by a desk by ssh.
fn guess(agenda: &mut Agenda, ground: &mut Ground, cast: &mut Cast<'_>) {
    let own = cast.desk().map(|desk| (desk.host, Service::Ssh));
    let outside = [(bad(5), Service::Ssh), (bad(6), Service::Ftp), (bad(7), Service::Pop3)];
    for (source, service) in outside.into_iter().chain(own) {
        let Some(at) = cast.day.spot(ground.dice(), 500) else { continue };
        let (target, note) = match service {
            Service::Ssh => ((BUILD, 22), "guesses passwords by ssh, at last the right one"),
            Service::Ftp => ((FTP, 21), "guesses passwords by FTP, at last the right one"),
            Service::Pop3 => ((MAIL_SERVERS[0], 110), "guesses passwords by POP3, at last the right one"),
        };
        let deed = ground.truth.plant("brute_force", source.addr, note);
        let mut tries = 0;
        agenda.add(at, move |now, ground| {
            let right = tries == 39;
            let over = attempt(ground, now, source, target, service, tries, right);
            ground.truth.seen(deed, now, target.0.addr);
            tries += 1;
            (!right).then(|| over + ground.about_ms(1500))
        });
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Service {
    Ssh,
    Ftp,
    Pop3,
}

/// A connection on which one password is tried.
fn attempt(ground: &mut Ground, at: Timestamp, source: Host, target: (Host, u16), service: Service, number: u32, right: bool) -> Timestamp {
    let mut dice = ground.dice().split();
    let mut connection = ground.connect(at, source, target, Path::internet(80));
    let thinking = Interval::from_millis(60);
    let password = format!("PASS secret{number:02}\r\n");
    match service {
        Service::Ssh => {
            ssh::negotiate(&mut connection, &mut dice, target.0.addr.octets()[15].into());
            // Asking for the service, trying none, then a password: a refusal is as long as the first one.
            for (asked, answered) in [(44, 44), (68, 60), (148, if right { 28 } else { 60 })] {
                connection.ask(&dice.bytes(asked), thinking, &dice.bytes(answered));
            }
            if right {
                for (asked, answered) in [(112, 500), (400, 108), (36, 900), (36, 1200)] {
                    connection.ask(&dice.bytes(asked), thinking, &dice.bytes(answered));
                }
            }
        }
        Service::Ftp => {
            connection.say(Side::Resp, b"220 (vsFTPd 3.0.3)\r\n");
            connection.ask(b"USER partner\r\n", thinking, b"331 Please specify the password.\r\n");
            let answer: &[u8] = if right { b"230 Login successful.\r\n" } else { b"530 Login incorrect.\r\n" };
            connection.ask(password.as_bytes(), thinking, answer);
            connection.ask(b"QUIT\r\n", thinking, b"221 Goodbye.\r\n");
        }
        Service::Pop3 => {
            connection.say(Side::Resp, b"+OK Dovecot ready.\r\n");
            connection.ask(b"USER aoi.0\r\n", thinking, b"+OK\r\n");
            let answer: &[u8] = if right { b"+OK Logged in.\r\n" } else { b"-ERR [AUTH] Authentication failed.\r\n" };
            connection.ask(password.as_bytes(), thinking, answer);
            connection.ask(b"QUIT\r\n", thinking, b"+OK Logging out.\r\n");
        }
    }
    connection.close(Side::Orig);
    connection.now()
}

/// A desk floods a server outside with connections that it never completes.
fn flood(agenda: &mut Agenda, ground: &mut Ground, cast: &mut Cast<'_>) {
    let Some(desk) = cast.desk() else { return };
    let Some(at) = cast.day.spot(ground.dice(), 120) else { return };
    let (host, victim) = (desk.host, bad(10));
    let deed = ground.truth.infect("dos", host.addr, "six thousand connections to one server that are never completed");
    let mut second = 0u16;
    agenda.add(at, move |now, ground| {
        for number in 0..100u16 {
            let port = 1024 + (second * 100 + number) % 60_000;
            let answer = if number < 5 { Knock::Refused } else { Knock::Silence };
            let at = now + Interval::from_millis(i64::from(number) * 9);
            ground.network.knock(at, (host, port), (victim, 80), Path::internet(60), answer);
        }
        ground.truth.seen(deed, now, victim.addr);
        second += 1;
        (second < 60).then(|| now + Interval::from_secs(1))
    });
}

/// A desk drowns a server outside in large datagrams.
fn drown(agenda: &mut Agenda, ground: &mut Ground, cast: &mut Cast<'_>) {
    let Some(desk) = cast.desk() else { return };
    let Some(at) = cast.day.spot(ground.dice(), 120) else { return };
    let (host, victim) = (desk.host, bad(11));
    let deed = ground.truth.infect("dos", host.addr, "three thousand large datagrams to one server in twenty seconds");
    let (port, payload) = (ground.port(host), vec![0x41; 1024]);
    let mut tenth = 0u32;
    agenda.add(at, move |now, ground| {
        for number in 0..15 {
            ground.network.udp(now + Interval::from_millis(number * 6), (host, port), (victim, 27_015), &payload);
        }
        ground.truth.seen(deed, now, victim.addr);
        tenth += 1;
        (tenth < 200).then(|| now + Interval::from_millis(100))
    });
}

/// A desk asks for managed devices (SNMP, RFC 1157) where nobody is.
fn poll(agenda: &mut Agenda, ground: &mut Ground, cast: &mut Cast<'_>) {
    /// A GetRequest for the system's description, community "public".
    const QUESTION: &[u8] = b"\x30\x26\x02\x01\0\x04\x06public\xa0\x19\x02\x01\x01\x02\x01\0\x02\x01\0\x30\x0e\x30\x0c\x06\x08\x2b\x06\x01\x02\x01\x01\x01\0\x05\0";
    let Some(desk) = cast.desk() else { return };
    let Some(at) = cast.day.spot(ground.dice(), 1200) else { return };
    let host = desk.host;
    let deed = ground.truth.plant("darknet_inside", host.addr, "asks for managed devices at sixty unused addresses");
    let also = ground.truth.follow("scan", host.addr, "the same is a scan, too");
    let mut number = 0u64;
    agenda.add(at, move |now, ground| {
        let (target, port) = (unused(number ^ 0x5a30), ground.port(host));
        ground.network.udp(now, (host, port), (target, 161), QUESTION);
        ground.truth.seen(deed, now, target.addr);
        ground.truth.seen(also, now, target.addr);
        number += 1;
        (number < 60).then(|| now + ground.about_ms(15_000))
    });
}

/// A desk feels for management interfaces where nobody is.
fn feel(agenda: &mut Agenda, ground: &mut Ground, cast: &mut Cast<'_>) {
    let Some(desk) = cast.desk() else { return };
    let Some(at) = cast.day.spot(ground.dice(), 1600) else { return };
    let host = desk.host;
    let deed = ground.truth.plant("darknet_inside", host.addr, "knocks at forty unused addresses");
    let also = ground.truth.follow("scan", host.addr, "the same is a scan, too");
    let mut number = 0u64;
    agenda.add(at, move |now, ground| {
        let (target, port) = (unused(number ^ 0xda4), ground.port(host));
        ground.network.attempt(now, (host, port), (target, 80), Path::LOCAL, false);
        ground.truth.seen(deed, now, target.addr);
        ground.truth.seen(also, now, target.addr);
        number += 1;
        (number < 40).then(|| now + ground.about_ms(35_000))
    });
}
