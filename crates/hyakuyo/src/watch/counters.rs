//! What is counted, as rows of `stats.log` and for Prometheus.

use super::engine::Engine;
use super::metrics::Numbers;
use intake::SourceCounts;

/// Every counter that is not nothing, by name.
pub(super) fn rows(engine: &mut Engine, intake: &[SourceCounts], waiting: u64) -> Vec<(String, u64)> {
    let (packets, bytes, records) = engine.session.taken();
    let mut all: Vec<(String, u64)> =
        vec![("packets".to_owned(), packets), ("bytes".to_owned(), bytes), ("events_read".to_owned(), records)];
    for source in intake {
        all.extend(source.all.named().map(|(name, count)| (format!("{name}({})", source.source), count)));
    }
    let (senders, refused, _) = engine.senders.counts();
    let read = engine.senders.read();
    all.extend([
        ("senders".to_owned(), senders as u64),
        ("senders_refused".to_owned(), refused),
        ("records_of_unwanted_senders".to_owned(), engine.unwanted),
        ("records_unread".to_owned(), read.formats.get("").copied().unwrap_or_default()),
        ("records_unread_not_kept".to_owned(), read.raw_dropped),
        ("waiting_bytes".to_owned(), waiting),
        ("journal_bytes".to_owned(), engine.journal.bytes()),
        ("journal_bytes_dropped".to_owned(), engine.journal.dropped()),
        ("findings_forgotten_by_notify".to_owned(), engine.notifier.forgotten()),
    ]);
    for (place, counts) in engine.notifier.counts() {
        let named = [("notify_sent", counts.sent), ("notify_failed", counts.failed), ("notify_dropped", counts.dropped)];
        all.extend(named.map(|(name, count)| (format!("{name}({place})"), count)));
    }
    all.extend(engine.session.losses().into_iter().map(|(name, count)| (name.to_owned(), count)));
    let always = ["packets", "bytes", "events_read"];
    all.retain(|(name, count)| *count > 0 || always.contains(&name.as_str()));
    all
}

/// The same for Prometheus.
pub(super) fn page(engine: &mut Engine, intake: &[SourceCounts], waiting: u64) -> String {
    let mut page = Numbers::default();
    let (packets, bytes, records) = engine.session.taken();
    page.counter("packets_total", "Packets that were analyzed.", &[], packets);
    page.counter("packet_bytes_total", "Their bytes.", &[], bytes);
    page.counter("events_read_total", "Events that were read from records.", &[], records);
    page.counter("rows_total", "Rows that were written.", &[], engine.rows.rows);
    page.counter("checkpoints_total", "Checkpoints that were written.", &[], engine.checkpoints);
    for source in intake {
        for (name, count) in source.all.named() {
            page.counter(
                "intake_total",
                "What came of each source, and what became of it.",
                &[("source", &source.source), ("what", name)],
                count,
            );
        }
    }
    let (senders, refused, of_sources) = engine.senders.counts();
    for (source, count) in of_sources {
        page.counter("records_total", "Records that were understood or kept raw.", &[("source", &source)], count);
    }
    let read = engine.senders.read();
    for (format, count) in &read.formats {
        let format = if format.is_empty() { "unread" } else { format };
        page.gauge("records_by_format", "Records of senders that are known now.", &[("format", format)], *count);
    }
    page.gauge("senders", "Senders and files whose state is kept.", &[], senders as u64);
    page.counter("senders_refused_total", "Deliveries of senders for which there was no room.", &[], refused);
    page.counter("records_unwanted_total", "Records of senders that may not send.", &[], engine.unwanted);
    page.gauge("waiting_bytes", "Bytes of records that wait to be understood.", &[], waiting);
    page.gauge("journal_bytes", "Bytes of records that are kept to go on from after a sudden end.", &[], engine.journal.bytes());
    page.counter("journal_bytes_dropped_total", "Those that had no room.", &[], engine.journal.dropped());
    for (place, counts) in engine.notifier.counts() {
        let doc = "Findings that were told, by place and by what became of that.";
        for (what, count) in [("sent", counts.sent), ("held", counts.held), ("failed", counts.failed), ("dropped", counts.dropped)] {
            page.counter("notify_total", doc, &[("to", &place), ("what", what)], count);
        }
        page.gauge("notify_waiting", "Findings that wait to be told.", &[("to", &place)], counts.waiting);
    }
    for (name, count) in engine.session.losses() {
        page.counter("lost_total", "What was lost or left out at a limit.", &[("what", name)], count);
    }
    page.text()
}
