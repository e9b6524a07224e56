//! Which news are told: a finding at once when it is new or gets worse, and at growing distances while it goes on.
//!
//! A finding is the same by its definition, host and subject. What a role excuses is never told, what is less than the set severity only
//! as part of an incident.

use super::notice::Why;
use contract::Severity;
use model::{Interval, Timestamp};
use pipeline::News;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, HashMap};

/// Findings whose telling is remembered: as many as there can be findings.
const TOLD_MAX: usize = 20_000;

/// What was told of a finding, as it is kept over a restart.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct ToldBefore {
    severity: u8,
    incident: bool,
    step: usize,
    at: i64,
}

#[derive(Debug)]
struct Told {
    severity: u8,
    incident: bool,
    /// How often it was told again.
    step: usize,
    at: Timestamp,
    /// The number of the last notice.
    number: u64,
    /// What has come since, to be told when its time comes.
    waits: Option<News>,
}

/// Decides.
#[derive(Debug)]
pub(crate) struct Throttle {
    severity: u8,
    repeat: Vec<Interval>,
    told: HashMap<String, Told>,
    forgotten: u64,
}

fn severity(name: &str) -> u8 {
    let all = [Severity::Info, Severity::Low, Severity::Medium, Severity::High, Severity::Critical];
    all.iter().position(|one| one.name() == name).unwrap_or_default() as u8
}

impl Throttle {
    pub(crate) fn new(least: Severity, repeat: Vec<Interval>, before: &BTreeMap<String, ToldBefore>) -> Self {
        let told = |before: &ToldBefore| Told {
            severity: before.severity,
            incident: before.incident,
            step: before.step,
            at: Timestamp::from_nanos(before.at),
            number: 0,
            waits: None,
        };
        let told = before.iter().map(|(id, before)| (id.clone(), told(before))).collect();
        Self { severity: severity(least.name()), repeat, told, forgotten: 0 }
    }

    /// Other settings; what was told stays.
    pub(crate) fn set(&mut self, least: Severity, repeat: Vec<Interval>) {
        (self.severity, self.repeat) = (severity(least.name()), repeat);
    }

    /// Whether news is told now. `number` is that of the next notice.
    pub(crate) fn news(&mut self, news: News, now: Timestamp, number: u64) -> Option<(Why, News)> {
        let (bad, incident) = (severity(&news.row.severity), news.score.is_some());
        if news.is_excused() || bad < self.severity && !incident {
            return None;
        }
        match self.told.get_mut(&news.row.id) {
            None => {
                self.make_room();
                let told = Told { severity: bad, incident, step: 0, at: now, number, waits: None };
                self.told.insert(news.row.id.clone(), told);
                Some((Why::New, news))
            }
            Some(told) if bad > told.severity || incident && !told.incident => {
                *told = Told { severity: bad, incident, step: 0, at: now, number, waits: None };
                Some((Why::Worse, news))
            }
            Some(told) => {
                told.waits = Some(news);
                None
            }
        }
    }

    /// What goes on and whose time has come.
    pub(crate) fn due(&mut self, now: Timestamp, number: u64) -> Vec<(Why, News)> {
        let Some(last) = self.repeat.len().checked_sub(1) else { return Vec::new() };
        let mut due = Vec::new();
        for told in self.told.values_mut() {
            let distance = self.repeat.get(told.step.min(last)).copied().unwrap_or(Interval::ZERO);
            if told.waits.is_some() && now.since(told.at) >= distance {
                (told.at, told.step) = (now, told.step + 1);
                due.extend(told.waits.take().map(|news| (Why::Again, news)));
            }
        }
        due.sort_by(|(_, a), (_, b)| (&a.row.first, &a.row.id).cmp(&(&b.row.first, &b.row.id)));
        for (place, (_, news)) in due.iter().enumerate() {
            if let Some(told) = self.told.get_mut(&news.row.id) {
                told.number = number + place as u64;
            }
        }
        due
    }

    /// What is to be remembered over a restart: not what nobody has been told yet, which is told again.
    pub(crate) fn before(&self, handled: u64) -> BTreeMap<String, ToldBefore> {
        let told = self.told.iter().filter(|(_, told)| told.number <= handled);
        told.map(|(id, told)| {
            let before = ToldBefore { severity: told.severity, incident: told.incident, step: told.step, at: told.at.nanos() };
            (id.clone(), before)
        })
        .collect()
    }

    /// Findings that were forgotten for want of room.
    pub(crate) const fn forgotten(&self) -> u64 {
        self.forgotten
    }

    /// The older half goes when there is no room.
    fn make_room(&mut self) {
        if self.told.len() < TOLD_MAX {
            return;
        }
        let mut times: Vec<Timestamp> = self.told.values().map(|told| told.at).collect();
        times.sort_unstable();
        let middle = times.get(times.len() / 2).copied().unwrap_or_default();
        self.told.retain(|_, told| told.at > middle);
        self.forgotten += (times.len() - self.told.len()) as u64;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::watch::notify::tests::news;

    fn throttle(before: &BTreeMap<String, ToldBefore>) -> Throttle {
        Throttle::new(Severity::Medium, vec![Interval::from_secs(60), Interval::from_secs(600)], before)
    }

    #[test]
    fn a_finding_is_told_at_once_when_worse_and_in_steps() {
        let (mut throttle, at) = (throttle(&BTreeMap::new()), Timestamp::from_secs);
        let why = |told: Option<(Why, News)>| told.map(|(why, _)| why);
        assert_eq!(why(throttle.news(news("D1", "low", None), at(0), 1)), None);
        assert_eq!(why(throttle.news(news("D1", "medium", None), at(0), 1)), Some(Why::New));
        assert_eq!(why(throttle.news(news("D1", "medium", None), at(1), 2)), None);
        assert_eq!(why(throttle.news(news("D1", "high", None), at(2), 2)), Some(Why::Worse));
        assert_eq!(why(throttle.news(news("D1", "high", Some(900)), at(3), 3)), Some(Why::Worse));
        assert_eq!(why(throttle.news(news("D1", "high", Some(950)), at(4), 4)), None);
        let mut due = |secs| throttle.due(at(secs), 4).len();
        assert_eq!([due(62), due(63), due(64)], [0, 1, 0]);
        throttle.news(news("D1", "high", Some(950)), at(100), 5);
        let mut due = |secs| throttle.due(at(secs), 5).len();
        assert_eq!([due(600), due(663)], [0, 1]);
        // An excused one, and a small one that is part of an incident.
        let mut excused = news("D2", "high", None);
        excused.row.excluded.push(story::Exclusion { applies: true, ..story::Exclusion::default() });
        assert_eq!(why(throttle.news(excused, at(700), 6)), None);
        assert_eq!(why(throttle.news(news("D3", "info", Some(700)), at(700), 6)), Some(Why::New));
    }

    #[test]
    fn what_was_told_is_remembered_but_not_what_has_not_arrived() {
        let (mut first, at) = (throttle(&BTreeMap::new()), Timestamp::from_secs);
        first.news(news("D1", "high", None), at(0), 1);
        first.news(news("D2", "high", None), at(0), 2);
        let before = first.before(1);
        assert_eq!(before.keys().collect::<Vec<_>>(), ["D1"]);
        let mut second = throttle(&before);
        assert!(second.news(news("D1", "high", None), at(9), 1).is_none() && second.news(news("D2", "high", None), at(9), 1).is_some());
    }

    #[test]
    fn a_flood_leaves_the_newer_half() {
        let mut throttle = throttle(&BTreeMap::new());
        for number in 0..TOLD_MAX as i64 + 1 {
            throttle.news(news(&format!("D{number}"), "high", None), Timestamp::from_secs(number), 1);
        }
        assert!(throttle.told.len() <= TOLD_MAX / 2 + 1 && throttle.forgotten() >= TOLD_MAX as u64 / 2);
    }
}
