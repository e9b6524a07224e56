//! Telling of findings as they happen: to the terminal, a file, syslog, a web hook, by mail.
//!
//! [`throttle`] decides what is told; [`notice`] writes it; each place has a thread and a bounded queue of its own ([`outlet`]), so that a
//! slow or dead one delays nobody. What a place has not taken when the program ends suddenly is told again at the next start:
//! once or twice, not never.

mod channel;
mod mail;
mod notice;
mod outlet;
mod syslog;
mod throttle;
mod webhook;

pub(crate) use mail::{Helper, serve};
pub(crate) use throttle::ToldBefore;

use super::config::{Notify, Sink, To};
use model::{Interval, Timestamp};
use notice::{Notice, Voice};
use outlet::Outlet;
use pipeline::News;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;
use throttle::Throttle;

/// All places, and what they were told.
pub(crate) struct Notifier {
    throttle: Throttle,
    outlets: Vec<Outlet>,
    next: u64,
    /// The folder of the running day, for commands to copy.
    folder: String,
}

fn intervals(steps: &[Duration]) -> Vec<Interval> {
    steps.iter().map(|step| Interval::from_secs(i64::try_from(step.as_secs()).unwrap_or(i64::MAX))).collect()
}

impl Notifier {
    /// Opens all places. `helper` begins the process that runs mail commands, while that is allowed.
    pub(crate) fn open(notify: &Notify, before: &BTreeMap<String, ToldBefore>, helpers: Vec<Helper>) -> Self {
        let voice = Voice { sensor: notify.sensor.clone(), language: notify.language };
        let mut helpers = helpers.into_iter();
        let open = |sink: &Sink| {
            let helper = if matches!(sink.to, To::Mail { .. }) { helpers.next() } else { None };
            Outlet::open(name(&sink.to), sink.per_minute, channel::open(&sink.to, &voice, helper))
        };
        let outlets = notify.sinks.iter().map(open).collect();
        Self { throttle: Throttle::new(notify.severity, intervals(&notify.repeat), before), outlets, next: 1, folder: String::new() }
    }

    /// The folder in which what is told now can be looked at.
    pub(crate) fn set_folder(&mut self, folder: &str) {
        folder.clone_into(&mut self.folder);
    }

    /// Other settings for what is told; places stay as they are.
    pub(crate) fn replace(&mut self, notify: &Notify) {
        self.throttle.set(notify.severity, intervals(&notify.repeat));
    }

    /// Tells of news, and of what goes on.
    pub(crate) fn tell(&mut self, news: Vec<News>, now: Timestamp) {
        for one in news {
            if let Some((why, news)) = self.throttle.news(one, now, self.next) {
                self.hand_out(Notice::new(self.next, why, now, &news, &self.folder));
            }
        }
        for (why, news) in self.throttle.due(now, self.next) {
            self.hand_out(Notice::new(self.next, why, now, &news, &self.folder));
        }
    }

    fn hand_out(&mut self, notice: Notice) {
        self.next += 1;
        let notice = Arc::new(notice);
        for outlet in &mut self.outlets {
            outlet.take(&notice);
        }
    }

    /// What was told so far and has arrived (or was given up).
    pub(crate) fn before(&self) -> BTreeMap<String, ToldBefore> {
        let handled = self.outlets.iter().map(Outlet::handled).min().unwrap_or(u64::MAX);
        self.throttle.before(handled)
    }

    /// Each place with what it took, what failed, what was dropped, and how many wait.
    pub(crate) fn counts(&self) -> Vec<(String, outlet::Counts)> {
        self.outlets.iter().map(|outlet| (outlet.name().to_owned(), outlet.counts())).collect()
    }

    /// Findings whose telling was forgotten for want of room.
    pub(crate) const fn forgotten(&self) -> u64 {
        self.throttle.forgotten()
    }

    /// Waits for what is underway, for a moment.
    pub(crate) fn close(&mut self, most: Duration) {
        let until = std::time::Instant::now() + most;
        for outlet in &mut self.outlets {
            outlet.close(until);
        }
    }
}

/// What a place is called in metrics and messages; without what is secret of it.
fn name(to: &To) -> String {
    match to {
        To::Terminal => "terminal".to_owned(),
        To::Json(path) => format!("json {}", path.display()),
        To::Syslog { to, .. } => format!("syslog {to}"),
        // Paths and queries of hooks often are their passwords.
        To::Webhook { url, .. } => {
            format!("webhook {}", url.split('/').take(3).collect::<Vec<_>>().join("/").rsplit('@').next().unwrap_or_default())
        }
        To::Mail { to, .. } => format!("mail {}", to.join(" ")),
    }
}

#[cfg(test)]
mod tests;
