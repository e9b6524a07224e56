//! How much of the traffic the capture missed: `capture_loss.log`, and notices where there was too much loss or no
//! traffic to measure it by.
//!
//! Loss is estimated from acknowledgements of bytes that were never seen. The engine tells its correlators at each
//! measurement what its workers counted (`_gap_stats`); *when* to measure is the matter of [`Schedule`], which the engine
//! asks for every packet. Semantics: Zeek's policy script `misc/capture-loss`.

pub mod log;

use contract::Correlator;
use model::{
    Event, Interval, Kind, Timestamp, Value,
    kinds::{gap_stats, notice},
};

/// The first measurement comes this long after the first packet.
const FIRST_AFTER: Interval = Interval::from_secs(60);
/// The others come this long after the one before.
const EVERY: Interval = Interval::from_secs(15 * 60);
/// From this share of gaps on there is too much loss, in percent.
const TOO_MUCH_PERCENT: f64 = 10.0;
/// With fewer acknowledgements than this there is too little traffic.
const ACKS_MIN: u64 = 1;
/// What a notice without an address is held back for; it never is, but the column says so.
const SUPPRESSED_FOR: Interval = Interval::from_secs(3600);

/// Says when to measure, from the times of all packets in the order in which they are read.
#[derive(Debug, Default)]
pub struct Schedule {
    due: Option<Timestamp>,
    last: Option<Timestamp>,
}

impl Schedule {
    /// A packet was read (and is counted by the measurement that it triggers). Returns the time of a measurement that is
    /// to be made after that packet, which is the packet's own time.
    pub fn on_packet(&mut self, at: Timestamp) -> Option<Timestamp> {
        let now = self.last.map_or(at, |last| last.max(at));
        self.last = Some(now);
        match self.due {
            None => {
                // Zeek asks for the first measurement before any packet, at the epoch, and again when that comes due: with
                // today's clocks at the first packet, in a capture that begins at the epoch a minute later.
                self.due = Some(now + FIRST_AFTER).filter(|_| now.nanos() >= FIRST_AFTER.nanos());
                None
            }
            Some(due) if now >= due => {
                self.due = Some(now + EVERY);
                Some(now)
            }
            Some(_) => None,
        }
    }
}

/// The correlator of `capture_loss.log`.
#[derive(Debug, Default)]
pub struct CaptureLoss {
    /// The measurement that is being added up.
    open: Option<Measurement>,
    /// When the one before was made; before the first, when the first packet came, as far as that is known.
    before: Option<Timestamp>,
}

/// A measurement, over all workers.
#[derive(Clone, Copy, Debug)]
struct Measurement {
    at: Timestamp,
    /// The last one of all may have the same time as the one before.
    at_end: bool,
    acks: u64,
    gaps: u64,
}

impl Correlator for CaptureLoss {
    fn kinds(&self) -> &'static [&'static Kind] {
        &[&log::KIND, &notice::KIND]
    }

    fn on_event(&mut self, event: &mut Event, out: &mut Vec<Event>) -> bool {
        if event.kind() != &gap_stats::KIND {
            return true;
        }
        let count = |column| event.get(column).as_count().unwrap_or_default();
        let at_end = event.get(gap_stats::AT_END) == &Value::Bool(true);
        if at_end && event.ts().nanos() < FIRST_AFTER.nanos() {
            // The schedule had not begun: nothing was due.
            return false;
        }
        let new = Measurement { at: event.ts(), at_end, acks: count(gap_stats::ACKS), gaps: count(gap_stats::GAPS) };
        self.open = match self.open.take() {
            Some(open) if (open.at, open.at_end) == (new.at, new.at_end) => {
                Some(Measurement { acks: open.acks + new.acks, gaps: open.gaps + new.gaps, ..new })
            }
            earlier => {
                self.write(earlier, out);
                Some(new)
            }
        };
        false
    }

    fn on_tick(&mut self, now: Timestamp, last: bool, out: &mut Vec<Event>) {
        if last || self.open.is_some_and(|open| open.at < now) {
            let open = self.open.take();
            self.write(open, out);
        }
    }

    fn held_bytes(&self) -> usize {
        0
    }
}

impl CaptureLoss {
    fn write(&mut self, measurement: Option<Measurement>, out: &mut Vec<Event>) {
        let Some(Measurement { at, acks, gaps, .. }) = measurement else { return };
        let percent = if acks == 0 { 0.0 } else { 100.0 * gaps as f64 / acks as f64 };
        let since = at.since(self.before.unwrap_or_else(|| Timestamp::from_nanos(at.nanos().saturating_sub(FIRST_AFTER.nanos()))));
        self.before = Some(at);
        if percent >= TOO_MUCH_PERCENT {
            let msg = format!("The capture loss script detected an estimated loss rate above {percent:.3}%");
            out.push(notice(at, "CaptureLoss::Too_Much_Loss", msg));
        }
        if acks < ACKS_MIN {
            let msg = format!("Only observed {acks} TCP ACKs and was expecting at least {ACKS_MIN}.");
            out.push(notice(at, "CaptureLoss::Too_Little_Traffic", msg));
        }
        let row = Event::new(&log::KIND, at).with(log::TS_DELTA, since).with(log::PEER, "zeek");
        out.push(row.with(log::GAPS, gaps).with(log::ACKS, acks).with(log::PERCENT_LOST, percent));
    }
}

fn notice(at: Timestamp, note: &'static str, msg: String) -> Event {
    let row = Event::new(&notice::KIND, at).with(notice::NOTE, note).with(notice::MSG, msg);
    let row = row.with(notice::ACTIONS, Value::list(["Notice::ACTION_LOG"])).with(notice::SUPPRESS_FOR, SUPPRESSED_FOR);
    row.with(notice::EMAIL_DEST, Value::list::<&str>([]))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(secs: i64) -> Timestamp {
        Timestamp::from_secs(secs)
    }

    #[test]
    fn measures_a_minute_after_the_first_packet_then_every_quarter_of_an_hour_and_at_the_end() {
        let mut schedule = Schedule::default();
        let times = [1000, 1059, 1061, 1500, 1960, 1961, 6000, 6001];
        let measured: Vec<_> = times.into_iter().filter_map(|secs| schedule.on_packet(at(secs))).collect();
        assert_eq!(measured, [at(1061), at(1961), at(6000)]);
        let mut early = Schedule::default();
        assert_eq!((early.on_packet(at(0)), early.on_packet(at(59))), (None, None));
        assert_eq!((early.on_packet(at(61)), early.on_packet(at(121))), (None, Some(at(121))));
    }

    #[test]
    fn workers_are_added_up() {
        let (mut loss, mut out) = (CaptureLoss::default(), Vec::new());
        for (secs, at_end, acks, gaps) in
            [(60, false, 0, 0), (60, false, 0, 0), (960, false, 5, 1), (960, false, 4, 0), (1860, false, 100, 9), (1860, true, 9, 0)]
        {
            let row = Event::new(&gap_stats::KIND, at(secs)).with(gap_stats::AT_END, at_end);
            let mut row = row.with(gap_stats::ACKS, acks as u64).with(gap_stats::GAPS, gaps as u64);
            assert!(!loss.on_event(&mut row, &mut out));
        }
        loss.on_tick(at(0), true, &mut out);
        let seen: Vec<_> =
            out.iter().map(|row| (row.ts().nanos() / 1_000_000_000, row.kind().name, row.get(notice::NOTE).as_bytes())).collect();
        let loss_rows: Vec<_> = seen.iter().filter(|row| row.1 == "capture_loss").map(|row| row.0).collect();
        assert_eq!(loss_rows, [60, 960, 1860, 1860]);
        let notes: Vec<_> = out
            .iter()
            .filter(|row| row.kind().name == "notice")
            .filter_map(|row| row.get(notice::MSG).as_bytes())
            .map(String::from_utf8_lossy)
            .collect();
        assert_eq!(
            notes,
            [
                "Only observed 0 TCP ACKs and was expecting at least 1.",
                "The capture loss script detected an estimated loss rate above 11.111%"
            ]
        );
    }
}
