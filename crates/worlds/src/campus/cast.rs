//! Who is on the campus: the servers, the desks and their hours, and the part that each desk plays.

use super::space::inside;
use crate::scene::web;
use model::{Interval, Timestamp};
use testkit::dice::Dice;
use testkit::network::{Host, System};

/// The name servers, which ask outside for everybody.
pub(crate) const RESOLVERS: [Host; 2] = [inside(0, 2, System::LinuxStamped), inside(0, 3, System::LinuxStamped)];
/// The mail servers, which really send mail to the world.
pub(crate) const MAIL_SERVERS: [Host; 2] = [inside(0, 25, System::LinuxStamped), inside(0, 26, System::LinuxOld)];
/// Sends the newsletter.
pub(crate) const LIST_MAILER: Host = inside(0, 30, System::LinuxOld);
/// Reads the web for the search engine of the library.
pub(crate) const CRAWLER: Host = inside(0, 40, System::LinuxStamped);
/// Looks whether everything is up.
pub(crate) const MONITOR: Host = inside(0, 50, System::LinuxOld);
/// Looks for open ports by order of the network's office.
pub(crate) const SECURITY_SCANNER: Host = inside(0, 51, System::LinuxStamped);
/// The file server.
pub(crate) const FILES: Host = inside(0, 60, System::Windows);
/// The server that people log in to.
pub(crate) const BUILD: Host = inside(0, 61, System::LinuxStamped);
/// The inside web.
pub(crate) const INTRANET: Host = inside(0, 62, System::LinuxStamped);
/// Files for partners.
pub(crate) const FTP: Host = inside(0, 63, System::LinuxOld);
/// The proxy, where the network is closed.
pub(crate) const PROXY: Host = inside(0, 80, System::LinuxStamped);
/// A name server that was switched off, and that some machines still ask.
pub(crate) const DEAD_RESOLVER: Host = inside(0, 9, System::Linux);
/// A router that is known to hide a laboratory.
pub(crate) const LABORATORY: u8 = 77;

/// All servers.
pub(crate) const SERVERS: [Host; 13] = [
    RESOLVERS[0],
    RESOLVERS[1],
    MAIL_SERVERS[0],
    MAIL_SERVERS[1],
    LIST_MAILER,
    CRAWLER,
    MONITOR,
    SECURITY_SCANNER,
    FILES,
    BUILD,
    INTRANET,
    FTP,
    PROXY,
];

/// The campus's domain.
pub(crate) const DOMAIN: &str = "campus.example";

/// A person's machine.
#[derive(Clone, Debug)]
pub(crate) struct Desk {
    pub(crate) host: Host,
    /// What its browser calls itself.
    pub(crate) agent: &'static str,
    /// From when to when its person is there.
    pub(crate) shift: (Timestamp, Timestamp),
    /// Its number, from 0.
    pub(crate) number: usize,
}

/// The time that is shown.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Day {
    pub(crate) start: Timestamp,
    pub(crate) end: Timestamp,
}

impl Day {
    /// So many hours from midnight on, or from half past eight on where it is only a part of the day: 2024-04-12, a Friday.
    pub(crate) fn new(hours: u32) -> Self {
        let midnight = Timestamp::from_secs(1_712_880_000);
        let first = if hours >= 20 { 0 } else { 30_600 };
        let start = midnight + Interval::from_secs(first);
        Self { start, end: start + Interval::from_secs(i64::from(hours) * 3600) }
    }

    /// How long it is, in seconds.
    pub(crate) const fn secs(&self) -> i64 {
        self.end.since(self.start).nanos() / 1_000_000_000
    }

    /// A time at which something of that length fits in, in working hours if it can; `None` where the day is too short.
    pub(crate) fn spot(&self, dice: &mut Dice, lasting_secs: i64) -> Option<Timestamp> {
        let (open, close) = if self.secs() >= 72_000 { (31_000, 64_000) } else { (120, self.secs()) };
        let (open, close) = if close - open < lasting_secs + 60 { (600, self.secs()) } else { (open, close) };
        let last = close - lasting_secs - 30;
        (last > open).then(|| self.start + Interval::from_millis(dice.between(open as u64 * 1000, last as u64 * 1000) as i64))
    }
}

/// The desks, in an order that the dice decide: whoever needs some for a part takes the next ones.
pub(crate) fn desks(dice: &mut Dice, day: Day, count: usize) -> Vec<Desk> {
    let mut desks: Vec<Desk> = (0..count).map(|number| desk(dice, day, number)).collect();
    for at in (1..desks.len()).rev() {
        desks.swap(at, dice.below(at + 1));
    }
    desks
}

fn desk(dice: &mut Dice, day: Day, number: usize) -> Desk {
    let system = match dice.below(100) {
        0..58 => System::Windows,
        58..68 => System::Windows7,
        68..84 => System::Mac,
        84..94 => System::LinuxStamped,
        _ => System::LinuxOld,
    };
    let host = inside(1 + (number / 200) as u8, 10 + (number % 200) as u8, system);
    let shift = if day.secs() >= 72_000 {
        let arrives = 27_900 + (dice.below(3600) + dice.below(3600)) as i64;
        let leaves = 60_000 + (dice.below(5400) + dice.below(5400)) as i64;
        (day.start + Interval::from_secs(arrives), day.start + Interval::from_secs(leaves))
    } else {
        (day.start + Interval::from_secs(5 + dice.below(600) as i64), day.end)
    };
    Desk { host, agent: agent(dice, system), shift, number }
}

/// The browsers that people have.
fn agent(dice: &mut Dice, system: System) -> &'static str {
    let chrome = dice.chance(650);
    match system {
        System::Windows if chrome => {
            "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/123.0.0.0 Safari/537.36"
        }
        System::Windows7 if chrome => {
            "Mozilla/5.0 (Windows NT 6.1; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/109.0.0.0 Safari/537.36"
        }
        System::Mac if chrome => {
            "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/123.0.0.0 Safari/537.36"
        }
        _ => web::agent(system),
    }
}
