//! Daily life (B8, P10): what is used by whom and how much, what is new today, and today against the usual.
//!
//! Definition (DETECTIONS.md `profile`; S1's traffic profile per application; S2, "know the everyday"): per application the
//! sessions of each hour over 14 days. *New*: an application that no inside host has used in the day or more before. *Unusual*:
//! an hour with ten times the median of the same hour on at least three other days. Both are notes and accuse nobody: S2's
//! author asks people first. Captures of less than a day say nothing. The tables behind `hyakuyo profile` are in [`Ledger`].
//! Left out: what was denied (a firewall's log tells it; here nothing answers), and ports of the upper half, which are drawn.

mod hours;
mod ledger;
mod spread;

pub use ledger::{By, Compared, Ledger, Line, Session};
pub use spread::Spread;

use crate::hash;
use contract::seen::{Conn, Seen, What};
use contract::{Behaviour, Chosen, Definition, Detector, Finding, Known, Part, Setting, Severity, Stage, Tell, Words};
use hours::DAYS_MAX;
use model::{Addr, Interval, Timestamp, Uid};
use std::collections::BTreeMap;

/// The row of the catalogue.
#[derive(Debug)]
pub struct Profile;

static DEFINITIONS: [Definition; 2] = [
    Definition {
        detector: "profile",
        name: "profile_new",
        title: Words {
            en: "uses an application that is new here", ja: "これまで使われていなかったアプリケーションを使った"
        },
        rule: Words {
            en: "a session that was answered, of an application that no inside host used in all that was seen before, which is a day at least",
            ja: "応答のあったセッションで、それ以前の 1 日以上の記録の中で内部のどのホストも使っていないアプリケーションである",
        },
        next: Words { en: "ask the host’s user what it is for", ja: "利用者に用途を確かめる" },
        source: "DETECTIONS.md profile; S1, S2",
        severity: Severity::Info,
        stage: Stage::Habit,
        part: Part::Actor,
        techniques: &[],
        excluded: &[],
    },
    Definition {
        detector: "profile",
        name: "profile_amount",
        title: Words {
            en: "uses an application far more than is usual at this hour",
            ja: "この時間帯としては普段より大幅に多く通信している",
        },
        rule: Words {
            en: "an hour in which an application has ten times the sessions of the median of that hour on at least three other days, and 100 at least; the host is the one with most of them",
            ja: "ある 1 時間のセッション数が、他の 3 日以上の同じ時間帯の中央値の 10 倍以上かつ 100 以上である。ホストはその大半を占めるもの",
        },
        next: Words {
            en: "see what the host did in that hour, beginning with what is rare: hyakuyo profile --rare",
            ja: "その時間の通信を、まれなものから確かめる（hyakuyo profile --rare）",
        },
        source: "DETECTIONS.md profile; S1, S2",
        severity: Severity::Info,
        stage: Stage::Habit,
        part: Part::Actor,
        techniques: &[],
        excluded: &[],
    },
];

const SETTINGS: &[Setting] = &[
    Setting { name: "learn_secs", default: 86_400.0, doc: "How much must have been seen before anything counts as new." },
    Setting { name: "times_min", default: 10.0, doc: "How many times the usual is unusual." },
    Setting { name: "sessions_min", default: 100.0, doc: "Sessions in an hour below which nothing is unusual." },
    Setting { name: "days_min", default: 3.0, doc: "Other days that must be known at that hour." },
];

/// Applications that are watched: a network uses some dozens; more are ports that something tries.
const APPLICATIONS_MAX: usize = 512;
/// Findings of a day: beyond that nobody reads what was new.
const TOLD_MAX: u32 = 20;
/// The longest name, in bytes.
const NAME_BYTES_MAX: usize = 32;
/// Ports from here on are drawn by chance for one session, and name no application.
const DRAWN_PORT: u16 = 32_768;
/// Hours that one tick looks back: a day, so that a capture with a hole of years costs nothing.
const HOURS_JUDGED_MAX: i64 = 24;
const SLOTS: usize = DAYS_MAX + 1;

impl Behaviour for Profile {
    fn name(&self) -> &'static str {
        "profile"
    }
    fn definitions(&self) -> &'static [Definition] {
        &DEFINITIONS
    }
    fn settings(&self) -> &'static [Setting] {
        SETTINGS
    }
    fn wants(&self) -> &'static [What] {
        &[What::Conn]
    }
    fn held_bytes_max(&self) -> usize {
        APPLICATIONS_MAX * APPLICATION_BYTES
    }
    fn open(&self, settings: &Chosen) -> Box<dyn Detector> {
        Box::new(Watch {
            learn: settings.secs(SETTINGS, "learn_secs"),
            times_min: settings.get(SETTINGS, "times_min"),
            sessions_min: settings.count(SETTINGS, "sessions_min"),
            days_min: settings.count(SETTINGS, "days_min"),
            applications: BTreeMap::new(),
            begun: None,
            hour: i64::MIN,
            told: (0, 0),
            dropped: 0,
        })
    }
}

/// What one application takes: its name, its counts, and its node in the tree.
const APPLICATION_BYTES: usize = NAME_BYTES_MAX + SLOTS * 24 * 4 + 3 * size_of::<Application>();

struct Application {
    name: Box<[u8]>,
    /// Sessions by day and hour of the day; a day's slot is its number modulo [`SLOTS`].
    counts: Box<[[u32; 24]; SLOTS]>,
    days: [i64; SLOTS],
    /// Who had most of an hour's sessions, by Boyer and Moore's vote: the hour, the host, its lead.
    leader: (i64, Addr, u32),
    proof: Option<Uid>,
}

impl Application {
    fn count(&mut self, hour: i64, by: Addr) {
        let (day, of_day) = (hour.div_euclid(24), hour.rem_euclid(24) as usize);
        let slot = day.rem_euclid(SLOTS as i64) as usize;
        let (Some(known), Some(counts)) = (self.days.get_mut(slot), self.counts.get_mut(slot)) else { return };
        if *known != day {
            *known = day;
            *counts = [0; 24];
        }
        if let Some(count) = counts.get_mut(of_day) {
            *count = count.saturating_add(1);
        }
        match &mut self.leader {
            (known, host, lead) if *known == hour && *host == by => *lead += 1,
            (known, _, lead) if *known == hour && *lead > 0 => *lead -= 1,
            // The vote of a newer hour begins; what comes late for an older one changes nothing.
            (known, ..) if *known <= hour => self.leader = (hour, by, 1),
            _ => {}
        }
    }

    /// Sessions in an hour, and the median of that hour on other days with how many these are.
    fn compared(&self, hour: i64, first_day: i64) -> (u64, u64, u64) {
        let (day, of_day) = (hour.div_euclid(24), hour.rem_euclid(24) as usize);
        let at = |day: i64| {
            let slot = day.rem_euclid(SLOTS as i64) as usize;
            let held = self.days.get(slot).is_some_and(|known| *known == day);
            if held { self.counts.get(slot).and_then(|hours| hours.get(of_day)).copied().map_or(0, u64::from) } else { 0 }
        };
        let from = first_day.max(day - DAYS_MAX as i64);
        let mut others: Vec<u64> = (from..day).map(at).collect();
        others.sort_unstable();
        (at(day), others.get(others.len() / 2).copied().unwrap_or(0), others.len() as u64)
    }
}

struct Watch {
    learn: Interval,
    times_min: f64,
    sessions_min: u64,
    days_min: u64,
    applications: BTreeMap<u64, Application>,
    begun: Option<Timestamp>,
    hour: i64,
    /// The day, and how many findings it had.
    told: (i64, u32),
    dropped: u64,
}

impl Detector for Watch {
    fn on(&mut self, seen: &Seen<'_>, known: &dyn Known, out: &mut dyn Tell) {
        let Seen::Conn(conn) = seen else { return };
        let begun = *self.begun.get_or_insert(conn.ts());
        let (Some((orig, _)), Some((_, port))) = (conn.orig(), conn.resp()) else { return };
        let answered = conn.resp_pkts().or_else(|| conn.resp_bytes()).unwrap_or(0) > 0;
        if !answered || !known.is_inside(orig) {
            return;
        }
        let Some(key) = key(conn, port) else { return };
        let hour = hours::hour_of(conn.ts().nanos() / 1000);
        if let Some(application) = self.applications.get_mut(&key) {
            application.count(hour, orig);
            application.proof = conn.uid();
            return;
        }
        if self.applications.len() >= APPLICATIONS_MAX {
            self.dropped += 1;
            return;
        }
        let name = name(conn, port);
        let mut application = Application {
            name: name.as_slice().into(),
            counts: Box::new([[0; 24]; SLOTS]),
            days: [i64::MIN; SLOTS],
            leader: (i64::MIN, orig, 0),
            proof: conn.uid(),
        };
        application.count(hour, orig);
        self.applications.insert(key, application);
        if conn.ts() - begun >= self.learn && self.may_tell(hour.div_euclid(24)) {
            let [new, _] = &DEFINITIONS;
            out.finding(Finding::new(new, orig, conn.ts(), 60).about(&name).peers(conn.resp().map(|(peer, _)| peer)).proof(conn.uid()));
        }
    }

    fn tick(&mut self, now: Timestamp, last: bool, _known: &dyn Known, out: &mut dyn Tell) {
        let hour = hours::hour_of(now.nanos() / 1000);
        if self.hour == i64::MIN {
            self.hour = hour;
        }
        if hour <= self.hour && !last {
            return;
        }
        // Where nothing was seen for long, the hours between held nothing to judge.
        let from = self.hour.max(hour - HOURS_JUDGED_MAX);
        for ended in from..hour + i64::from(last) {
            self.judge(ended, now, out);
        }
        self.hour = hour;
    }

    fn held_bytes(&self) -> usize {
        self.applications.len() * APPLICATION_BYTES
    }

    fn dropped(&self) -> u64 {
        self.dropped
    }
}

impl Watch {
    /// Looks at an hour that has ended.
    fn judge(&mut self, hour: i64, now: Timestamp, out: &mut dyn Tell) {
        let Some(begun) = self.begun else { return };
        let first_day = hours::hour_of(begun.nanos() / 1000).div_euclid(24);
        let [_, amount] = &DEFINITIONS;
        let mut found = Vec::new();
        for application in self.applications.values() {
            let (count, usual, days) = application.compared(hour, first_day);
            let (voted, leader, _) = application.leader;
            let most = usual.max(1) as f64 * self.times_min;
            if days >= self.days_min && count >= self.sessions_min && count as f64 >= most && voted == hour {
                found.push(
                    Finding::new(amount, leader, now, 50)
                        .about(&application.name)
                        .times(count)
                        .measure("sessions", count as f64, most, "")
                        .note("usual", usual as f64, "")
                        .note("days", days as f64, "d")
                        .proof(application.proof),
                );
            }
        }
        for finding in found {
            if self.may_tell(hour.div_euclid(24)) {
                out.finding(finding);
            }
        }
    }

    /// Whether one more may be said on a day.
    fn may_tell(&mut self, day: i64) -> bool {
        if self.told.0 != day {
            self.told = (day, 0);
        }
        self.told.1 += 1;
        self.told.1 <= TOLD_MAX
    }
}

/// What an application is known by: its service, or a port that names one.
fn key(conn: &Conn<'_>, port: u16) -> Option<u64> {
    match conn.service() {
        b"" if port == 0 || port >= DRAWN_PORT => None,
        b"" => Some(u64::from(port) << 8 | conn.proto() as u64),
        service => Some(hash(service)),
    }
}

fn name(conn: &Conn<'_>, port: u16) -> Vec<u8> {
    match conn.service() {
        b"" => format!("{port}/{}", conn.proto().name()).into_bytes(),
        service => service.get(..NAME_BYTES_MAX).unwrap_or(service).to_vec(),
    }
}
