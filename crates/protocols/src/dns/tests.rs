//! Messages built by hand, ordinary, malformed, with gaps, and split anywhere.

use super::{Dns, log};
use contract::{Chunk, FlowInfo, Protocol, Recorded, Side, Transport, Violation};
use model::{Addr, Event, Timestamp, Uid, Value};
use proptest::prelude::*;

fn flow(transport: Transport, resp: [u8; 4], port: u16) -> Recorded {
    Recorded::new(FlowInfo {
        uid: Uid::connection(&[b"dns"]),
        orig: (Addr::v4([10, 0, 0, 1]), 40000),
        resp: (Addr::v4(resp), port),
        transport,
        start: Timestamp::from_secs(1),
        midstream: false,
        note: Box::default(),
    })
}

fn header(id: u16, flags: u16, counts: [u16; 4]) -> Vec<u8> {
    [id, flags].into_iter().chain(counts).flat_map(u16::to_be_bytes).collect()
}

fn labels(name: &str) -> Vec<u8> {
    let mut bytes: Vec<u8> =
        name.split('.').filter(|label| !label.is_empty()).flat_map(|label| [&[label.len() as u8], label.as_bytes()].concat()).collect();
    bytes.push(0);
    bytes
}

fn question(name: &str, qtype: u16) -> Vec<u8> {
    [labels(name), qtype.to_be_bytes().to_vec(), vec![0, 1]].concat()
}

/// A record whose name points to the first question.
fn record(rtype: u16, ttl: u32, data: &[u8]) -> Vec<u8> {
    [&[0xc0, 12][..], &rtype.to_be_bytes(), &[0, 1], &ttl.to_be_bytes(), &(data.len() as u16).to_be_bytes(), data].concat()
}

fn run(out: &mut Recorded, messages: &[(Side, i64, Vec<u8>)]) -> Vec<Violation> {
    let mut analyzer = Dns.open(&out.flow.clone());
    let mut violations = Vec::new();
    for (side, at, message) in messages {
        violations.extend(analyzer.feed(Timestamp::from_secs(*at), *side, Chunk::Data(message), out).err());
    }
    analyzer.close(Timestamp::from_secs(99), out);
    violations
}

fn answers(event: &Event) -> Vec<String> {
    let Value::List(items) = event.get(log::ANSWERS) else { return Vec::new() };
    items.iter().map(|item| String::from_utf8_lossy(item.as_bytes().unwrap_or_default()).into_owned()).collect()
}

fn answer_texts(qtype: u16, records: &[Vec<u8>]) -> (Vec<String>, Vec<&'static str>) {
    let mut out = flow(Transport::Udp, [10, 0, 0, 2], 53);
    let mut reply = [header(7, 0x8180, [1, records.len() as u16, 0, 0]), question("Host.Example", qtype)].concat();
    reply.extend(records.concat());
    run(&mut out, &[(Side::Orig, 1, [header(7, 0x0100, [1, 0, 0, 0]), question("Host.Example", qtype)].concat()), (Side::Resp, 2, reply)]);
    assert_eq!(out.events.len(), 1);
    (answers(&out.events[0]), out.weirds.iter().map(|weird| weird.0).collect())
}

#[test]
fn a_question_and_its_answer_are_one_row() {
    let mut out = flow(Transport::Udp, [10, 0, 0, 2], 53);
    let query = [header(7, 0x0120, [1, 0, 0, 0]), question("WWW.Example.com", 1)].concat();
    let reply = [header(7, 0x8580, [1, 1, 0, 0]), question("WWW.Example.com", 1), record(1, 300, &[192, 0, 2, 1])].concat();
    assert!(run(&mut out, &[(Side::Orig, 1, query), (Side::Resp, 3, reply)]).is_empty());
    let [row] = &out.events[..] else { panic!("{:?}", out.events) };
    assert_eq!(row.get(log::QUERY).as_bytes(), Some(&b"www.example.com"[..]));
    assert_eq!(row.get(log::RTT), &Value::Interval(model::Interval::from_secs(2)));
    assert_eq!(row.get(log::QTYPE_NAME), &Value::from("A"));
    assert_eq!(row.get(log::RCODE_NAME), &Value::from("NOERROR"));
    assert_eq!((row.get(log::AA), row.get(log::RD), row.get(log::RA)), (&Value::Bool(true), &Value::Bool(true), &Value::Bool(true)));
    assert_eq!(row.get(log::Z), &Value::Count(2));
    assert_eq!(answers(row), ["192.0.2.1"]);
    assert_eq!(out.services, ["dns"]);
}

#[test]
fn records_are_written_by_type() {
    let check =
        |rtype: u16, data: &[u8], text: &str| assert_eq!(answer_texts(rtype, &[record(rtype, 1, data)]), (vec![text.to_owned()], vec![]));
    check(28, &[0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1], "2001:db8::1");
    check(5, &[1, b'A', 0xc0, 17], "a.example");
    check(15, &[0, 10, 2, b'm', b'x', 0xc0, 12], "mx.host.example");
    check(16, b"\x03abc\x00\x01d", "TXT 3 abc TXT 0  TXT 1 d");
    check(33, &[0, 1, 0, 2, 0, 80, 1, b's', 0], "s");
    check(6, &[[1, b'p', 0, 0].as_slice(), &[0; 20]].concat(), "p");
    check(46, &[[0, 1, 8, 2].as_slice(), &[0; 14], &[0], b"signature"].concat(), "RRSIG 1 <Root>");
    check(48, &[1, 1, 3, 13, 9, 9], "DNSKEY 13");
    check(43, &[0, 1, 13, 2, 9, 9], "DS 13 2");
    check(44, &[1, 1, 0xab, 0x01], "SSHFP: ab01");
    check(29, &[&[0, 18, 22, 19][..], &[0; 12]].concat(), "LOC:  18 22 19");
    check(35, b"\x00\x01\x00\x02\x01s\x04SIP+\x00\x01r\x00", "NAPTR 1 2 s SIP+ r");
}

#[test]
fn unknown_types_are_reported() {
    assert_eq!(answer_texts(24, &[record(24, 1, &[1])]), (vec!["<unknown type=24>".to_owned()], vec!["DNS_RR_unknown_type"]));
}

#[test]
fn broken_records_are_reported() {
    let check = |data: &[u8], rtype: u16, weird: &str| assert_eq!(answer_texts(rtype, &[record(rtype, 1, data)]).1, [weird]);
    check(&[1, 2, 3], 1, "DNS_RR_bad_length");
    check(b"\x05ab", 16, "DNS_TXT_char_str_past_rdlen");
    check(&[0xc0, 0xff], 5, "DNS_label_forward_compress_offset");
    check(&[9, b'a'], 5, "DNS_label_len_gt_pkt");
    check(&[9], 5, "DNS_label_len_gt_pkt");
    check(&[0xc0], 5, "dns_invalid_name");
    check(&[0, 1, 0, 9, 0], 41, "EDNS_truncated_option");
}

#[test]
fn unmatched_messages_are_written_at_the_end() {
    let mut out = flow(Transport::Udp, [10, 0, 0, 2], 53);
    let query = |id| [header(id, 0, [1, 0, 0, 0]), question("a.b", 1)].concat();
    let reply = [header(9, 0x8003, [0, 0, 0, 0])].concat();
    run(&mut out, &[(Side::Orig, 1, query(1)), (Side::Orig, 2, query(2)), (Side::Resp, 3, reply)]);
    assert_eq!(out.events.len(), 3);
    assert!(out.events[0].get(log::RCODE).is_unset());
    assert_eq!(out.events[2].get(log::REJECTED), &Value::Bool(true));
    assert!(out.events[2].get(log::QUERY).is_unset());
}

#[test]
fn multicast_messages_are_rows_of_their_own() {
    let mut out = flow(Transport::Udp, [224, 0, 0, 251], 5353);
    let query = [header(0, 0, [2, 0, 0, 0]), question("a.local", 1), question("b.local", 28)].concat();
    let reply = [header(0, 0x8400, [0, 1, 0, 0]), labels("a.local"), vec![0, 1, 0, 1, 0, 0, 0, 120, 0, 4, 10, 0, 0, 9]].concat();
    run(&mut out, &[(Side::Orig, 1, query), (Side::Orig, 2, reply)]);
    assert_eq!(out.events.len(), 2);
    assert_eq!(out.events[0].get(log::QUERY).as_bytes(), Some(&b"b.local"[..]));
    assert_eq!(out.events[1].get(log::QUERY).as_bytes(), Some(&b"a.local"[..]));
}

#[test]
fn netbios_names_are_decoded() {
    let mut out = flow(Transport::Udp, [10, 0, 0, 255], 137);
    let name = "FHEPFCELEHFCEPFFFACACACACACACABL";
    run(&mut out, &[(Side::Orig, 1, [header(1, 0x2910, [1, 0, 0, 1]), question(name, 33)].concat())]);
    assert_eq!(out.events[0].get(log::QUERY).as_bytes(), Some(&b"WORKGROUP"[..]));
    assert_eq!(out.events[0].get(log::QTYPE_NAME), &Value::from("NBSTAT"));
    assert_eq!(out.events[0].get(log::OPCODE_NAME), &Value::from("netbios-registration"));
}

#[test]
fn too_many_questions_end_the_analysis() {
    let mut out = flow(Transport::Udp, [10, 0, 0, 2], 53);
    let violations = run(&mut out, &[(Side::Orig, 1, header(1, 0, [26, 0, 0, 0]))]);
    assert_eq!(violations, [Violation::new("DNS_Conn_count_too_large")]);
    assert_eq!(out.weirds, [("DNS_Conn_count_too_large", "26 > 25".to_owned())]);
    assert_eq!(out.events.len(), 1);
    assert!(out.services.is_empty());
}

#[test]
fn malformed_messages_are_weird() {
    let check = |message: Vec<u8>, weird: &str| {
        let mut out = flow(Transport::Udp, [10, 0, 0, 2], 53);
        run(&mut out, &[(Side::Orig, 1, message)]);
        assert_eq!(out.weirds.iter().map(|w| w.0).collect::<Vec<_>>(), [weird]);
        assert!(out.services.is_empty());
    };
    check(vec![1, 2, 3], "DNS_truncated_len_lt_hdr_len");
    check(header(1, 0x0800, [1, 0, 0, 0]), "DNS_unknown_opcode");
    check(header(1, 0, [1, 0, 0, 0]), "dns_invalid_name");
    check([header(1, 0, [1, 0, 0, 0]), vec![0xc0, 12]].concat(), "DNS_label_forward_compress_offset");
    check([header(1, 0, [1, 0, 0, 0]), vec![1, b'a', 0, 0, 1]].concat(), "DNS_truncated_quest_too_short");
}

/// A message whose last record lies about its length, so that each number of questions leads through many pointers.
#[test]
fn pointers_to_pointers_end() {
    let mut message = header(1, 0, [25, 0, 0, 0]);
    message.push(0);
    while message.len() < 16_000 {
        let target = (message.len() - 2).max(12) as u16;
        message.extend((0xc000 | target).to_be_bytes());
    }
    let mut out = flow(Transport::Udp, [10, 0, 0, 2], 53);
    run(&mut out, &[(Side::Orig, 1, message)]);
}

#[test]
fn a_gap_within_a_message_costs_only_that_message() {
    let framed = |message: Vec<u8>| [(message.len() as u16).to_be_bytes().to_vec(), message].concat();
    let query = |id| framed([header(id, 0, [1, 0, 0, 0]), question("a.b", 1)].concat());
    let mut out = flow(Transport::Tcp, [10, 0, 0, 2], 53);
    let mut analyzer = Dns.open(&out.flow.clone());
    let (first, second, third) = (query(1), query(2), query(3));
    let at = Timestamp::from_secs(1);
    let mut feed = |chunk, out: &mut Recorded| assert!(analyzer.feed(at, Side::Orig, chunk, out).is_ok());
    feed(Chunk::Data(&first[..9]), &mut out);
    feed(Chunk::Gap(first.len() as u64 - 9), &mut out);
    feed(Chunk::Data(&second), &mut out);
    feed(Chunk::Gap(3), &mut out);
    feed(Chunk::Data(&third), &mut out);
    analyzer.close(at, &mut out);
    assert_eq!(out.events.iter().map(|row| row.get(log::TRANS_ID).as_count()).collect::<Vec<_>>(), [Some(2), Some(3)]);
}

fn split_run(stream: &[u8], cuts: &[usize]) -> (Vec<Event>, Vec<(&'static str, String)>) {
    let mut out = flow(Transport::Tcp, [10, 0, 0, 2], 53);
    let mut analyzer = Dns.open(&out.flow.clone());
    let at = Timestamp::from_secs(1);
    let mut rest = stream;
    for cut in cuts {
        let (chunk, tail) = rest.split_at(cut % (rest.len() + 1));
        rest = tail;
        if analyzer.feed(at, Side::Resp, Chunk::Data(chunk), &mut out).is_err() {
            break;
        }
    }
    let _ = analyzer.feed(at, Side::Resp, Chunk::Data(rest), &mut out);
    analyzer.close(at, &mut out);
    (out.events, out.weirds)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn splits_change_nothing(cuts in prop::collection::vec(0usize..200, 0..6), ids in prop::collection::vec(any::<u16>(), 1..5)) {
        let stream: Vec<u8> = ids.iter().flat_map(|id| {
            let message = [header(*id, 0x8180, [1, 1, 0, 0]), question("a.b", 1), record(1, 5, &[1, 2, 3, 4])].concat();
            [(message.len() as u16).to_be_bytes().to_vec(), message].concat()
        }).collect();
        prop_assert_eq!(split_run(&stream, &cuts), split_run(&stream, &[]));
    }

    #[test]
    fn any_bytes_are_survived(head in prop::array::uniform4(0u16..4), bytes in prop::collection::vec(any::<u8>(), 0..300), port in prop::sample::select(vec![53u16, 137])) {
        let mut out = flow(Transport::Udp, [10, 0, 0, 2], port);
        run(&mut out, &[(Side::Orig, 1, bytes.clone()), (Side::Resp, 2, [header(1, 0x8000, head), bytes].concat())]);
    }
}
