//! Who comes from outside, and rightly: visitors of the campus's web site, a partner who fetches files; and the developers'
//! short logins at a server outside that keeps their code. Without them, whatever comes in would be bad, and every ssh out.

use super::agenda::Agenda;
use super::cast::{Day, Desk, FTP, INTRANET};
use super::deeds::{self, Exchange};
use super::ground::Ground;
use super::space::{mix, outside};
use crate::scene::{ssh, web};
use contract::Side;
use model::Interval;
use testkit::network::{Host, Path, System};

/// How often the campus's web site is looked at, in seconds in the mean.
const VISIT_SECS: u64 = 420;
/// How often a developer hands code over.
const PUSH_SECS: u64 = 6000;

pub(crate) fn come(agenda: &mut Agenda, ground: &mut Ground, day: Day, desks: &[Desk]) {
    agenda.add(day.start + Interval::from_secs(40), |now, ground| {
        visit(ground, now);
        Some(now + ground.by_chance(VISIT_SECS))
    });
    agenda.add(day.start + Interval::from_secs(1800), |now, ground| {
        partner(ground, now);
        Some(now + ground.by_chance(7000))
    });
    if !ground.closed {
        for desk in desks.iter().rev().skip(1).take(8) {
            develop(agenda, ground, desk);
        }
    }
}

/// Somebody looks at the campus's pages.
fn visit(ground: &mut Ground, at: model::Timestamp) {
    let number = ground.dice().roll() % 3000;
    let guest = ground.space.host(mix(number));
    let agent = web::agent(if guest.system == System::Windows { System::Windows } else { System::Linux });
    let bytes = 700 + ground.dice().below(4000);
    let body = deeds::page(ground.dice(), bytes);
    let uri = format!("/people/{}.html", ground.dice().below(300));
    let exchange = Exchange::get("www.campus.example", &uri, agent, "text/html", &body);
    let mut connection = ground.connect(at, guest, (INTRANET, 80), Path::internet(60));
    let reply = web::reply(connection.now(), exchange.status, exchange.kind, exchange.extra, exchange.body);
    connection.ask(&exchange.request.bytes(), Interval::from_millis(9), &reply);
    connection.close(Side::Orig);
}

/// The partner asks whether there are files for him; now and then he mistypes his password.
fn partner(ground: &mut Ground, at: model::Timestamp) {
    let host = ground.space.host(0xf7b);
    let wrong = ground.dice().chance(150);
    let mut connection = ground.connect(at, host, (FTP, 21), Path::internet(35));
    let thinking = Interval::from_millis(20);
    connection.say(Side::Resp, b"220 (vsFTPd 3.0.3)\r\n");
    if wrong {
        connection.ask(b"USER cedar\r\n", thinking, b"331 Please specify the password.\r\n");
        connection.ask(b"PASS summer-rian\r\n", thinking, b"530 Login incorrect.\r\n");
    }
    for (question, answer) in [
        (&b"USER cedar\r\n"[..], &b"331 Please specify the password.\r\n"[..]),
        (b"PASS summer-rain\r\n", b"230 Login successful.\r\n"),
        (b"CWD orders\r\n", b"250 Directory successfully changed.\r\n"),
        (b"QUIT\r\n", b"221 Goodbye.\r\n"),
    ] {
        connection.ask(question, thinking, answer);
    }
    connection.close(Side::Resp);
}

/// A developer hands code over: a login by ssh of half a minute.
fn develop(agenda: &mut Agenda, ground: &mut Ground, desk: &Desk) {
    let (host, leaves) = (desk.host, desk.shift.1);
    let first = desk.shift.0 + ground.by_chance(PUSH_SECS);
    agenda.add(first, move |now, ground| {
        let server: Host = outside(ground.space.in_block(0x617, 1));
        let start = ground.find(now, host, "git.code-orchard.example", server.addr);
        let mut dice = ground.dice().split();
        let mut connection = ground.connect(start, host, (server, 22), Path::internet(45));
        ssh::negotiate(&mut connection, &mut dice, 0x617);
        for (asked, answered) in [(44, 44), (68, 60), (372, 324), (612, 28), (112, 500), (400, 108), (1800, 120), (90, 60)] {
            connection.ask(&dice.bytes(asked), Interval::from_millis(4), &dice.bytes(answered));
        }
        connection.close(Side::Orig);
        let next = now + ground.by_chance(PUSH_SECS);
        (next < leaves).then_some(next)
    });
}
