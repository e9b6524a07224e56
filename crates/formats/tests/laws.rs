//! Laws for every row of the catalogue: whatever a record says, reading it ends, holds little, and gives events that fit their kinds.

mod stage;

use contract::{Record, Verdict};
use formats::CATALOGUE;
use model::{Event, Scalar, Timestamp, Type, Value};
use stage::TestKinds;
use std::collections::HashSet;
use testkit::dice::Dice;

/// Records that formats read, from which broken ones are made. One of each family and more.
const SAMPLES: &[(&str, &str)] = &[
    (
        "",
        "%ASA-6-302014: Teardown TCP connection 11 for outside:203.0.113.9/443 to inside:10.0.0.5/1025 duration 1:30:00 bytes 70000 TCP FINs",
    ),
    ("", "%FWSM-613: Built inbound TCP connection 234102374 for faddr 198.51.100.7/50652 gaddr 10.0.243.141/80 laddr 10.0.243.141/80"),
    ("", "%ASA-4-106023: Deny tcp src inside:10.0.0.5/2143 dst outside:203.0.113.9/139 by access-group \"inside_inbound\" [0x0, 0x0]"),
    (
        "",
        "%ASA-4-113019: Group = staff, Username = k.sakata, IP = 203.0.113.9, Session disconnected. Session Type: SSL, Duration: 0h:05m:10s",
    ),
    ("", "1161855768.123    250 10.0.0.5 TCP_MISS/200 1500 GET http://a.example:8080/b?c=d - DIRECT/203.0.113.9 text/html"),
    ("", "10.0.0.5 - - [26/Oct/2006:09:42:48 +0000] \"GET /a HTTP/1.1\" 200 15 \"http://b.example/\" \"Agent/1\""),
    ("", "10.0.0.5 - - [26/Oct/2006:09:42:48 +0000] [a.example/sid#80][rid#81/initial] (2) init rewrite engine with requested uri /a"),
    ("", "+VC3p1YVTEjcAABGVfzQAAAAH|GET /a HTTP/1.1|User-Agent:  Mozilla/5.0|Host: a.example"),
    ("", "[core:error] [pid 7:tid 8] [client 10.0.0.5:1030] AH01234: said, referer: http://a.example/"),
    ("", "[error] 7#7: *1 open() failed, client: 10.0.0.5, server: a.example, request: \"GET / HTTP/1.1\""),
    ("named", "client @0x7f 10.0.0.5#1030 (a.example): query: a.example IN A +E(0)K (10.0.0.1)"),
    ("named", "client 10.0.0.5#1030 (a.example): zone transfer 'a.example/AXFR/IN' denied"),
    ("", "queries: XX+/10.0.0.5/a.example/A/IN"),
    ("unbound", "[7:0] info: 10.0.0.5 a.example. A IN NOERROR 0.01 0 54"),
    ("dnsmasq", "query[A] a.example from 10.0.0.5"),
    ("dnsmasq", "reply a.example is 203.0.113.9"),
    ("kernel", "[ 7.1] [UFW BLOCK] IN=eth0 OUT= MAC=00 SRC=10.0.0.5 DST=203.0.113.9 LEN=40 TTL=7 ID=8 PROTO=TCP SPT=1036 DPT=445 SYN"),
    ("", "Inc1 @0:1 b 192.168.0.1,1036 -> 133.83.18.55,445 PR tcp len 20 48 -S IN"),
    ("kernel", "ipfw: 100 Deny TCP 10.0.0.5:1036 203.0.113.9:445 in via fxp0"),
    ("filterlog", "7,,,1000000301,em0,match,block,in,4,0x0,,64,420,0,none,6,tcp,460,10.0.0.5,203.0.113.9,1036,445,420,PA,2,3,65535,,"),
    ("", "rule 7/0(match): block in on em0: 10.0.0.5.1036 > 203.0.113.9.445: Flags [S], seq 7"),
    ("sshd", "Failed password for invalid user x from 10.0.0.5 port 1036 ssh2"),
    ("sshd", "Disconnected from authenticating user root 10.0.0.5 port 1036 [preauth]"),
    ("sudo", "pam_unix(sudo:auth): authentication failure; logname=a uid=7 euid=0 tty=pts/1 ruser=a rhost=10.0.0.5  user=a"),
    ("sudo", "a : 3 incorrect password attempts ; TTY=pts/0 ; PWD=/root ; USER=root ; COMMAND=/bin/ls"),
    ("su", "(to root) a on pts/1"),
    ("dovecot", "imap-login: Login: user=<a>, method=PLAIN, rip=10.0.0.5, lip=10.0.0.1, TLS"),
    ("imapd", "LOGIN FAILED, user=a, ip=[::ffff:10.0.0.5], port=[1036]"),
    ("postfix/smtpd", "4F2A1B3C4D: client=pc5.a.example[10.0.0.5], sasl_method=PLAIN, sasl_username=a"),
    ("postfix/smtp", "4F2A1B3C4D: to=<b@b.example>, relay=mx.b.example[203.0.113.9]:25, delay=1, dsn=2.0.0, status=sent (250 ok)"),
    ("postfix/qmgr", "4F2A1B3C4D: removed"),
    ("postfix/smtpd", "NOQUEUE: reject: RCPT from a[10.0.0.5]: 554 5.7.1 <b>: Relay access denied; from=<a> to=<b> proto=SMTP helo=<c>"),
    ("sm-mta", "k9Q9gm0071: from=<a@a.example>, size=7, class=0, nrcpts=1, msgid=<x>, proto=ESMTP, relay=pc5 [10.0.0.5]"),
    ("sm-mta", "k9Q9gm0071: to=<b@b.example>, delay=00:00:01, relay=mx.b.example. [203.0.113.9], dsn=2.0.0, stat=Sent (ok)"),
    ("exim", "1GcnAB-0001Fg-Hi <= a@a.example H=pc5 (pc5) [10.0.0.5]:1036 P=esmtp S=7 id=x"),
    ("exim", "1GcnAB-0001Fg-Hi => b <b@b.example> R=dns T=remote_smtp H=mx [203.0.113.9]:25 C=\"250 ok\""),
    ("exim", "H=(x) [10.0.0.5]:1036 F=<a> rejected RCPT <b>: relay not permitted"),
    (
        "",
        "date=2006-10-26 time=09:42:48 devid=x logid=7 type=\"traffic\" action=\"close\" srcip=10.0.0.5 srcport=1036 dstip=203.0.113.9 dstport=80 proto=6 duration=7 sentbyte=8 rcvdbyte=9",
    ),
    (
        "",
        "1,2006/10/26 09:42:48,7,TRAFFIC,end,1,2006/10/26 09:42:48,10.0.0.5,203.0.113.9,,,rule,,,web,vsys1,a,b,c,d,e,f,77,1,1036,80,0,0,0x0,tcp,allow,17,8,9,4,x,7,any",
    ),
    (
        "",
        "RT_FLOW - RT_FLOW_SESSION_CLOSE [junos@2636.1 reason=\"TCP FIN\" source-address=\"10.0.0.5\" source-port=\"1036\" destination-address=\"203.0.113.9\" protocol-id=\"6\"]",
    ),
    (
        "RT_FLOW",
        "RT_FLOW_SESSION_CLOSE: session closed TCP FIN: 10.0.0.5/1036->203.0.113.9/80 junos-http None None 6 rule a b 5 7(8) 9(10) 45",
    ),
    (
        "",
        "time=1161855768|hostname=a|product=Firewall|action=Drop|loguid={x}|origin_sic_name=a|src=10.0.0.5|dst=203.0.113.9|proto=6|s_port=1036|service=23",
    ),
    (
        "",
        "id=firewall sn=00 time=\"2006-10-26 09:42:48\" fw=10.0.0.1 pri=6 m=537 msg=\"Connection Closed\" n=7 src=10.0.0.5:1036:X0 dst=203.0.113.9:80:X1 proto=tcp/http sent=8 rcvd=9",
    ),
    ("", "CEF:0|maker|device|1|7|Name|5|src=10.0.0.5 dst=203.0.113.9 spt=1036 dpt=80 proto=TCP act=blocked msg=a b=c \\= d"),
    ("", "LEEF:2.0|maker|device|1|7|^|src=10.0.0.5^dst=203.0.113.9^dstPort=80^proto=TCP^action=allow"),
    ("openvpn", "10.0.0.5:1036 [client1] Peer Connection Initiated with [AF_INET]10.0.0.5:1036"),
    ("charon", "06[NET] <a|7> received packet: from 10.0.0.5[500] to 10.0.0.1[500] (7 bytes)"),
    ("charon", "06[IKE] <a|7> authentication of 'x' with EAP successful"),
    ("vsftpd", "[a] FAIL LOGIN: Client \"10.0.0.5\""),
    (
        "",
        "{\"timestamp\":\"2006-10-26T09:42:48Z\",\"flow_id\":7,\"event_type\":\"dns\",\"src_ip\":\"10.0.0.5\",\"src_port\":1036,\"dest_ip\":\"10.0.0.1\",\"dest_port\":53,\"proto\":\"UDP\",\"dns\":{\"type\":\"query\",\"id\":7,\"rrname\":\"a.example\",\"rrtype\":\"A\"}}",
    ),
    (
        "",
        "{\"Computer\":\"a\",\"SourceName\":\"Microsoft-Windows-Sysmon\",\"EventID\":3,\"Initiated\":\"true\",\"SourceIp\":\"10.0.0.5\",\"DestinationIp\":\"203.0.113.9\",\"DestinationPort\":80,\"Protocol\":\"tcp\"}",
    ),
];

fn fits(event: &Event) -> Result<(), String> {
    for (field, value) in event.kind().columns().zip(event.cells()) {
        let ok = match (field.ty, value) {
            (_, Value::Unset) => true,
            (Type::One(scalar), value) => fits_scalar(scalar, value),
            (Type::Set(scalar) | Type::Vector(scalar), Value::List(items)) => items.iter().all(|item| fits_scalar(scalar, item)),
            _ => false,
        };
        if !ok {
            return Err(format!("{}.{} holds {value:?}", event.kind().name, field.name));
        }
    }
    Ok(())
}

fn fits_scalar(scalar: Scalar, value: &Value) -> bool {
    match scalar {
        Scalar::Bool => matches!(value, Value::Bool(_)),
        Scalar::Count => matches!(value, Value::Count(_)),
        Scalar::Int => matches!(value, Value::Int(_)),
        Scalar::Double => matches!(value, Value::Double(_)),
        Scalar::Time => matches!(value, Value::Time(_)),
        Scalar::Interval => matches!(value, Value::Interval(_)),
        Scalar::String => matches!(value, Value::Bytes(_) | Value::Static(_) | Value::Uid(_)),
        Scalar::Enum => matches!(value, Value::Static(_) | Value::Bytes(_)),
        Scalar::Addr => matches!(value, Value::Addr(_)),
        Scalar::Port => matches!(value, Value::Port(_)),
    }
}

#[test]
fn names_are_unique_and_in_order() {
    let names: Vec<_> = CATALOGUE.iter().map(|row| row.name()).collect();
    assert_eq!(names.iter().collect::<HashSet<_>>().len(), names.len());
    assert!(names.is_sorted(), "{names:?}");
}

#[test]
fn any_record_is_read_within_the_stated_limit() {
    const ROUNDS: usize = 4_000;
    for row in CATALOGUE {
        let (mut dice, mut decoder) = (Dice::new(7), row.open(&TestKinds));
        for round in 0..ROUNDS {
            let (program, sample) = SAMPLES[round % SAMPLES.len()];
            let mut line = sample.as_bytes().to_vec();
            for _ in 0..dice.below(6) {
                if line.is_empty() {
                    break;
                }
                let place = dice.below(line.len());
                match dice.below(4) {
                    0 => line[place] = dice.below(256) as u8,
                    1 => line.truncate(place.max(1)),
                    2 => line.insert(place, b' '),
                    _ => {
                        line.remove(place);
                        line.push(b'9');
                    }
                }
            }
            let record = Record {
                line: &line,
                text: &line,
                own: &line,
                program: program.as_bytes(),
                at: Some(Timestamp::from_secs(round as i64)),
                ..Record::default()
            };
            if row.sniff(&record) == Verdict::No {
                continue;
            }
            let mut events = Vec::new();
            let _ = decoder.decode(&record, &mut |event| events.push(event));
            for event in &events {
                fits(event).unwrap_or_else(|error| panic!("{}: {error} from {}", row.name(), String::from_utf8_lossy(&line)));
            }
        }
        assert!(decoder.held_bytes() <= row.held_bytes_max(), "{} holds {}", row.name(), decoder.held_bytes());
    }
}
