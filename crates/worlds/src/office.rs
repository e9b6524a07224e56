//! An hour in a small office: machines get their addresses, set their clocks, people read the web and write mail and log in
//! somewhere; and one of them follows a link in a mail.

use crate::World;
use crate::cast::{DESKS, DROPPER, GATE, MAIL, ORDERS, RESOLVER, ROUTER, SITES};
use crate::scene::{bot, dhcp, dns, mail, ntp, ssh, web};
use crate::stage::Stage;
use model::{Addr, Interval, Timestamp};
use testkit::network::{Host, Path};
use testkit::packet::Mac;

/// When it happens: 2024-04-12 08:55 UTC, a Friday.
const START: Timestamp = Timestamp::from_secs(1_712_912_100);

/// How long, in seconds.
const LENGTH_SECS: i64 = 3600;

/// How many pages each person looks at.
const VISITS: usize = 16;

/// What there is to be found in the office's capture.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Story {
    /// The infected machine.
    pub victim: Addr,
    /// Where the program came from: address, host name, path.
    pub dropper: (Addr, &'static str, &'static str),
    /// The program itself.
    pub program: Vec<u8>,
    /// Whom it reports to: address, host name, path.
    pub gate: (Addr, &'static str, &'static str),
    /// From one report to the next, in seconds.
    pub beacon_secs: i64,
    /// Where its orders come from: address, port, channel.
    pub orders: (Addr, u16, &'static str),
}

/// Makes the office's capture. The same seed gives the same bytes.
pub fn office(seed: u64) -> World {
    let mut stage = Stage::new(seed);
    let end = START + Interval::from_secs(LENGTH_SECS);
    arrive(&mut stage);
    for desk in 0..DESKS.len() {
        work(&mut stage, desk, end);
    }
    correspond(&mut stage);
    infect(&mut stage, end);
    let mut frames = stage.network.into_frames();
    frames.retain(|(at, _)| *at < end);
    World { frames, story: story() }
}

fn story() -> Story {
    Story {
        victim: bot::victim().addr,
        dropper: (DROPPER.addr, bot::DROPPER_NAME, bot::DROPPER_URI),
        program: bot::program(),
        gate: (GATE.addr, bot::GATE_NAME, bot::GATE_URI),
        beacon_secs: bot::BEACON_SECS,
        orders: (ORDERS.addr, bot::ORDERS_PORT, bot::CHANNEL),
    }
}

/// The machines are switched on, one after the other.
fn arrive(stage: &mut Stage) {
    for (number, (name, host)) in DESKS.into_iter().enumerate() {
        let at = START + Interval::from_secs(number as i64 * 11) + stage.about_ms(2000);
        dhcp::lease(stage, at, name, host);
        stage.network.arp(at + Interval::from_millis(60), host, ROUTER);
        stage.network.arp(at + Interval::from_millis(61), host, RESOLVER);
        announce(stage, at + Interval::from_millis(300), name, host);
        let asked = at + Interval::from_secs(2);
        let set = stage.resolve(asked, host, "time.steady-clock.example", &dns::Answer::Address(crate::cast::TIME.addr));
        ntp::ask(stage, set, host);
        for later in 1..4 {
            let at = set + Interval::from_secs(later * 1024) + stage.about_ms(800);
            ntp::ask(stage, at, host);
        }
    }
}

/// A machine asks the others, by multicast (RFC 6762), whether its name is taken.
fn announce(stage: &mut Stage, at: Timestamp, name: &str, host: Host) {
    let everybody = Host { addr: Addr::v4([224, 0, 0, 251]), mac: Mac([0x01, 0, 0x5e, 0, 0, 0xfb]), ..host };
    let local = format!("{}.local", name.to_lowercase());
    let question = dns::Question { name: &local, kind: 255 };
    for repeat in 0..3 {
        stage.network.udp(at + Interval::from_millis(repeat * 250), (host, 5353), (everybody, 5353), &question.query(0));
    }
}

/// A person's hour: pages, now and then a misspelt name, a check whether the router is there; two of them log in elsewhere.
fn work(stage: &mut Stage, desk: usize, end: Timestamp) {
    let (_, host) = DESKS[desk];
    let first = START + Interval::from_secs(150 + desk as i64 * 7);
    let span = (end.since(first).nanos() / 1_000_000_000 - 60) as u64;
    for _ in 0..VISITS {
        let at = first + Interval::from_millis(stage.dice().between(0, span * 1000) as i64);
        let site = *stage.dice().pick(&SITES);
        web::visit(stage, at, host, &site);
    }
    let at = first + Interval::from_secs(stage.dice().between(0, span) as i64);
    let question = dns::Question { name: "wwww.rice-field.example", kind: 1 };
    stage.ask_name(at, at + Interval::from_millis(20), (host, RESOLVER), &question, None);
    if desk.is_multiple_of(3) {
        for sequence in 0..4 {
            let at = at + Interval::from_secs(5 + sequence);
            stage.network.ping(at, host, ROUTER, Path::LOCAL, sequence as u16, b"abcdefghijklmnopqrstuvwabcdefghi");
        }
    }
    if desk == 3 || desk == 7 {
        ssh::login(stage, first + Interval::from_secs(120), host, 12);
    }
}

/// The mail of the hour, the one with the link among it.
fn correspond(stage: &mut Stage) {
    let report = [&b"%PDF-1.4\n%\xe2\xe3\xcf\xd3\n"[..], &stage.dice().bytes(30_000), b"\n%%EOF\n"].concat();
    let letter = |from, to, subject, text| mail::Letter { from, to, subject, text, attachment: None };
    let minutes = |minutes: i64| START + Interval::from_secs(minutes * 60);
    let lunch = letter("aoi@office.example", "haru@office.example", "Lunch", "Noodles at noon?\r\n\r\nAoi");
    mail::submit(stage, minutes(21), DESKS[0].1, &lunch);
    let answer = letter("haru@office.example", "aoi@office.example", "Re: Lunch", "Gladly.\r\n\r\nHaru");
    mail::submit(stage, minutes(24), DESKS[1].1, &answer);
    let mut plan = letter("accounts@office.example", "orders@cedar-print.example", "April order", "The order is attached.\r\n\r\nAccounts");
    plan.attachment = Some(("order-april.pdf", &report));
    mail::submit(stage, minutes(30), DESKS[5].1, &plan);
    mail::send_out(stage, minutes(30) + Interval::from_millis(900), &plan);
    let text = "Your invoice 0412 is overdue. Please see\r\n\r\n  http://files.late-invoice.example/pay?id=0412\r\n\r\nbefore noon.";
    mail::receive(stage, minutes(9), &letter("billing@late-invoice.example", "reception@office.example", "Overdue invoice 0412", text));
    // The reception's mail program fetches it.
    let mut connection = stage.connect(minutes(11), DESKS[crate::cast::VICTIM].1, (MAIL, 110), Path::LOCAL);
    let thinking = Interval::from_millis(2);
    connection.say(contract::Side::Resp, b"+OK Dovecot ready.\r\n");
    let message = format!(
        "+OK 220 octets\r\nFrom: billing@late-invoice.example\r\nTo: reception@office.example\r\nSubject: Overdue invoice 0412\r\n\r\n{text}\r\n.\r\n"
    );
    let exchanges: [(&str, &str); 6] = [
        ("USER reception\r\n", "+OK\r\n"),
        ("PASS front-desk\r\n", "+OK Logged in.\r\n"),
        ("STAT\r\n", "+OK 1 220\r\n"),
        ("RETR 1\r\n", &message),
        ("DELE 1\r\n", "+OK Marked to be deleted.\r\n"),
        ("QUIT\r\n", "+OK Logging out.\r\n"),
    ];
    for (question, answer) in exchanges {
        connection.ask(question.as_bytes(), thinking, answer.as_bytes());
    }
    connection.close(contract::Side::Resp);
}

fn infect(stage: &mut Stage, end: Timestamp) {
    let clicked = START + Interval::from_secs(12 * 60 + 40);
    let fetched = bot::fetch_program(stage, clicked);
    let started = fetched + Interval::from_secs(20);
    bot::beacon(stage, started, end);
    let ordered = bot::obey(stage, started + Interval::from_secs(45), end);
    bot::scan(stage, ordered + Interval::from_secs(2));
}
