//! Infected machines: they fetch a program, call home at intervals, take orders over IRC, send mail to the world.

use super::Cast;
use crate::campus::agenda::Agenda;
use crate::campus::deeds::{self, Exchange, Server};
use crate::campus::ground::Ground;
use crate::campus::space::{bad, inside, mix};
use crate::campus::{services, sites};
use crate::cast::Security;
use crate::scene::irc::Session;
use crate::scene::{mail, pe, tls, web};
use contract::Side;
use model::{Interval, Timestamp};
use testkit::network::{Host, Knock, Path, System};

pub(super) fn plant(agenda: &mut Agenda, ground: &mut Ground, cast: &mut Cast<'_>) {
    mass_mailer(agenda, ground, cast);
    bare_mailer(agenda, ground, cast);
    // Each on another port of those that the document and the web know, and on one that nobody knows.
    let turn = ground.dice().below(5);
    for (number, session) in Session::BOTS.into_iter().enumerate() {
        irc_bot(agenda, ground, cast, session, [21, 80, 443, 6667, 51_234][(turn + number) % 5]);
    }
    for _ in 0..2 {
        chat(agenda, ground, cast);
    }
    post_each_minute(agenda, ground, cast);
    call_with_jitter(agenda, ground, cast);
    call_each_ten_minutes(agenda, ground, cast);
    call_by_get(agenda, ground, cast);
    whole_story(agenda, ground, cast);
    fetch_program(agenda, ground, cast);
    fetch_saver(agenda, ground, cast);
}

fn mass_mailer(agenda: &mut Agenda, ground: &mut Ground, cast: &mut Cast<'_>) {
    let Some(desk) = cast.desk() else { return };
    let Some(at) = cast.day.spot(ground.dice(), 1800) else { return };
    let host = desk.host;
    let deed = ground.truth.infect("mass_mailer", host.addr, "asks for mail servers and sends to seventy of them");
    let also = ground.truth.follow("mass_mailer", host.addr, "a desk that asks for mail servers");
    let mut number = 0;
    agenda.add(at, move |now, ground| {
        let server = services::send(ground, now, host, "localhost", 9000 + number, 1);
        ground.truth.seen(deed, now, server.addr);
        ground.truth.seen(also, now, server.addr);
        number += 1;
        (number < 70).then(|| now + ground.about_ms(22_000))
    });
}

/// Mail to servers whose addresses it was given: no question by DNS at all, and every third is refused.
fn bare_mailer(agenda: &mut Agenda, ground: &mut Ground, cast: &mut Cast<'_>) {
    let Some(desk) = cast.desk() else { return };
    let Some(at) = cast.day.spot(ground.dice(), 900) else { return };
    let host = desk.host;
    let deed = ground.truth.infect("mass_mailer", host.addr, "sends to forty mail servers without asking for their names");
    let mut number = 0u64;
    agenda.add(at, move |now, ground| {
        let server = ground.space.host(mix(number ^ 0xba5e));
        if number % 3 == 1 {
            let port = ground.port(host);
            ground.network.attempt(now, (host, port), (server, 25), Path::internet(80), true);
        } else {
            let (to, id) = (format!("info@{}", sites::domain(number ^ 0xba5e)), ground.dice().roll());
            let letter =
                mail::Letter { from: "prize@lucky-parcels.example", to: &to, subject: "You won", text: "Open it.", attachment: None };
            mail::transfer(&mut ground.connect(now, host, (server, 25), Path::internet(80)), "friend", id, &letter);
        }
        ground.truth.seen(deed, now, server.addr);
        number += 1;
        (number < 40).then(|| now + ground.about_ms(18_000))
    });
}

fn irc_bot(agenda: &mut Agenda, ground: &mut Ground, cast: &mut Cast<'_>, session: Session, port: u16) {
    let Some(desk) = cast.desk() else { return };
    let minutes = if cast.day.secs() > 14_400 { 150 } else { 20 };
    let Some(at) = cast.day.spot(ground.dice(), i64::from(minutes) * 60 + 300) else { return };
    let (host, server) = (desk.host, bad((port % 50) as u8));
    let note = "takes orders over IRC";
    // The first of them only reports that it is there.
    let deed = if session != Session::Slaves {
        ground.truth.infect("irc_bot", host.addr, note)
    } else {
        ground.truth.follow("irc_bot", host.addr, note)
    };
    let odd = (port == 51_234).then(|| ground.truth.follow("odd_port", host.addr, "the port of its orders"));
    agenda.add(at, move |now, ground| {
        let name = format!("irc{}.winter-relay.example", port % 7);
        let start = deeds::found(ground, now, host, &name, server.addr);
        let mut dice = ground.dice().split();
        let mut connection = ground.connect(start, host, (server, port), Path::internet(140));
        session.play(&mut connection, &mut dice, minutes);
        connection.close(Side::Orig);
        let over = connection.now();
        for deed in [Some(deed), odd].into_iter().flatten() {
            ground.truth.seen(deed, start, server.addr);
            ground.truth.seen(deed, over, server.addr);
        }
        None
    });
}

/// Ordinary chat, on the ordinary port.
fn chat(agenda: &mut Agenda, ground: &mut Ground, cast: &mut Cast<'_>) {
    let Some(desk) = cast.desk() else { return };
    let minutes = ((cast.day.secs() / 60 / 4) as u32).min(120);
    let Some(at) = cast.day.spot(ground.dice(), i64::from(minutes) * 60 + 120) else { return };
    let host = desk.host;
    ground.truth.harmless.push((host.addr, "ordinary chat over IRC"));
    agenda.add(at, move |now, ground| {
        let (name, addr) = ("irc.tea-house.example", ground.space.spread(6667));
        let start = deeds::found(ground, now, host, name, addr);
        let mut dice = ground.dice().split();
        let mut connection = ground.connect(start, host, (crate::campus::space::outside(addr), 6667), Path::internet(40));
        Session::Chat.play(&mut connection, &mut dice, minutes);
        connection.close(Side::Orig);
        None
    });
}

/// When calls begin, and until when they go on: nothing where fewer than six of them would fit in.
fn calls(ground: &mut Ground, cast: &Cast<'_>, share_of_day: i64, each_secs: i64) -> Option<(Timestamp, Timestamp)> {
    let length = cast.day.secs() / share_of_day;
    let at = cast.day.spot(ground.dice(), length).filter(|_| length >= each_secs * 6)?;
    Some((at, at + Interval::from_secs(length)))
}

/// A POST each minute, give or take two seconds.
fn post_each_minute(agenda: &mut Agenda, ground: &mut Ground, cast: &mut Cast<'_>) {
    let Some(desk) = cast.desk() else { return };
    let Some((at, until)) = calls(ground, cast, 5, 60) else { return };
    let (host, gate) = (desk.host, bad(40));
    let deed = ground.truth.infect("beacon", host.addr, "HTTP POST each 60 s, give or take 2 s");
    let mut number = 0u32;
    agenda.add(at, move |now, ground| {
        let name = "gate.quiet-panel.example";
        let start = deeds::found(ground, now, host, name, gate.addr);
        let body = [&b"\x12\0\x27\0"[..], &number.to_le_bytes(), &ground.dice().bytes(170)].concat();
        let request = web::Request { method: "POST", host: name, uri: "/panel/five/gate.php", agent: BOT, referrer: None, body: &body };
        let exchange =
            Exchange { request, status: "200 OK", kind: "text/html", extra: "X-Powered-By: PHP/5.4.45\r\n", body: b"\x08\0\0\0" };
        deeds::http(ground, start, host, Server { host: gate, port: 80, name, round_trip_ms: 170 }, &[exchange]);
        ground.truth.seen(deed, now, gate.addr);
        number += 1;
        let next = now + Interval::from_millis(58_000 + ground.dice().below(4000) as i64);
        (next < until).then_some(next)
    });
}

/// What the program calls itself.
const BOT: &str = "Mozilla/4.0 (compatible; MSIE 7.0; Windows NT 6.0)";

/// What malware offers by TLS: less than browsers do.
const BOT_CIPHERS: [u16; 7] = [0xc02f, 0xc030, 0xc027, 0xc013, 0x009c, 0x003c, 0x002f];

/// A short call by TLS.
fn ring(ground: &mut Ground, at: Timestamp, host: Host, server: Host, name: &str) {
    let start = deeds::found(ground, at, host, name, server.addr);
    let asked = tls::Asked { name: Some(name), certificate: name, security: Security::Tls12, ciphers: &BOT_CIPHERS };
    let to = Server { host: server, port: 443, name, round_trip_ms: 120 };
    deeds::secure(ground, start, host, to, asked, |connection, dice| {
        tls::exchange(connection, dice, 210, 64);
        connection.close(Side::Orig);
    });
}

/// By TLS each five minutes, give or take three tenths.
fn call_with_jitter(agenda: &mut Agenda, ground: &mut Ground, cast: &mut Cast<'_>) {
    let Some(desk) = cast.desk() else { return };
    let Some((at, until)) = calls(ground, cast, 2, 300) else { return };
    let (host, server) = (desk.host, bad(41));
    let deed = ground.truth.infect("beacon", host.addr, "TLS each 300 s, give or take 30 %");
    agenda.add(at, move |now, ground| {
        ring(ground, now, host, server, "cdn.velvet-metrics.example");
        ground.truth.seen(deed, now, server.addr);
        let next = now + Interval::from_millis(210_000 + ground.dice().below(180_000) as i64);
        (next < until).then_some(next)
    });
}

/// By TLS each ten minutes, to the second.
fn call_each_ten_minutes(agenda: &mut Agenda, ground: &mut Ground, cast: &mut Cast<'_>) {
    let Some(desk) = cast.desk() else { return };
    let Some((at, until)) = calls(ground, cast, 2, 600) else { return };
    let (host, server) = (desk.host, bad(42));
    let deed = ground.truth.infect("beacon", host.addr, "TLS each 600 s");
    agenda.add(at, move |now, ground| {
        ring(ground, now, host, server, "status.grey-signal.example");
        ground.truth.seen(deed, now, server.addr);
        let next = now + Interval::from_millis(600_000 + ground.dice().below(900) as i64);
        (next < until).then_some(next)
    });
}

/// By HTTP each twenty minutes, give or take a tenth, with an ordinary browser's name.
fn call_by_get(agenda: &mut Agenda, ground: &mut Ground, cast: &mut Cast<'_>) {
    let Some(desk) = cast.desk() else { return };
    let Some((at, until)) = calls(ground, cast, 2, 1200) else { return };
    let (host, server, agent) = (desk.host, bad(44), desk.agent);
    let deed = ground.truth.infect("beacon", host.addr, "HTTP GET each 1200 s, give or take 10 %");
    agenda.add(at, move |now, ground| {
        let name = "img.paper-kite.example";
        let start = deeds::found(ground, now, host, name, server.addr);
        let uri = format!("/pixel.gif?c={:012x}", ground.dice().roll() >> 16);
        let exchange = Exchange::get(name, &uri, agent, "image/gif", b"GIF89a\x01\0\x01\0\0\0\0;");
        deeds::http(ground, start, host, Server { host: server, port: 80, name, round_trip_ms: 95 }, &[exchange]);
        ground.truth.seen(deed, now, server.addr);
        let next = now + Interval::from_millis(1_080_000 + ground.dice().below(240_000) as i64);
        (next < until).then_some(next)
    });
}

/// One machine through all stages: a page leads to a program, the program calls home, is told to look around, and sends what it
/// found.
fn whole_story(agenda: &mut Agenda, ground: &mut Ground, cast: &mut Cast<'_>) {
    let Some(desk) = cast.desk() else { return };
    let length = (cast.day.secs() / 4).min(9000);
    let Some(at) = cast.day.spot(ground.dice(), length) else { return };
    let (host, agent, source, gate) = (desk.host, desk.agent, bad(46), bad(47));
    let fetched = ground.truth.infect("exe_download", host.addr, "first stage of a whole story: a program behind a link");
    let called = ground.truth.infect("beacon", host.addr, "second stage: HTTP POST each 45 s, give or take a tenth");
    let looked = ground.truth.infect("scan", host.addr, "third stage: looks for shares at 120 neighbours");
    let also = ground.truth.follow("worm", host.addr, "its search is on a worm's port");
    let (name, until) = ("files.overdue-letter.example", at + Interval::from_secs(length));
    agenda.add(at, move |now, ground| {
        let program = pe::harmless_program(45_000);
        let start = deeds::found(ground, now, host, name, source.addr);
        let moved = "Location: http://files.overdue-letter.example/doc/invoice_0412.pdf.exe\r\n";
        let link = Exchange { status: "302 Found", extra: moved, ..Exchange::get(name, "/pay?id=0412", agent, "text/html", b"moved\n") };
        let exchange = Exchange::get(name, "/doc/invoice_0412.pdf.exe", agent, "application/pdf", &program);
        deeds::http(ground, start, host, Server { host: source, port: 80, name, round_trip_ms: 105 }, &[link, exchange]);
        ground.truth.seen(fetched, now, source.addr);
        None
    });
    agenda.add(at + Interval::from_secs(70), move |now, ground| {
        let name = "node3.winter-relay.example";
        let start = deeds::found(ground, now, host, name, gate.addr);
        let bytes = 120 + ground.dice().below(60);
        let body = ground.dice().bytes(bytes);
        let request = web::Request { method: "POST", host: name, uri: "/u/in.php", agent: BOT, referrer: None, body: &body };
        let exchange = Exchange { request, status: "200 OK", kind: "text/html", extra: "", body: b"ok" };
        deeds::http(ground, start, host, Server { host: gate, port: 80, name, round_trip_ms: 150 }, &[exchange]);
        ground.truth.seen(called, now, gate.addr);
        let next = now + Interval::from_millis(40_500 + ground.dice().below(9000) as i64);
        (next < until).then_some(next)
    });
    let mut number = 0u8;
    agenda.add(at + Interval::from_secs(1200), move |now, ground| {
        let (target, port) = (inside(1, 10 + number, System::Windows), ground.port(host));
        let answer = if number.is_multiple_of(4) { Knock::Refused } else { Knock::Silence };
        ground.network.knock(now, (host, port), (target, 139), Path::LOCAL, answer);
        ground.truth.seen(looked, now, target.addr);
        ground.truth.seen(also, now, target.addr);
        number += 1;
        (number < 120).then(|| now + ground.about_ms(1500))
    });
}

/// A screen saver that is a program, from a name that nobody else asks for.
fn fetch_saver(agenda: &mut Agenda, ground: &mut Ground, cast: &mut Cast<'_>) {
    let Some(desk) = cast.desk() else { return };
    let Some(at) = cast.day.spot(ground.dice(), 300) else { return };
    let (host, server, agent) = (desk.host, bad(45), desk.agent);
    let deed = ground.truth.infect("exe_download", host.addr, "a screen saver that is a program, from a name that nobody else asks for");
    agenda.add(at, move |now, ground| {
        let (name, program) = ("download.free-savers.example", pe::harmless_program(30_000));
        let start = deeds::found(ground, now, host, name, server.addr);
        let exchange = Exchange::get(name, "/best/aquarium.scr", agent, "application/octet-stream", &program);
        deeds::http(ground, start, host, Server { host: server, port: 80, name, round_trip_ms: 130 }, &[exchange]);
        ground.truth.seen(deed, now, server.addr);
        None
    });
}

/// An executable from a bare address, under the name and type of a picture.
fn fetch_program(agenda: &mut Agenda, ground: &mut Ground, cast: &mut Cast<'_>) {
    let Some(desk) = cast.desk() else { return };
    let Some(at) = cast.day.spot(ground.dice(), 300) else { return };
    let (host, server) = (desk.host, bad(43));
    let deed = ground.truth.infect("exe_download", host.addr, "a Windows program from a bare address, called a picture");
    agenda.add(at, move |now, ground| {
        let (name, program) = (server.addr.to_string(), pe::harmless_program(60_000));
        let exchange = Exchange::get(&name, "/img/summer-042.jpg", BOT, "image/jpeg", &program);
        deeds::http(ground, now, host, Server { host: server, port: 80, name: &name, round_trip_ms: 110 }, &[exchange]);
        ground.truth.seen(deed, now, server.addr);
        None
    });
}
