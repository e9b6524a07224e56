//! Interrupted at any record, a source is read on without loss and without telling anything twice: it is read again, unheard, from the
//! oldest record that its decoders still need.

mod stage;

use formats::{Calendar, Reader, SourceAbout};
use model::{Event, Timestamp};
use stage::TestKinds;

/// What belongs together over several lines, begun and ended in each other.
const LINES: &[&str] = &[
    "Oct 26 09:42:48 fw %ASA-6-302013: Built inbound TCP connection 11 for outside:203.0.113.9/1443 (203.0.113.9/1443) to inside:10.0.0.5/8080 (10.0.0.5/8080)",
    "Oct 26 09:42:49 mx postfix/smtpd[7]: 4F2A1B3C4D: client=pc5.a.example[10.0.0.5]",
    "Oct 26 09:42:50 ns dnsmasq[8]: query[A] a.example from 10.0.0.5",
    "Oct 26 09:42:50 mx postfix/cleanup[7]: 4F2A1B3C4D: message-id=<1@a.example>",
    "Oct 26 09:42:51 vpn charon: 06[NET] <7> received packet: from 203.0.113.77[500] to 10.0.0.1[500] (7 bytes)",
    "Oct 26 09:42:51 fw %ASA-6-302013: Built outbound TCP connection 12 for outside:203.0.113.9/443 (203.0.113.9/443) to inside:10.0.0.6/1025 (10.0.0.6/1025)",
    "Oct 26 09:42:52 mx sm-mta[9]: k9Q9gm0071: from=<a@a.example>, size=7, class=0, nrcpts=1, msgid=<x>, proto=ESMTP, relay=pc5 [10.0.0.5]",
    "Oct 26 09:42:52 ns dnsmasq[8]: reply a.example is 203.0.113.9",
    "Oct 26 09:42:53 mx postfix/qmgr[7]: 4F2A1B3C4D: from=<a@a.example>, size=7, nrcpt=1 (queue active)",
    "2006-10-26 09:42:54 1GcnAB-0001Fg-Hi <= a@a.example H=pc5 (pc5) [10.0.0.5]:1036 P=esmtp S=7 id=x",
    "Oct 26 09:42:54 ns dnsmasq[8]: query[A] b.example from 10.0.0.6",
    "Oct 26 09:42:55 fw %ASA-6-302014: Teardown TCP connection 11 for outside:203.0.113.9/1443 to inside:10.0.0.5/8080 duration 0:00:07 bytes 70 TCP FINs",
    "Oct 26 09:42:55 mx sm-mta[9]: k9Q9gm0071: to=<b@b.example>, delay=00:00:01, relay=mx.b.example. [203.0.113.9], dsn=2.0.0, stat=Sent (ok)",
    "Oct 26 09:42:56 mx postfix/smtp[7]: 4F2A1B3C4D: to=<b@b.example>, relay=mx.b.example[203.0.113.9]:25, delay=1, dsn=2.0.0, status=sent (250 ok)",
    "Oct 26 09:42:57 vpn charon: 06[IKE] <7> authentication of 'x' with EAP successful",
    "2006-10-26 09:42:57 1GcnAB-0001Fg-Hi => b <b@b.example> R=dns T=remote_smtp H=mx [203.0.113.9]:25 C=\"250 ok\"",
    "Oct 26 09:42:58 mx postfix/qmgr[7]: 4F2A1B3C4D: removed",
    "2006-10-26 09:42:58 1GcnAB-0001Fg-Hi Completed",
    "Oct 26 09:42:58 ns dnsmasq[8]: reply b.example is 203.0.113.10",
    "Oct 26 09:42:59 fw %ASA-6-302014: Teardown TCP connection 12 for outside:203.0.113.9/443 to inside:10.0.0.6/1025 duration 0:00:08 bytes 70000 TCP FINs",
    "Oct 26 09:43:00 ns dnsmasq[8]: query[A] c.example from 10.0.0.6",
];

fn reader() -> Reader<'static> {
    let calendar = Calendar { latest: Timestamp::from_secs(1_162_339_200), ..Calendar::default() };
    Reader::new(&SourceAbout { name: "test".to_owned(), calendar }, &TestKinds)
}

fn feed(reader: &mut Reader<'_>, lines: &[&str]) -> Vec<(Timestamp, Event)> {
    let mut all = Vec::new();
    for line in lines {
        reader.feed(format!("{line}\n").as_bytes(), &mut |at, event| all.push((at, event)));
    }
    all
}

#[test]
fn a_source_is_read_on_after_any_record_as_if_nothing_had_happened() {
    let mut whole = reader();
    let mut expected = feed(&mut whole, LINES);
    whole.finish(&mut |at, event| expected.push((at, event)));
    assert!(expected.len() > 7, "{expected:?}");
    let mut waited = 0;
    for cut in 0..LINES.len() {
        let mut first = reader();
        // The time of the source before each record: where to begin is found by it.
        let mut before = Vec::new();
        let mut told = Vec::new();
        for line in &LINES[..cut] {
            before.push(first.now());
            told.extend(feed(&mut first, &[line]));
        }
        let from = first.since().map_or(cut, |since| before.iter().rposition(|at| *at < since).unwrap_or(0));
        waited += cut - from;
        let mut second = reader();
        feed(&mut second, &LINES[from..cut]);
        told.extend(feed(&mut second, &LINES[cut..]));
        second.finish(&mut |at, event| told.push((at, event)));
        assert_eq!(told, expected, "interrupted after {cut} records, read again from {from}");
    }
    assert!(waited > LINES.len(), "nothing was waited for: {waited}");
}
